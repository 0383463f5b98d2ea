export type { Mask } from './compare-masks.js';
export * from './density-map.js';
export { type DropAndGrowOptions, type DropAndGrowResult, dropAndGrow } from './drop-and-grow.js';
export * from './drop-fraction.js';
export * from './exploration-rate.js';
export * from './group-occupancy.js';
export * from './mask-churn.js';
export * from './mask-overlap.js';
export * from './zero-where.js';
