import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { nm } from '../patterns/nm.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions } from './nm-options.js';
import { oneMaskOnly } from './one-mask-only.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link sdwp}. */
export type SdwpOptions = Omit<NmMethodOptions, 'decay'>;

/**
 * Sparse data gradient by weight pruning (SDWP): the input gradient alone uses the weights N:M along the output axis, which it reduces over,
 * `dA = E (W.M_b)^T`; forward pass and weight gradient are dense. The mask is made anew after every step. The counterpart of BDWP that
 * prunes the backward pass only: Fang et al. 2023 (arXiv 2309.13015). The trained model is dense.
 *
 * Left dense: kernels with fewer than `m` outputs, depthwise kernels, whose reduction runs over the window only, and kernels whose
 * products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for n outside 1 to m - 1, a beginStep that is no step.
 * @example
 * ```ts
 * sdwp({n: 2, m: 8}).schedule(0); // {sparsity: 0.75, update: true}
 * ```
 */
export function sdwp(options: SdwpOptions = {}): PruningMethod {
  checkGiven(sdwp, options);
  const { n = 2, m = 4, beginStep = 0, exclude = [] } = options;
  const pattern = nm({ n, m, axis: 'output' });
  checkPrunes(n, m);
  const excluded = exclusion({ exclude });
  return {
    name: 'sdwp',
    pruned: 'dense-master',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep }),
    decay: 0,
    groups: { n, m, forward: 'ones', backward: 'output' },
    config: { name: 'sdwp', n, m, beginStep, exclude },
    skip: (info) => excluded(info) ?? oneMaskOnly(info) ?? tooNarrow(info, m, ['output']),
    updateMasks: (kernels, { sparsity }) =>
      kernels.map(({ info, weights }) => {
        const backward = sparsity === 0 ? null : pattern(magnitudes(weights), info, sparsity);
        return { forward: null, backward, gradient: null };
      }),
  };
}

inConfig(sdwp, 'sdwp', { n: true, m: true, beginStep: true, exclude: true });
