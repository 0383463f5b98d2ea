import { erdosRenyiAllocation } from '../allocations/erdos-renyi-allocation.js';
import { uniformAllocation } from '../allocations/uniform-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, Pattern, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { checkFixedAllocation, checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { unstructured } from '../patterns/unstructured.js';
import { oneShotSchedule } from '../schedules/constant-schedule.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { randomMasks } from './random-masks.js';

/** Options of {@link staticSparse}. */
export interface StaticSparseOptions extends ExclusionOptions {
  /**
   * Fraction of zeros, in [0, 1).
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
   * @default erdosRenyiAllocation(); uniformAllocation() with an N:M pattern
   */
  readonly allocation?: Allocation;
}

/**
 * Static sparse training: random masks before the first step, also where the model came with others, which never change. The baseline that
 * methods with an exchange have to beat. Mocanu et al. 2016 (arXiv 1604.05978).
 *
 * @throws SparsityError for a sparsity outside [0, 1) or another than that of an N:M pattern, an allocation of others.
 * @example
 * ```ts
 * staticSparse({sparsity: 0.8}).schedule(1); // {sparsity: 0.8, update: false}
 * ```
 */
export function staticSparse(options: StaticSparseOptions = {}): PruningMethod {
  checkGiven(staticSparse, options);
  const { pattern = unstructured(), exclude = [] } = options;
  const fixed = fixedSparsity(pattern);
  const { sparsity = fixed ?? 0.9, allocation = fixed === undefined ? erdosRenyiAllocation() : uniformAllocation() } = options;
  checkFixedSparsity(pattern, 'sparsity', sparsity);
  checkFixedAllocation(pattern, allocation);
  return {
    name: 'static',
    pruned: 'zero',
    slots: 'zero',
    schedule: oneShotSchedule({ sparsity }),
    decay: 0,
    config: { name: 'static', sparsity, pattern: configOf(pattern), allocation: configOf(allocation), exclude },
    skip: exclusion({ exclude }),
    check: patternCheck(pattern),
    updateMasks: (kernels, { sparsity: target, rng }) =>
      randomMasks(kernels, target, allocation, rng, pattern).map((mask) => ({ forward: mask, backward: mask, gradient: mask })),
  };
}

inConfig(staticSparse, 'static', { sparsity: true, pattern: true, allocation: true, exclude: true });
