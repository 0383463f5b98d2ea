import type { Allocation, KernelState, Pattern, Score } from '../contracts.js';

/** What decides which weights stay. */
export interface MaskChoice {
  readonly score: Score;
  readonly pattern: Pattern;
  readonly allocation: Allocation;
}

/**
 * Scores, then a sparsity for each layer, then the masks. `monotone`: a weight that is pruned never returns (ledger E2, E7 step 5): it
 * is scored -Infinity, so that the sparsity stays exact, and the new mask is intersected with the one in force.
 */
export function chooseMasks(
  kernels: readonly KernelState[],
  sparsity: number,
  choice: MaskChoice,
  monotone: boolean,
): Uint8Array[] {
  // Nothing is ranked then: before the first step there is no gradient and no slot.
  if (sparsity === 0 && choice.score.needs) {
    return kernels.map(({ weights, masks }) => (monotone && masks?.forward) || new Uint8Array(weights.length).fill(1));
  }
  const scored = kernels.map((kernel, index) => {
    const before = (monotone && kernel.masks?.forward) || undefined;
    const scores = choice.score(kernel, index);
    return { info: kernel.info, before, scores: before ? among(before, scores) : scores };
  });
  const sparsities = choice.allocation(scored, sparsity);
  return scored.map(({ info, before, scores }, layer) => {
    if (sparsities[layer] === 1) return new Uint8Array(scores.length);
    const mask = choice.pattern(scores, info, sparsities[layer]);
    if (before) for (let i = 0; i < mask.length; i++) mask[i] &= before[i];
    return mask;
  });
}

/** The scores of the weights that a mask keeps, -Infinity elsewhere. */
function among(mask: Uint8Array, scores: Float32Array): Float32Array {
  const rest = new Float32Array(scores.length);
  for (let i = 0; i < rest.length; i++) rest[i] = mask[i] === 1 ? scores[i] : Number.NEGATIVE_INFINITY;
  return rest;
}
