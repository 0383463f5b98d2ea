import { type BitKernels, createBitKernels } from '../../kernels/index.js';
import type { BitRows } from './bit-rows.js';

let kernels: BitKernels | undefined;

/** Common ones of each row of `a` with each row of `b`, into `counts` [a.rows, b.rows]. */
export function countPairs(a: BitRows, b: BitRows, counts: Int32Array): void {
  kernels ??= createBitKernels();
  kernels.countPairs(a.words, a.rows, b.words, b.rows, a.wordsPerRow, counts);
}
