export {
  type AllocateOptions,
  type AllocateRunOptions,
  type AllocationReport,
  type AllocationReportData,
  allocateRun,
  allocateSteps,
} from './allocate-run.js';
export { type AllocationCost, type AllocationCostOptions, type AllocationMetric, allocationCost } from './allocation-cost.js';
export {
  type CallbackOptions,
  type Json,
  type Logs,
  type RunState,
  type RunStateData,
  resolveLogs,
  SparsityCallback,
} from './base-callback.js';
export {
  type CheckpointOptions,
  checkpoint,
  type RestoredPosition,
  type RestoreOptions,
  restoreCheckpoint,
} from './checkpoint.js';
export type { CostRow, StepCost, StepJob, StepSummary } from './cost-engine.js';
export type { AcceleratorReport, CostReport, CostReportData, CostSample, QueueStatistics } from './cost-report.js';
export type { Estimate } from './estimate-total.js';
export type { AnyCallback } from './fit-adapter.js';
export { type HardwareCost, hardwareCost } from './hardware-cost.js';
export type { HardwareCostOptions } from './hardware-cost-options.js';
export type { LayerSparsityRow, PruningSkip } from './layer-sparsity.js';
export type { LayerMaskMap, MaskOccupancy } from './mask-maps.js';
export {
  type LayerMaskRates,
  type MaskStatistics,
  type MaskStatisticsOptions,
  type MaskUpdate,
  maskStatistics,
} from './mask-statistics.js';
export { makeOptimizer, type OptimizerConfig } from './optimizer-config.js';
export { type Progress, type ProgressOptions, progress } from './progress.js';
export { type Pruning, type PruningOptions, pruning } from './pruning.js';
export { type ReplayOptions, replayRun } from './replay-run.js';
export { type ParseRunConfigOptions, parseRunConfig, type RunConfig } from './run-config.js';
export type { KnownNames } from './run-config-schema.js';
export { type RunLogOptions, runLog } from './run-log.js';
export { type RunLogLine, readRunLog } from './run-log-file.js';
export {
  type RunPosition,
  type SampleArray,
  type SeededBatches,
  type SeededBatchesOptions,
  seededBatches,
} from './seeded-batches.js';
export { type TensorBoardOptions, tensorBoard } from './tensor-board.js';
