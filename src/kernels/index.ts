export { type BitKernels, createBitKernels } from './bit-kernels.js';
export { type CartesianKernel, createCartesianKernel, type StoredList } from './cartesian-kernel.js';
export { type CartesianGrid, type CartesianSums, cartesianReference, type PlacedList } from './cartesian-reference.js';
export { countPairsReference } from './count-pairs-reference.js';
export type { ConvGeometry } from './geometry.js';
export { firstUnranked, highestInRuns } from './highest-in-runs.js';
export { instantiateLaneKernels, type LaneCounts, type LaneKernels, type LaneMap, type ListPointers } from './lane-kernels.js';
export { countOnes } from './mask-lists.js';
export { packBits } from './pack-bits.js';
export { packBitsReference } from './pack-bits-reference.js';
export { createRowScheduler, type FilterBits, type FilterSet, type RowScheduler, setSlots } from './row-scheduler.js';
export {
  type Connection,
  type PromotionPolicy,
  type ScheduleRule,
  type SlotSchedule,
  scheduleSlots,
} from './schedule-slots.js';
export { gemmScratchBytes, instantiateKernels, type TrainingKernels } from './training-kernels.js';
export { bestKernelBuild, type KernelBuild, type Pointer } from './wasm-functions.js';
