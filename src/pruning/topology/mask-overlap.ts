import { compareMasks, type Mask, sizeOf } from './compare-masks.js';

/**
 * Intersection over union of the weights that two masks keep, `|a and b| / |a or b|` (Jaccard index), from 0 to 1. Unlike
 * {@link maskChurn} it does not count what neither keeps. 1 where both keep nothing, or all.
 *
 * @param some mask of a kernel, 1 keeps; null keeps all.
 * @param others another mask of the same kernel.
 * @throws SparsityError for masks of different sizes.
 * @example
 * ```ts
 * maskOverlap(Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 0, 0)); // 0.5
 * ```
 */
export function maskOverlap(some: Mask, others: Mask): number {
  const { both, either } = compareMasks(some, others, sizeOf(some, others));
  return either === 0 ? 1 : both / either;
}
