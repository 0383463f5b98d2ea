import { checkOptionNames } from '../../check-options.js';
import { checkAmount } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { type NmOptions, nm } from '../patterns/nm.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { checkPrunes, type SharedOutputsOptions } from './nm-options.js';
import { oneMaskOnly } from './one-mask-only.js';
import { tooNarrow } from './too-narrow.js';

/** Options of {@link bdwp}. */
export interface BdwpOptions extends ExclusionOptions, SharedOutputsOptions {
  /**
   * N: how many weights of each group stay, from 1 to `m` - 1.
   * @default 2
   */
  readonly n?: number;
  /**
   * M: weights in a group.
   * @default 8
   */
  readonly m?: number;
  /**
   * SR-STE lambda, at least 0: `decay * (1 - M_f) * W` is added to the gradient. 0 switches the term off.
   * @default 2e-4
   */
  readonly decay?: number;
  /**
   * Step from which weights are pruned; training is dense before.
   * @default 0
   */
  readonly beginStep?: number;
  /**
   * N:M of the weight update, M_g: of each `m` weights along the input axis only the `n` of greatest |W| get a gradient of the loss; the decay
   * reaches all that the forward pass leaves out. With the `n` and `m` of the forward pass no other weight can come into use but by decay.
   * @default every weight gets a gradient
   */
  readonly weightUpdate?: Pick<NmOptions, 'n' | 'm'>;
}

/**
 * Bidirectional weight pruning (BDWP): the forward pass uses the weights N:M along the input axis, the input gradient the same dense
 * weights N:M along the output axis, each the reduction axis of its product; the weight gradient is dense and goes straight through to
 * the dense weights. Both masks are made anew after every step. Fang et al. 2023 (arXiv 2309.13015), as restated in ledger 1.3.1; an N:M
 * weight update is a question that they leave open.
 *
 * Leave a last layer of few outputs dense, by `exclude`: of ten classes 2:8 along the outputs hands four at most back, others for each input,
 * and a network without batch normalisation may diverge.
 *
 * Left dense: kernels with fewer than `m` inputs or outputs, depthwise kernels, whose reduction runs over the window only, and kernels whose
 * products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for n outside 1 to m - 1, a negative decay, a beginStep that is no step, shared outputs below 1; from `fit`: shared
 * outputs of a kernel whose outputs are not last.
 * @example
 * ```ts
 * bdwp({n: 2, m: 8}).schedule(0); // {sparsity: 0.75, update: true}
 * ```
 */
export function bdwp(options: BdwpOptions = {}): PruningMethod {
  checkGiven(bdwp, options);
  const { n = 2, m = 8, decay = 2e-4, beginStep = 0, weightUpdate, sharedOutputs = 1, exclude = [] } = options;
  const forward = nm({ n, m, axis: 'input', sharedOutputs });
  const backward = nm({ n, m, axis: 'output' });
  if (weightUpdate !== undefined) checkOptionNames('weightUpdate', weightUpdate, { n: true, m: true });
  const gradient = weightUpdate && nm({ n: weightUpdate.n, m: weightUpdate.m, axis: 'input' });
  checkPrunes(n, m);
  checkAmount('decay', decay);
  const excluded = exclusion({ exclude });
  const shared = sharedOutputs > 1 && { sharedOutputs };
  // Room for scores, kept from step to step: new memory of that size costs more than what is done in it.
  let room = new Float32Array(0);
  const magnitudesOf = (weights: Float32Array): Float32Array => {
    if (room.length < weights.length) room = new Float32Array(weights.length);
    const scores = room.subarray(0, weights.length);
    for (let i = 0; i < scores.length; i++) scores[i] = Math.abs(weights[i]);
    return scores;
  };
  return {
    name: 'bdwp',
    pruned: 'dense-master',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: 1 - n / m, beginStep }),
    decay,
    ...(!weightUpdate && sharedOutputs === 1 && { groups: { n, m, forward: 'input', backward: 'output' } as const }),
    config: { name: 'bdwp', n, m, decay, beginStep, ...shared, ...(weightUpdate && { weightUpdate }), exclude },
    skip: (info) => excluded(info) ?? oneMaskOnly(info) ?? tooNarrow(info, m),
    check: patternCheck(forward),
    updateMasks: (kernels, { sparsity }) =>
      kernels.map(({ info, weights }) => {
        const scores = magnitudesOf(weights);
        return {
          forward: forward(scores, info, sparsity),
          backward: backward(scores, info, sparsity),
          gradient: gradient ? gradient(scores, info, sparsity) : null,
        };
      }),
  };
}

inConfig(bdwp, 'bdwp', {
  n: true,
  m: true,
  decay: true,
  beginStep: true,
  weightUpdate: true,
  sharedOutputs: true,
  exclude: true,
});
