/** Two-sided 95 % points of Student's t by degrees of freedom, from 1 (any table of the distribution). */
const t95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/** A mean, and half of the width of its 95 % interval. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** The mean of values that are normal around it; one value alone has an infinite interval. */
export function interval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, halfWidth: Number.POSITIVE_INFINITY };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: t95[Math.min(count - 1, t95.length) - 1] * Math.sqrt(variance / count) };
}

/** Whether the first of two methods is better, by the differences of its accuracy on the same seeds. */
export function verdict({ mean, halfWidth }: Interval): 'ordered' | 'reversed' | 'not separable' {
  if (Math.abs(mean) <= halfWidth) return 'not separable';
  return mean > 0 ? 'ordered' : 'reversed';
}
