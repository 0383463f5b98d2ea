export * from './constant-schedule.js';
export * from './polynomial-schedule.js';
export type { OwnSchedule, RampChoice, ScheduleChoice } from './schedule-choice.js';
