export * from './erdos-renyi-allocation.js';
export * from './global-allocation.js';
export * from './map-allocation.js';
export * from './uniform-allocation.js';
