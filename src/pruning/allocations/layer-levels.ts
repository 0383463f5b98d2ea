import { SparsityError } from '../../errors.js';
import { keptCount } from '../kept-count.js';

/** A layer whose sparsity is to be chosen. */
export interface CostDrivenLayer {
  readonly name: string;
  /** Elements of its kernel, 1 or more. */
  readonly weights: number;
  /** Importance of each weight, at least 0 (|w|, for one); needed for `per: 'score'`. */
  readonly scores?: Float32Array | undefined;
}

/** A sparsity that a layer may have. */
export interface LayerLevel {
  readonly sparsity: number;
  /** Weights that are pruned there. */
  readonly removed: number;
  /** What these count for: their number, or their scores. */
  readonly loss: number;
}

/**
 * The sparsities that a layer may have: the least, the multiples of `step` above it, the most; those that prune no further weight left
 * out. Its loss is the number of pruned weights, or, per score, what they count for: each its score over the layer's mean score.
 */
export function layerLevels(
  { name, weights, scores }: CostDrivenLayer,
  [least, most]: readonly [number, number],
  step: number,
  per: 'weight' | 'score',
): readonly LayerLevel[] {
  const multiples = Array.from({ length: Math.ceil(1 / step) }, (_, i) => Number((i * step).toPrecision(12)));
  const sparsities = [least, ...multiples.filter((one) => one > least && one < most), ...(most > least ? [most] : [])];
  const lossOf = per === 'weight' ? (removed: number) => removed : scoreLoss(name, weights, scores);
  const levels = sparsities.map((sparsity) => {
    const removed = weights - keptCount(weights, sparsity);
    return { sparsity, removed, loss: lossOf(removed) };
  });
  return levels.filter(({ removed }, i) => i === 0 || removed > levels[i - 1].removed);
}

function scoreLoss(name: string, weights: number, scores: Float32Array | undefined): (removed: number) => number {
  const refuse = (got: unknown, expected: string): never => {
    const fix = "pass the magnitudes of its weights, or choose per: 'weight'";
    throw new SparsityError({ what: `scores of layer ${name}`, got, expected, fix });
  };
  if (scores?.length !== weights) return refuse(scores?.length ?? 'none', `one for each of its ${weights} weights`);
  const bad = scores.find((score) => !(Number.isFinite(score) && score >= 0));
  if (bad !== undefined) return refuse(bad, 'finite numbers of at least 0');
  // Typed arrays sort by value, plain lists as text.
  const sums = Float64Array.from([0, ...Float32Array.from(scores).sort()]);
  for (let i = 1; i < sums.length; i++) sums[i] += sums[i - 1];
  const all = sums[weights];
  if (all === 0) return refuse('zeros only', 'a score above 0');
  return (removed) => (sums[removed] / all) * weights;
}
