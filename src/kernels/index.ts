export { type BitKernels, createBitKernels } from './bit-kernels.js';
export { countPairsReference } from './count-pairs-reference.js';
export type { ConvGeometry } from './geometry.js';
export { packBits } from './pack-bits.js';
export { packBitsReference } from './pack-bits-reference.js';
export { gemmScratchBytes, instantiateKernels, type Pointer, type TrainingKernels } from './training-kernels.js';
