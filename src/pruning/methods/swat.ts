import { checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { thinToTop } from '../thin-to-top.js';
import { oneMaskOnly } from './one-mask-only.js';
import { type SteOptions, ste } from './ste.js';

/** Options of {@link swat}: those of {@link ste} but for pattern and schedule, and these. */
export interface SwatOptions extends Omit<SteOptions, 'pattern' | 'schedule' | 'sparsity'> {
  /**
   * Fraction of zeros in the weights of forward pass and input gradient from `beginStep` on, in [0, 1).
   * @default 0.8
   */
  readonly sparsity?: number;
  /**
   * Fraction of zeros that is left in A by what is taken away from it, in [0, 1); zeros that are there count.
   * @default that of the weights
   */
  readonly activationSparsity?: number;
}

/**
 * Sparse weight activation training (SWAT): forward pass and input gradient use the weights of greatest |w| of each layer, the weight
 * gradient the activations of greatest |a| of the whole batch, `dW = (A.K_A)^T E` of all weights, straight through to the dense ones. The
 * forward pass sees A as it is. Raihan and Aamodt 2020 (arXiv 2001.01969), unstructured; A is ranked anew in every step, the weights every
 * `frequency` steps. Their first convolution is dense: name it in `exclude`.
 *
 * Left alone: kernels whose products are not known ({@link KernelInfo.oneMask}).
 *
 * @throws SparsityError for sparsities outside [0, 1), a beginStep that is no step, a frequency below 1.
 * @example
 * ```ts
 * swat({sparsity: 0.8, frequency: 100}).schedule(100); // {sparsity: 0.8, update: true}
 * ```
 */
export function swat(options: SwatOptions = {}): PruningMethod {
  checkGiven(swat, options);
  const { sparsity = 0.8, activationSparsity = sparsity, ...choice } = options;
  checkSparsity('activationSparsity', activationSparsity);
  const weights = ste({ ...choice, sparsity });
  const { pattern: _, ...config } = weights.config;
  const gradientA = (values: Float32Array) => thinToTop(values, activationSparsity);
  return {
    ...weights,
    name: 'swat',
    config: { ...config, name: 'swat', activationSparsity },
    skip: (info) => weights.skip(info) ?? oneMaskOnly(info),
    thin: (_, { step }) => (step < (choice.beginStep ?? 0) ? undefined : { gradientA }),
  };
}

inConfig(swat, 'swat', {
  sparsity: true,
  activationSparsity: true,
  score: true,
  allocation: true,
  beginStep: true,
  frequency: true,
  exclude: true,
});
