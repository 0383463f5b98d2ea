import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { gradientOf } from '../needs.js';
import { magnitudes } from '../scores/magnitude-score.js';
import type { DropAndGrowOptions } from '../topology/drop-and-grow.js';
import { type ExchangeOptions, exchangeOptions, exchanging } from './exchange.js';

/** Options of {@link rigl}: those of an exchange ({@link ExchangeOptions}), and these. */
export interface RiglOptions extends ExchangeOptions {
  /**
   * How the exchanged weights are counted, see {@link DropAndGrowOptions.profile}.
   * @default 'default'
   */
  readonly profile?: NonNullable<DropAndGrowOptions['profile']>;
}

/**
 * RigL: sparse from the first step on, with random masks, also where the model came with others; every `frequency` steps up to `endStep`
 * the kept weights of lowest |w| go, and as many of the highest |G| among all that are then not kept come, G being the dense gradient of the
 * step just done (see {@link dropAndGrow}). They start from 0, and so do their optimizer slots, but for those that have just gone and are
 * grown again: these keep both. The number of weights of each layer never changes, and no step of the optimizer is skipped for an exchange.
 * Evci et al. 2020 (arXiv 1911.11134).
 *
 * @throws SparsityError for a sparsity outside [0, 1), a frequency below 1, an unknown profile, and as {@link dropFraction}; from `fit`: a
 * layer that does not train.
 * @example
 * ```ts
 * rigl({sparsity: 0.8, endStep: 1000}).schedule(100); // {sparsity: 0.8, update: true}
 * ```
 */
export function rigl(options: RiglOptions): PruningMethod {
  checkGiven(rigl, options);
  const { profile = 'default' } = options;
  const method = exchanging('rigl', { ...options, profile }, (kernel) => magnitudes(gradientOf(kernel)));
  return { ...method, config: { ...method.config, profile }, needs: ['gradient'] };
}

inConfig(rigl, 'rigl', { ...exchangeOptions, profile: true });
