import { SparsityError } from '../../errors.js';
import { checkAmount, checkChoice } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { type TransposableNmOptions, transposableNm } from '../patterns/transposable-nm.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions, nmMethodOptions } from './nm-options.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link transposableMask}: those of N:M, and these. */
export interface TransposableMaskOptions extends NmMethodOptions {
  /** See {@link TransposableNmOptions.search}. @default 'best' */
  readonly search?: NonNullable<TransposableNmOptions['search']>;
  /**
   * `dense-master`: the weight gradient is dense, M_g = 1, and masked weights decay and may return. `zero`: the mask is made once, at
   * `beginStep`, M_g = M, and what it takes away stays 0; there is no decay then.
   * @default 'dense-master'
   */
  readonly pruned?: PruningMethod['pruned'];
  /**
   * Steps between two updates of the mask of a dense master, at least 1: the best mask takes much longer than one along a single axis.
   * @default 1
   */
  readonly frequency?: number;
}

/**
 * Transposable N:M: one mask that is N:M along input and output axis at once, so that the forward pass and the input gradient use the same
 * weights, each N:M along the axis it reduces over (see {@link transposableNm}). Hubara et al. 2021 (arXiv 2102.08124).
 *
 * Left dense: kernels with fewer than `m` inputs or outputs, and depthwise kernels, whose reduction runs over the window only.
 *
 * @throws SparsityError for n outside 1 to m - 1, an unknown search or treatment, a negative decay or one of weights that are 0, a
 * beginStep that is no step, a frequency below 1.
 * @example
 * ```ts
 * transposableMask({n: 2, m: 4, pruned: 'zero'}).schedule(1); // {sparsity: 0.5, update: false}
 * ```
 */
export function transposableMask(options: TransposableMaskOptions = {}): PruningMethod {
  checkGiven(transposableMask, options);
  const { n = 2, m = 4, search = 'best', pruned = 'dense-master', beginStep = 0, frequency = 1, exclude = [] } = options;
  const isMaster = pruned === 'dense-master';
  const { decay = isMaster ? 2e-4 : 0 } = options;
  const pattern = transposableNm({ n, m, search });
  checkPrunes(n, m);
  checkAmount('decay', decay);
  checkChoice('pruned', pruned, ['zero', 'dense-master']);
  if (!isMaster && decay > 0) {
    const fix = 'leave decay out, or pruned';
    throw new SparsityError({ what: 'decay', got: decay, expected: '0 where masked weights are 0', fix });
  }
  const excluded = exclusion({ exclude });
  const ending = isMaster ? {} : { endStep: beginStep };
  return {
    name: 'transposable-nm',
    pruned,
    slots: isMaster ? 'keep' : 'zero',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep, frequency, ...ending }),
    decay,
    config: { name: 'transposable-nm', n, m, search, pruned, decay, beginStep, frequency, exclude },
    skip: (info) => excluded(info) ?? tooNarrow(info, m),
    updateMasks: (kernels, { sparsity }) =>
      kernels.map(({ info, weights }) => {
        const mask = sparsity === 0 ? null : pattern(magnitudes(weights), info, sparsity);
        return { forward: mask, backward: mask, gradient: isMaster ? null : mask };
      }),
  };
}

inConfig(transposableMask, 'transposable-nm', { ...nmMethodOptions, search: true, pruned: true, frequency: true });
