export * from './constant-schedule.js';
export * from './cyclical-schedule.js';
export * from './exponential-schedule.js';
export * from './iterative-schedule.js';
export * from './late-schedule.js';
export * from './polynomial-schedule.js';
export type { RampOptions } from './ramp.js';
export type { OwnSchedule, RampChoice, ScheduleChoice } from './schedule-choice.js';
export * from './staged-schedule.js';
