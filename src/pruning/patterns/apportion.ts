import { topScores } from './top-scores.js';

/** Who gets how much of a whole. */
export interface Claims {
  /** Weight of each claim, at least 0: quotas are proportional to it. */
  readonly shares: Float64Array;
  /** The most that each can get. */
  readonly caps: Uint32Array;
  /** Who goes first for the units that rounding leaves over; without it the largest remainder does. Ties go to the lowest index. */
  readonly priority?: Float32Array;
}

/**
 * Distributes `total` units: quotas in proportion to the shares; what exceeds a cap is spread over the others; quotas are rounded
 * down and the units left over go out one each. The sum is exactly the lesser of `total` and the sum of the caps.
 */
export function apportion(total: number, { shares, caps, priority }: Claims): Uint32Array {
  const budgets = new Uint32Array(caps.length);
  const open = new Uint8Array(caps.length).fill(1);
  let weights: ArrayLike<number> = shares;
  let rest = total;
  let quotaPerShare = 0;
  for (let capped = true; capped; ) {
    let sum = sumOpen(weights, open);
    if (sum === 0) {
      weights = caps; // claims without weight share by what they can take
      sum = sumOpen(weights, open);
    }
    if (sum === 0) return budgets;
    quotaPerShare = rest / sum;
    capped = false;
    for (let i = 0; i < budgets.length; i++) {
      if (open[i] === 0 || weights[i] * quotaPerShare < caps[i]) continue;
      budgets[i] = caps[i];
      open[i] = 0;
      rest -= caps[i];
      capped = true;
    }
  }
  const first = new Float32Array(caps.length).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < budgets.length; i++) {
    if (open[i] === 0) continue;
    const quota = weights[i] * quotaPerShare;
    budgets[i] = Math.floor(quota);
    rest -= budgets[i];
    first[i] = priority ? priority[i] : quota - Math.floor(quota);
  }
  const extra = topScores(first, rest);
  for (let i = 0; i < budgets.length; i++) budgets[i] += extra[i];
  return budgets;
}

function sumOpen(values: ArrayLike<number>, open: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < open.length; i++) if (open[i] === 1) sum += values[i];
  return sum;
}
