import { type BitKernels, createBitKernels } from './bit-kernels.js';

let kernels: BitKernels | undefined;

/**
 * Packs the non-zeros of a float32 array to bits with the WebAssembly kernel: element i becomes bit `i & 31` of word `i >> 5`; -0
 * counts as zero, NaN as non-zero.
 *
 * @param values the array, row-major; it is copied once.
 * @example
 * ```ts
 * packBits(Float32Array.of(0, 3, -0, Number.NaN)); // [0b1010]
 * ```
 */
export function packBits(values: Float32Array): Uint32Array {
  kernels ??= createBitKernels();
  return kernels.packBits(values);
}
