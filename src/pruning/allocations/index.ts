export * from './global-allocation.js';
export * from './uniform-allocation.js';
