import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { type ExchangeOptions, exchangeOptions, exchanging } from './exchange.js';
import { drawsFor } from './random-masks.js';

/** Options of {@link sparseEvolution}. */
export interface SparseEvolutionOptions extends ExchangeOptions {}

/**
 * Sparse evolutionary training (SET): sparse from the first step on, with random masks, also where the model came with others; every
 * `frequency` steps up to `endStep` the kept weights of lowest |w| go, and as many, drawn at random among all that are then not kept, come
 * (see {@link dropAndGrow}). They start from 0, but for those that have just gone and are drawn again: these keep their values. The number
 * of weights of each layer never changes; one to which the allocation gives a sparsity of 1 stays empty. Mocanu et al. 2018 (arXiv
 * 1707.04780).
 *
 * @throws SparsityError for a sparsity outside [0, 1), a frequency below 1, and as {@link dropFraction}.
 * @example
 * ```ts
 * sparseEvolution({sparsity: 0.8, endStep: 1000}).schedule(100); // {sparsity: 0.8, update: true}
 * ```
 */
export function sparseEvolution(options: SparseEvolutionOptions): PruningMethod {
  checkGiven(sparseEvolution, options);
  return exchanging('set', options, drawsFor);
}

inConfig(sparseEvolution, 'set', exchangeOptions);
