export * from './cost-driven.js';
export type { CostDrivenOptions } from './cost-driven-options.js';
export type { LayerCosts, NetworkCost } from './cost-meter.js';
export * from './erdos-renyi-allocation.js';
export * from './global-allocation.js';
export type { CostDrivenLayer } from './layer-levels.js';
export * from './map-allocation.js';
export * from './uniform-allocation.js';
