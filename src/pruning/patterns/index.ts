export { type Block, type BlockBudgetsOptions, blockBudgets } from './block-budgets.js';
export { isNm, type NmOptions, nm } from './nm.js';
export type { AxisName } from './runs.js';
export * from './unstructured.js';
