import { checkInteger } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { thinStochastically } from '../thin-stochastically.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { oneMaskOnly } from './one-mask-only.js';

/** Options of {@link sparseTrain}. */
export interface SparseTrainOptions extends ExclusionOptions {
  /**
   * Fraction of the errors that lie below the threshold if they are normal, in [0, 1). Fewer become 0, see {@link thinStochastically}.
   * @default 0.9
   */
  readonly pruningRate?: number;
  /**
   * Step from which errors are pruned.
   * @default 0
   */
  readonly beginStep?: number;
}

/**
 * The training method of the accelerator SparseTrain: no weight is pruned; errors below a threshold become 0 or the threshold, by chance
 * and right on average, before both gradient products, so that what flows on to earlier layers follows from them (see
 * {@link thinStochastically}). Drawn anew for each step and layer. Ye et al. 2020 (arXiv 1908.00173), Dai et al. 2020, who predict a threshold
 * from those of earlier steps, to prune while errors come in; here it is that of the errors themselves.
 *
 * Left alone: kernels whose products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for a rate outside [0, 1), a beginStep that is no step.
 * @example
 * ```ts
 * sparseTrain({pruningRate: 0.9}).pruned; // 'dense-master'
 * ```
 */
export function sparseTrain(options: SparseTrainOptions = {}): PruningMethod {
  checkGiven(sparseTrain, options);
  const { pruningRate = 0.9, beginStep = 0, exclude = [] } = options;
  checkInteger('beginStep', beginStep, 0);
  const excluded = exclusion({ exclude });
  const thin = thinStochastically(pruningRate);
  return {
    name: 'sparse-train',
    pruned: 'dense-master',
    slots: 'keep',
    // Of weights nothing is pruned at any step.
    schedule: constantSchedule({ sparsity: 0, beginStep, endStep: beginStep }),
    decay: 0,
    config: { name: 'sparse-train', pruningRate, beginStep, exclude },
    skip: (info) => excluded(info) ?? oneMaskOnly(info),
    updateMasks: (kernels) => kernels.map(() => ({ forward: null, backward: null, gradient: null })),
    thin(_, { step, rng }) {
      if (step < beginStep) return undefined;
      // Drawn from as the uses of the kernel come: the second goes on where the first has ended.
      const draws = rng.fork('errors');
      return { E: (errors) => thin(errors, draws) };
    },
  };
}

inConfig(sparseTrain, 'sparse-train', { pruningRate: true, beginStep: true, exclude: true });
