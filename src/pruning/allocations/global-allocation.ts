import { countOnes, highestInRuns } from '../../kernels/index.js';
import { checkChoice } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation } from '../contracts.js';
import { described } from '../described.js';
import { keptCount } from '../kept-count.js';

/** Options of {@link globalAllocation}. */
export interface GlobalAllocationOptions {
  /**
   * `l2`: each layer's scores are divided by their Euclidean norm (plus 1e-8) first, so that layers of small weights are not emptied.
   * @default 'none'
   */
  readonly normalise?: 'none' | 'l2';
  /**
   * `jaxpruner`: the count is rounded in float32, and a layer whose scores are all low is emptied.
   * @default 'default'
   */
  readonly profile?: 'default' | 'jaxpruner';
}

/**
 * One threshold over all layers: a layer's sparsity is its share of the weights below. The kept weights of all layers together are
 * exactly {@link keptCount} of their number, except that each layer keeps one at least: an empty layer passes no signal and no gradient.
 * Ties go to the lowest layer, then index.
 *
 * @throws SparsityError when the sparsity is outside [0, 1), for an unknown option value.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * globalAllocation()([{info, scores: Float32Array.of(1, 2)}, {info, scores: Float32Array.of(9, 8)}], 0.25); // [0.5, 0]
 * ```
 */
export function globalAllocation(options: GlobalAllocationOptions = {}): Allocation {
  checkGiven(globalAllocation, options);
  const { normalise = 'none', profile = 'default' } = options;
  checkChoice('normalise', normalise, ['none', 'l2']);
  checkChoice('profile', profile, ['default', 'jaxpruner']);
  const least = profile === 'default' ? 1 : 0;
  return described({ name: 'global', normalise, profile }, (kernels, sparsity) => {
    const layers = kernels.map(({ scores }) => (normalise === 'l2' ? dividedByNorm(scores) : scores));
    const total = layers.reduce((sum, { length }) => sum + length, 0);
    const count = Math.max(least * layers.length, keptCount(total, sparsity, profile));
    const kept = keptPerLayer(layers, count);
    // Where a layer would be emptied, the best of each outranks all others.
    const isEnough = kept.every((each) => each >= least);
    const counts = isEnough ? kept : keptPerLayer(layers.map(withBestFirst), count);
    return layers.map(({ length }, layer) => (length - counts[layer]) / length);
  });
}

inConfig(globalAllocation, 'global', { normalise: true, profile: true });

/** How many of the `count` highest scores of all layers each of them has. */
function keptPerLayer(layers: readonly Float32Array[], count: number): readonly number[] {
  const length = layers.reduce((sum, scores) => sum + scores.length, 0);
  const mask = highestInRuns(layers, { outer: 1, length, inner: 1, width: length }, count);
  let begin = 0;
  return layers.map((scores) => {
    begin += scores.length;
    return countOnes(mask.subarray(begin - scores.length, begin));
  });
}

function withBestFirst(scores: Float32Array): Float32Array {
  return scores.with(indexOfHighest(scores), Number.POSITIVE_INFINITY);
}

function indexOfHighest(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
  return best;
}

function dividedByNorm(scores: Float32Array): Float32Array {
  const squares = scores.reduce((sum, score) => (Number.isFinite(score) ? sum + score * score : sum), 0);
  const divisor = Math.sqrt(squares) + 1e-8;
  return scores.map((score) => score / divisor);
}
