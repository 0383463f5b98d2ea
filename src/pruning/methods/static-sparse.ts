import { erdosRenyiAllocation } from '../allocations/erdos-renyi-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { oneShotSchedule } from '../schedules/constant-schedule.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { randomMasks } from './random-masks.js';

/** Options of {@link staticSparse}. */
export interface StaticSparseOptions extends ExclusionOptions {
  /**
   * Fraction of zeros, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * How the sparsity is spread over the layers.
   * @default erdosRenyiAllocation()
   */
  readonly allocation?: Allocation;
}

/**
 * Static sparse training: random masks before the first step, also where the model came with others, which never change. The baseline that
 * methods with an exchange have to beat. Mocanu et al. 2016 (arXiv 1604.05978).
 *
 * @throws SparsityError for a sparsity outside [0, 1).
 * @example
 * ```ts
 * staticSparse({sparsity: 0.8}).schedule(1); // {sparsity: 0.8, update: false}
 * ```
 */
export function staticSparse(options: StaticSparseOptions = {}): PruningMethod {
  checkGiven(staticSparse, options);
  const { sparsity = 0.9, allocation = erdosRenyiAllocation(), exclude = [] } = options;
  return {
    name: 'static',
    pruned: 'zero',
    slots: 'zero',
    schedule: oneShotSchedule({ sparsity }),
    decay: 0,
    config: { name: 'static', sparsity, allocation: configOf(allocation), exclude },
    skip: exclusion({ exclude }),
    updateMasks: (kernels, { sparsity: target, rng }) =>
      randomMasks(kernels, target, allocation, rng).map((mask) => ({ forward: mask, backward: mask, gradient: mask })),
  };
}

inConfig(staticSparse, 'static', { sparsity: true, allocation: true, exclude: true });
