import { checkChoice } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod, Thin } from '../contracts.js';
import { checkNm } from '../patterns/nm.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { keepNorms, thinErrors } from '../thin-errors.js';
import { exclusion } from './exclusion.js';
import { checkPrunes, type NmMethodOptions } from './nm-options.js';
import { oneMaskOnly } from './one-mask-only.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link sdgp}: those of N:M, of errors here, and these. */
export interface SdgpOptions extends Omit<NmMethodOptions, 'decay'> {
  /**
   * `maxnorm`: what stays of E is scaled up to the sum of magnitudes that was there, see {@link keepNorms}. `none`: it stays as it is.
   * @default 'none'
   */
  readonly rescale?: 'none' | 'maxnorm';
}

/**
 * Structured data gradient pruning (SDGP): no weight is pruned; the input gradient multiplies with errors of which the `n` greatest of each
 * `m` output channels are left, `dA = (E.K_E) W^T`, the weight gradient with all of them. McDanel, Dinh, Magallanes 2022 (arXiv
 * 2202.00774), who leave the first layer and dense layers alone: name those in `exclude` for their figures.
 *
 * Left alone: kernels with fewer than `m` outputs, depthwise kernels, whose input gradient reduces over the window only, and kernels
 * whose products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for n outside 1 to m - 1, an unknown rescaling, a beginStep that is no step.
 * @example
 * ```ts
 * const method = sdgp({n: 2, m: 4});
 * const info = {name: 'fc', kind: 'dense', shape: [4, 4], inputAxis: 0, outputAxis: 1} as const;
 * const thinning = method.thin?.(info, {step: 0, sparsity: 0, rng: createRng(0)});
 * thinning?.backwardE?.(Float32Array.of(1, -1, 0.5, 2), [1, 4]); // [1, 0, 0, 2]
 * ```
 */
export function sdgp(options: SdgpOptions = {}): PruningMethod {
  checkGiven(sdgp, options);
  const { n = 2, m = 4, rescale = 'none', beginStep = 0, exclude = [] } = options;
  checkNm(n, m);
  checkPrunes(n, m);
  checkChoice('rescale', rescale, ['none', 'maxnorm']);
  const excluded = exclusion({ exclude });
  const backwardE: Thin = (values, shape) => {
    const thinned = thinErrors(values, shape[shape.length - 1], { n, m });
    return rescale === 'maxnorm' ? keepNorms(values, thinned, shape) : thinned;
  };
  return {
    name: 'sdgp',
    pruned: 'dense-master',
    slots: 'keep',
    // Of weights nothing is pruned at any step.
    schedule: constantSchedule({ sparsity: 0, beginStep, endStep: beginStep }),
    decay: 0,
    config: { name: 'sdgp', n, m, rescale, beginStep, exclude },
    skip: (info) => excluded(info) ?? oneMaskOnly(info) ?? tooNarrow(info, m, ['output']),
    updateMasks: (kernels) => kernels.map(() => ({ forward: null, backward: null, gradient: null })),
    thin: (_, { step }) => (step < beginStep ? undefined : { backwardE }),
  };
}

inConfig(sdgp, 'sdgp', { n: true, m: true, rescale: true, beginStep: true, exclude: true });
