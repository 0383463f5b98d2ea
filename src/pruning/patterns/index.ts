export * from './annealed-nm.js';
export { type Block, type BlockBudgetsOptions, blockBudgets } from './block-budgets.js';
export * from './by-layer.js';
export { isNm, type NmOptions, nm } from './nm.js';
export type { AxisName, GroupAxis } from './runs.js';
export * from './transposable-nm.js';
export * from './unstructured.js';
export * from './whole-blocks.js';
