/**
 * All rooms but the reports under one name, and what they share: the error and the seeded generator.
 *
 * @module tfjs-sparsity
 */
export * from './callbacks/index.js';
export * from './errors.js';
export * from './hw/index.js';
export * from './kernels/index.js';
export * from './ops/index.js';
export * from './pruning/index.js';
export * from './rng.js';
