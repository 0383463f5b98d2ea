export { type BitKernels, createBitKernels } from './bit-kernels.js';
export { countPairsReference } from './count-pairs-reference.js';
export type { ConvGeometry } from './geometry.js';
export { instantiateLaneKernels, type LaneCounts, type LaneKernels, type LaneMap, type ListPointers } from './lane-kernels.js';
export { countOnes } from './mask-lists.js';
export { packBits } from './pack-bits.js';
export { packBitsReference } from './pack-bits-reference.js';
export { gemmScratchBytes, instantiateKernels, type TrainingKernels } from './training-kernels.js';
export { bestKernelBuild, type KernelBuild, type Pointer } from './wasm-functions.js';
