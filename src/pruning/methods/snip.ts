import { globalAllocation } from '../allocations/global-allocation.js';
import { uniformAllocation } from '../allocations/uniform-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, Pattern, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { unstructured } from '../patterns/unstructured.js';
import { oneShotSchedule } from '../schedules/constant-schedule.js';
import { saliencyScore } from '../scores/saliency-score.js';
import type { ExclusionOptions } from './exclusion.js';
import { gradualMagnitude } from './gradual-magnitude.js';

/** Options of {@link snip}. */
export interface SnipOptions extends ExclusionOptions {
  /**
   * Fraction of zeros from step 1 on, in [0, 1).
   * @default 0.9; 1 - n/m with an N:M pattern
   */
  readonly sparsity?: number;
  /**
   * Where weights may stay.
   * @default unstructured()
   */
  readonly pattern?: Pattern;
  /**
   * How the sparsity is spread over the layers.
   * @default globalAllocation(), one ranking of all; uniformAllocation() with an N:M pattern
   */
  readonly allocation?: Allocation;
}

/**
 * SNIP: one shot, once the first batch has been seen: the weights of the highest saliency |w g| of all layers together stay; those masks
 * never change. As the paper's share of a weight in the saliency of the whole network ranks as the saliency itself, nothing is normalised.
 * w is the weight after the first step of the optimizer, where the paper takes none. Lee et al. 2019 (arXiv 1810.02340).
 *
 * @throws SparsityError for a sparsity outside [0, 1) or another than that of an N:M pattern, an allocation of others; from `fit`: a layer that
 * does not train.
 * @example
 * ```ts
 * [0, 1, 2].map((step) => snip({sparsity: 0.8}).schedule(step).update); // [false, true, false]
 * ```
 */
export function snip(options: SnipOptions = {}): PruningMethod {
  checkGiven(snip, options);
  const { pattern = unstructured(), exclude = [] } = options;
  const fixed = fixedSparsity(pattern);
  const { sparsity = fixed ?? 0.9, allocation = fixed === undefined ? globalAllocation() : uniformAllocation() } = options;
  checkFixedSparsity(pattern, 'sparsity', sparsity);
  const schedule = oneShotSchedule({ sparsity, step: 1 });
  const method = gradualMagnitude({ schedule, pattern, score: saliencyScore(), allocation, exclude });
  const config = { name: 'snip', sparsity, pattern: configOf(pattern), allocation: configOf(allocation), exclude };
  return { ...method, name: 'snip', config };
}

inConfig(snip, 'snip', { sparsity: true, pattern: true, allocation: true, exclude: true });
