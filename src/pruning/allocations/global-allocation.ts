import { checkChoice } from '../check.js';
import { inConfig } from '../config-entry.js';
import type { Allocation } from '../contracts.js';
import { described } from '../described.js';
import { keptCount } from '../kept-count.js';
import { topScores } from '../patterns/top-scores.js';
import { sparsityOf } from '../sparsity-of.js';

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
  const { normalise = 'none', profile = 'default' } = options;
  checkChoice('normalise', normalise, ['none', 'l2']);
  checkChoice('profile', profile, ['default', 'jaxpruner']);
  const least = profile === 'default' ? 1 : 0;
  return described({ name: 'global', normalise, profile }, (kernels, sparsity) => {
    const ends = kernels.map(({ scores }) => scores.length);
    for (let layer = 1; layer < ends.length; layer++) ends[layer] += ends[layer - 1];
    const total = ends.at(-1) ?? 0;
    const all = new Float32Array(total);
    kernels.forEach(({ scores }, layer) => {
      const part = all.subarray(ends[layer] - scores.length, ends[layer]);
      part.set(scores);
      if (normalise === 'l2') divideByNorm(part);
      // The best of each layer outranks all others.
      if (least === 1) part[indexOfHighest(part)] = Number.POSITIVE_INFINITY;
    });
    const mask = topScores(all, Math.max(least * kernels.length, keptCount(total, sparsity, profile)));
    return kernels.map(({ scores }, layer) => sparsityOf(mask.subarray(ends[layer] - scores.length, ends[layer])));
  });
}

inConfig(globalAllocation, 'global', { normalise: true, profile: true });

function indexOfHighest(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
  return best;
}

function divideByNorm(scores: Float32Array): void {
  const squares = scores.reduce((sum, score) => (Number.isFinite(score) ? sum + score * score : sum), 0);
  const divisor = Math.sqrt(squares) + 1e-8;
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i] / divisor;
}
