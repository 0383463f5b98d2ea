import { sparsityOf } from '../sparsity-of.js';
import { compareMasks, type Mask, sizeOf } from './compare-masks.js';

/**
 * The weights that one of two masks keeps, or both. Over the masks of a training it adds up to the weights that were ever active, a
 * mask itself, which {@link packMask} stores at a bit per weight.
 *
 * @param some mask of a kernel, 1 keeps; null keeps all.
 * @param others another mask of the same kernel.
 * @throws SparsityError for masks of different sizes.
 * @example
 * ```ts
 * uniteMasks(Uint8Array.of(1, 0, 0), Uint8Array.of(0, 0, 1)); // [1, 0, 1]
 * ```
 */
export function uniteMasks(some: Mask, others: Mask): Mask {
  // Says what is wrong with the sizes.
  compareMasks(some, others, sizeOf(some, others));
  return some && others && some.map((bit, i) => bit | others[i]);
}

/**
 * In-time over-parameterisation R_s: the fraction of the weights that were active at any time of a sparse training. 1 for a training
 * that began dense. Liu et al. 2021, ITOP (arXiv 2102.02887).
 *
 * @param everActive what {@link uniteMasks} makes of the masks so far; null for all weights.
 * @example
 * ```ts
 * explorationRate(uniteMasks(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(0, 1, 0, 0))); // 0.5
 * ```
 */
export function explorationRate(everActive: Mask): number {
  return 1 - sparsityOf(everActive);
}
