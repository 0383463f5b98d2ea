export { type DropAndGrowOptions, type DropAndGrowResult, dropAndGrow } from './drop-and-grow.js';
export * from './drop-fraction.js';
export * from './zero-where.js';
