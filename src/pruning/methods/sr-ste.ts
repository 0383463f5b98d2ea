import { checkAmount } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { nm } from '../patterns/nm.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions, nmMethodOptions, type SharedOutputsOptions } from './nm-options.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link srSte}: those of N:M, and these. */
export interface SrSteOptions extends NmMethodOptions, SharedOutputsOptions {}

/**
 * Sparse-refined straight-through estimator (SR-STE): forward pass and input gradient use the weights N:M along the input axis, the
 * weight gradient goes straight through to the dense weights, and those that are masked decay. The mask is made anew after every step.
 * Zhou et al. 2021 (arXiv 2102.04010). With `decay: 0` it is the plain estimator (STE).
 *
 * Left dense: kernels with fewer than `m` inputs, and depthwise kernels, whose reduction runs over the window only.
 *
 * @throws SparsityError for n outside 1 to m - 1, a negative decay, a beginStep that is no step, shared outputs below 1; from `fit`: shared
 * outputs of a kernel whose outputs are not last.
 * @example
 * ```ts
 * srSte({n: 2, m: 4}).schedule(0); // {sparsity: 0.5, update: true}
 * ```
 */
export function srSte(options: SrSteOptions = {}): PruningMethod {
  checkGiven(srSte, options);
  const { n = 2, m = 4, decay = 2e-4, beginStep = 0, sharedOutputs = 1, exclude = [] } = options;
  const pattern = nm({ n, m, sharedOutputs });
  checkPrunes(n, m);
  checkAmount('decay', decay);
  const excluded = exclusion({ exclude });
  return {
    name: 'sr-ste',
    pruned: 'dense-master',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep }),
    decay,
    ...(sharedOutputs === 1 && { groups: { n, m, forward: 'input', backward: 'forward' } as const }),
    config: { name: 'sr-ste', n, m, decay, beginStep, ...(sharedOutputs > 1 && { sharedOutputs }), exclude },
    skip: (info) => excluded(info) ?? tooNarrow(info, m, ['input']),
    check: patternCheck(pattern),
    updateMasks: (kernels, { sparsity }) =>
      kernels.map(({ info, weights }) => {
        if (sparsity === 0) return { forward: null, backward: null, gradient: null };
        const mask = pattern(magnitudes(weights), info, sparsity);
        return { forward: mask, backward: mask, gradient: null };
      }),
  };
}

inConfig(srSte, 'sr-ste', { ...nmMethodOptions, sharedOutputs: true });
