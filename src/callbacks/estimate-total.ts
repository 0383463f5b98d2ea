import type { StepCost, StepSummary } from './cost-engine.js';

/** A sum over all steps of a run and its standard error; null when the sample is too small to tell. */
export interface Estimate {
  readonly value: number;
  readonly error: number | null;
}

/**
 * The sum over `seen` steps from the m that were sampled: T = (N / m) * sum(c_i), with the variance of two-stage sampling
 * N^2 (1 - m/N) s^2 / m + (N / m) * sum(se_i^2), where s^2 is the variance between steps and se_i the error from sampling images within
 * step i (Cochran, Sampling Techniques, 1977, eq. 10.14). Steps are taken at a fixed distance and counted as if drawn at random, which
 * overstates the error where costs drift slowly.
 */
export function estimateTotal(
  steps: readonly StepSummary[],
  seen: number,
  accelerator: string,
  of: 'cycles' | 'energyPj',
): Estimate {
  const costs = steps.map((step) => step.accelerators[accelerator] as StepCost);
  const m = costs.length;
  if (m === 0) return { value: 0, error: seen === 0 ? 0 : null };
  const sum = costs.reduce((total, cost) => total + cost[of], 0);
  const value = (seen / m) * sum;
  const within = costs.map((cost) => cost[`${of}Error`]);
  if (within.includes(null) || (m === 1 && seen > 1)) return { value, error: null };
  const between = m === seen ? 0 : costs.reduce((total, cost) => total + (cost[of] - sum / m) ** 2, 0) / (m - 1);
  const images = within.reduce<number>((total, error) => total + (error as number) ** 2, 0);
  return { value, error: Math.sqrt(((seen * seen * (1 - m / seen)) / m) * between + (seen / m) * images) };
}
