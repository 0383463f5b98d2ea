import { keptCount } from './kept-count.js';
import { topScores } from './patterns/top-scores.js';
import { magnitudes } from './scores/magnitude-score.js';

/**
 * The values of greatest magnitude of a whole operand, {@link keptCount} of them, ties to the lowest index, and 0 elsewhere: the activations
 * that the weight gradient multiplies with under SWAT.
 *
 * @throws SparsityError for a sparsity outside [0, 1).
 * @example
 * ```ts
 * thinToTop(Float32Array.of(1, -3, 0.5, 2), 0.5); // [0, -3, 0, 2]
 * ```
 */
export function thinToTop(values: Float32Array, sparsity: number): Float32Array {
  const mask = topScores(magnitudes(values), keptCount(values.length, sparsity));
  const thinned = new Float32Array(values.length);
  for (let i = 0; i < thinned.length; i++) if (mask[i] === 1) thinned[i] = values[i];
  return thinned;
}
