import { checkAmount } from '../check.js';
import { inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { nm } from '../patterns/nm.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions, nmMethodOptions } from './nm-options.js';
import { tooNarrow } from './too-narrow.js';

/**
 * Bi-directional masks (Bi-Mask): the forward pass uses the weights N:M along the input axis; of these, not of the dense weights, the
 * input gradient keeps N:M along the output axis, so that its mask lies within the forward one and often keeps fewer than N. The
 * weight gradient is dense, and masked weights decay. Rows are not permuted before the second mask is made. Zhang et al. 2023
 * (arXiv 2302.06058).
 *
 * Left dense: kernels with fewer than `m` inputs or outputs, and depthwise kernels, whose reduction runs over the window only.
 *
 * @throws SparsityError for n outside 1 to m - 1, a negative decay, a beginStep that is no step.
 * @example
 * ```ts
 * biMask({n: 1, m: 4}).schedule(0); // {sparsity: 0.75, update: true}
 * ```
 */
export function biMask({ n = 2, m = 4, decay = 2e-4, beginStep = 0, exclude = [] }: NmMethodOptions = {}): PruningMethod {
  const along = { input: nm({ n, m, axis: 'input' }), output: nm({ n, m, axis: 'output' }) };
  checkPrunes(n, m);
  checkAmount('decay', decay);
  const excluded = exclusion({ exclude });
  return {
    name: 'bi-mask',
    pruned: 'dense-master',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep }),
    decay,
    config: { name: 'bi-mask', n, m, decay, beginStep, exclude },
    skip: (info) => excluded(info) ?? tooNarrow(info, m),
    updateMasks: (kernels, { sparsity }) =>
      kernels.map(({ info, weights }) => {
        if (sparsity === 0) return { forward: null, backward: null, gradient: null };
        const scores = magnitudes(weights);
        const forward = along.input(scores, info, sparsity);
        const rest = scores.map((score, i) => score * forward[i]);
        const backward = along.output(rest, info, sparsity).map((bit, i) => bit & forward[i]);
        return { forward, backward, gradient: null };
      }),
  };
}

inConfig(biMask, 'bi-mask', nmMethodOptions);
