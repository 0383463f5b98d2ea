import { globalAllocation } from '../allocations/global-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { oneShotSchedule } from '../schedules/constant-schedule.js';
import { saliencyScore } from '../scores/saliency-score.js';
import type { ExclusionOptions } from './exclusion.js';
import { gradualMagnitude } from './gradual-magnitude.js';

/** Options of {@link snip}. */
export interface SnipOptions extends ExclusionOptions {
  /**
   * Fraction of zeros from step 1 on, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
}

/**
 * SNIP: one shot, once the first batch has been seen: the weights of the highest saliency |w g| of all layers together stay; those masks
 * never change. As the paper's share of a weight in the saliency of the whole network ranks as the saliency itself, nothing is normalised.
 * w is the weight after the first step of the optimizer, where the paper takes none. Lee et al. 2019 (arXiv 1810.02340).
 *
 * @throws SparsityError for a sparsity outside [0, 1); from `fit`: a layer that does not train.
 * @example
 * ```ts
 * [0, 1, 2].map((step) => snip({sparsity: 0.8}).schedule(step).update); // [false, true, false]
 * ```
 */
export function snip(options: SnipOptions = {}): PruningMethod {
  checkGiven(snip, options);
  const { sparsity = 0.9, exclude = [] } = options;
  const schedule = oneShotSchedule({ sparsity, step: 1 });
  const method = gradualMagnitude({ schedule, score: saliencyScore(), allocation: globalAllocation(), exclude });
  return { ...method, name: 'snip', config: { name: 'snip', sparsity, exclude } };
}

inConfig(snip, 'snip', { sparsity: true, exclude: true });
