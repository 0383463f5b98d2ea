import { checkGiven, inConfig } from '../config-entry.js';
import type { Pattern, PruningMethod } from '../contracts.js';
import { checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { unstructured } from '../patterns/unstructured.js';
import { oneShotSchedule } from '../schedules/constant-schedule.js';
import { gradualMagnitude } from './gradual-magnitude.js';
import type { RankingOptions } from './ranking-options.js';

/** Options of {@link oneShot}: which weights ({@link RankingOptions}), and these. */
export interface OneShotOptions extends RankingOptions {
  /**
   * Fraction of zeros from `step` on, in [0, 1).
   * @default 0.9; 1 - n/m with an N:M pattern
   */
  readonly sparsity?: number;
  /**
   * The step before which weights are pruned, once: steps before it train dense, those behind it are the fine-tuning. 0 prunes the weights
   * that the model comes with.
   * @default 0
   */
  readonly step?: number;
  /**
   * Where weights may stay.
   * @default unstructured()
   */
  readonly pattern?: Pattern;
}

/**
 * One-shot pruning: train dense up to a step, prune to the final sparsity at once, and fine-tune with the mask as it is. It is
 * {@link gradualMagnitude} under {@link oneShotSchedule}; with `nm({n: 2, m: 4})` the recipe of NVIDIA's ASP. Han et al. 2015 (arXiv
 * 1506.02626).
 *
 * @throws SparsityError for a sparsity outside [0, 1) or another than that of an N:M pattern, an allocation of others, a step
 * that is no integer.
 * @example
 * ```ts
 * oneShot({sparsity: 0.8, step: 100}).schedule(100); // {sparsity: 0.8, update: true}
 * ```
 */
export function oneShot(options: OneShotOptions = {}): PruningMethod {
  checkGiven(oneShot, options);
  const { pattern = unstructured(), sparsity = fixedSparsity(pattern) ?? 0.9, step = 0, ...ranking } = options;
  checkFixedSparsity(pattern, 'sparsity', sparsity);
  const gradual = gradualMagnitude({ ...ranking, pattern, schedule: oneShotSchedule({ sparsity, step }) });
  const { schedule: _, regrow: __, ...config } = gradual.config;
  return { ...gradual, name: 'one-shot', config: { ...config, name: 'one-shot', sparsity, step } };
}

inConfig(oneShot, 'one-shot', { sparsity: true, step: true, pattern: true, score: true, allocation: true, exclude: true });
