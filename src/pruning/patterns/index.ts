export * from './annealed-nm.js';
export { type Block, type BlockBudgetsOptions, blockBudgets } from './block-budgets.js';
export { isNm, type NmOptions, nm } from './nm.js';
export type { AxisName } from './runs.js';
export * from './transposable-nm.js';
export * from './unstructured.js';
export * from './whole-blocks.js';
