import { asFloat32 } from '../as-float32.js';
import type { Allocation, KernelState, Pattern, Score } from '../contracts.js';
import { wordsOf } from '../same-masks.js';

/** What decides which weights stay. */
export interface MaskChoice {
  readonly score: Score;
  readonly pattern: Pattern;
  readonly allocation: Allocation;
}

/** The masks of kernels at a sparsity. */
export type MaskChooser = (kernels: readonly KernelState[], sparsity: number) => Uint8Array[];

/**
 * Scores, then a sparsity for each layer, then the masks. `monotone`: a weight that is pruned never returns (ledger E2, E7 step 5): it
 * is scored -Infinity, so that the sparsity stays exact, and the new mask is intersected with the one in force.
 */
export function maskChooser(choice: MaskChoice, monotone: boolean): MaskChooser {
  // Room for the scores of each layer, kept from update to update: new memory of that size costs more than what is done in it.
  const rooms: Float32Array[] = [];
  const roomOf = (layer: number, length: number): Float32Array => {
    if (rooms[layer]?.length !== length) rooms[layer] = new Float32Array(length);
    return rooms[layer];
  };
  return (kernels, sparsity) => {
    // Nothing is ranked then: before the first step there is no gradient and no slot.
    if (sparsity === 0 && choice.score.needs) {
      return kernels.map(({ weights, masks }) => (monotone && masks?.forward) || new Uint8Array(weights.length).fill(1));
    }
    const scored = kernels.map((kernel, layer) => {
      const before = (monotone && kernel.masks?.forward) || undefined;
      const scores = asFloat32(choice.score(kernel, layer));
      return { info: kernel.info, before, scores: before ? among(before, scores, roomOf(layer, scores.length)) : scores };
    });
    const sparsities = choice.allocation(scored, sparsity);
    return scored.map(({ info, before, scores }, layer) => {
      if (sparsities[layer] === 1) return new Uint8Array(scores.length);
      const mask = choice.pattern(scores, info, sparsities[layer]);
      if (before) intersect(mask, before);
      return mask;
    });
  };
}

/** Its bits in float32. */
const negativeInfinity = 0xff800000;

/** The scores of the weights that a mask keeps, -Infinity elsewhere, in the room given. */
function among(mask: Uint8Array, scores: Float32Array, rest: Float32Array): Float32Array {
  // By the bits: which weights are kept no processor can guess.
  const [from, into] = [scores, rest].map(({ buffer, byteOffset, length }) => new Int32Array(buffer, byteOffset, length));
  for (let i = 0; i < into.length; i++) into[i] = (from[i] & -mask[i]) | (negativeInfinity & (mask[i] - 1));
  return rest;
}

/** Takes from a mask what another does not keep. */
function intersect(mask: Uint8Array, other: Uint8Array): void {
  let i = 0;
  const [into, from] = [wordsOf(mask), wordsOf(other)];
  if (into && from) {
    for (let word = 0; word < into.length; word++) into[word] &= from[word];
    i = 4 * into.length;
  }
  for (; i < mask.length; i++) mask[i] &= other[i];
}
