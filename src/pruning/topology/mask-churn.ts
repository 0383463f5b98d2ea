import { compareMasks, type Mask, sizeOf } from './compare-masks.js';

/**
 * Sparse architecture divergence: how many weights one of two masks keeps and the other does not, `sum |after - before|`, which is
 * their Hamming distance. Zhou et al. 2021, SR-STE (arXiv 2102.04010).
 *
 * @param before mask of a kernel, 1 keeps; null keeps all.
 * @param after another mask of the same kernel.
 * @throws SparsityError for masks of different sizes.
 * @example
 * ```ts
 * maskDivergence(Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 0, 1)); // 2
 * ```
 */
export function maskDivergence(before: Mask, after: Mask): number {
  const { both, either } = compareMasks(before, after, sizeOf(before, after));
  return either - both;
}

/**
 * Fraction of the weights whose place in the topology changed: {@link maskDivergence} over the size of the kernel, from 0 (the same
 * mask) to 1 (its opposite); 0 where both masks keep all.
 *
 * @throws SparsityError for masks of different sizes.
 * @example
 * ```ts
 * maskChurn(Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 0, 1)); // 0.5
 * ```
 */
export function maskChurn(before: Mask, after: Mask): number {
  return maskDivergence(before, after) / Math.max(1, sizeOf(before, after));
}
