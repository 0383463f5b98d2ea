export * from './acdc.js';
export * from './bdwp.js';
export type { ExclusionOptions } from './exclusion.js';
export * from './gradual-magnitude.js';
export * from './hardware-aware.js';
export type { RankingOptions } from './ranking-options.js';
