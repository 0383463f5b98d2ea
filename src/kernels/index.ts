export { type BitKernels, createBitKernels } from './bit-kernels.js';
export { type CartesianKernel, createCartesianKernel, type StoredList } from './cartesian-kernel.js';
export { type CartesianGrid, type CartesianSums, cartesianReference, type PlacedList } from './cartesian-reference.js';
export { countColumns, countColumnsReference } from './count-columns.js';
export { countPairsReference } from './count-pairs-reference.js';
export type { ElementOperation, OperandRows } from './element-kernels.js';
export { countRows, foldRounds, type LaneGrid, type StreamedCounts } from './fold-rounds.js';
export { foldRoundsReference } from './fold-rounds-reference.js';
export {
  type ChannelRange,
  gatherRows,
  type MapPlanes,
  shiftPlanes,
  type TapRange,
  type WalkedAxes,
  type WalkedAxis,
} from './gather-rows.js';
export { gatherRowsReference, shiftPlanesReference } from './gather-rows-reference.js';
export type { ConvGeometry } from './geometry.js';
export type { GroupDecay, GroupListPointers, GroupListShape, GroupSegment, MagnitudeGroups } from './group-lists.js';
export { type GroupedAxis, largestInRows } from './group-masks.js';
export { type AxisRuns, firstUnranked, highestInRuns } from './highest-in-runs.js';
export { highestInRunsReference } from './highest-in-runs-reference.js';
export { instantiateLaneKernels, type LaneCounts, type LaneKernels, type LaneMap, type ListPointers } from './lane-kernels.js';
export type { LaneImages, NormaliseParameters } from './lane-map-kernels.js';
export { type MapInMemory, mapsOf } from './lane-maps.js';
export {
  type BitPlanes,
  type ColumnShifts,
  gatherLines,
  gradientLines,
  type LineRuns,
  type LineSums,
  type SparseRows,
} from './line-sums.js';
export { gatherLinesReference, gradientLinesReference } from './line-sums-reference.js';
export { segmentCount } from './list-segments.js';
export { countOnes, type ListShape, type MaskListPointers, type OffsetList, type Tap } from './mask-lists.js';
export {
  backwardFrame,
  backwardProducts,
  type Frame,
  forwardFrame,
  forwardProduct,
  type LaneProduct,
  type LaneWalk,
} from './offset-lists.js';
export {
  createOuterKernel,
  type Multisets,
  type OuterBits,
  type OuterGrid,
  type OuterKernel,
  type OuterPlaces,
} from './outer-kernel.js';
export { outerReference } from './outer-reference.js';
export {
  type BitMatrix,
  countWanted,
  type OutputGrid,
  type PackedTile,
  packedRounds,
  roundNumbers,
  roundPlaces,
  tileRounds,
} from './output-rounds.js';
export { packedRoundsReference, tileRoundsReference } from './output-rounds-reference.js';
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
export { transposeBits, transposeBitsReference } from './transpose-bits.js';
export type { AdamNumbers, AdamState } from './update-kernels.js';
export { bestKernelBuild, type KernelBuild, type Pointer } from './wasm-functions.js';
