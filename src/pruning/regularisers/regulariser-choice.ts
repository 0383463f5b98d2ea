import { checkOptionNames } from '../../check-options.js';
import { checkAmount, checkChoice } from '../check.js';
import type { KernelState, PruningMethod } from '../contracts.js';
import type { Block } from '../patterns/block-budgets.js';
import { blockRegulariser } from './block-regulariser.js';
import { groupLasso } from './group-lasso.js';

/**
 * A structured regulariser over the blocks of a method.
 *
 * - `proximal`: after the optimizer's step the weights beyond the `gamma` greatest of a block shrink by `lambda`, down to exact zeros; see
 *   {@link blockRegulariser}.
 * - `surrogate`: the smooth stand-in for the same term, with `|w|_0` as `1 - exp(-|w| / beta)`; its gradient is added to that of the loss.
 * - `group-lasso`: the proximal step of `lambda * sum_b sqrt(|b|) * ||w_b||`, after the optimizer's too: the norm of each block shrinks by
 *   `lambda * sqrt(|b|)`, whole blocks down to exact zeros; see {@link groupLasso}.
 */
export type RegulariserOptions =
  | (BudgetOptions & {
      /** @default 'proximal' */
      readonly kind?: 'proximal';
    })
  | (BudgetOptions & {
      readonly kind: 'surrogate';
      /**
       * Above 0, in units of the weights: a weight of a few beta counts as a non-zero.
       * @default 0.01
       */
      readonly beta?: number;
    })
  | {
      readonly kind: 'group-lasso';
      /** Strength, at least 0: the step in units of the weights, a learning rate has no part in it. */
      readonly lambda: number;
    };

/** What regularisers of a budget per block have in common. */
export interface BudgetOptions {
  /** Strength, at least 0. */
  readonly lambda: number;
  /**
   * Non-zeros that a block should have, at least 0.
   * @default the block's size times (1 - the sparsity that the schedule settles at), rounded up
   */
  readonly gamma?: number;
}

/** What a regulariser does in a method, without regard to steps, and its options with their defaults. */
interface Regularisation {
  readonly config: RegulariserOptions;
  readonly proximal?: (kernel: KernelState) => Float32Array | undefined;
  readonly penaltyGradient?: (kernel: KernelState) => Float32Array;
}

function regularisation(options: RegulariserOptions, block: Block, sparsity: number): Regularisation {
  checkChoice('regulariser.kind', options?.kind ?? 'proximal', ['proximal', 'surrogate', 'group-lasso']);
  if (options?.kind === 'group-lasso') {
    checkOptionNames('regulariser', options, { kind: true, lambda: true });
    const { proximal } = groupLasso({ block, lambda: options.lambda });
    return { config: options, proximal: ({ weights, info }) => proximal(weights, info) };
  }
  const own = options?.kind === 'surrogate' && { beta: true };
  checkOptionNames('regulariser', options, { kind: true, lambda: true, gamma: true, ...own });
  const target = options.gamma === undefined ? { sparsity } : { gamma: options.gamma };
  const { proximal, surrogate } = blockRegulariser({ block, lambda: options.lambda, ...target });
  if (options.kind === 'surrogate') {
    const { beta = 0.01 } = options;
    checkAmount('regulariser.beta', beta, true);
    return {
      config: { ...options, beta },
      penaltyGradient: ({ weights, info }) => surrogate(weights, info, beta).gradient,
    };
  }
  return { config: { ...options, kind: 'proximal' }, proximal: ({ weights, info }) => proximal(weights, info) };
}

/**
 * The method with a regulariser over blocks, at work as long as the schedule is below the sparsity `settled` at which it ends; the
 * budgets of the blocks are those of that sparsity.
 *
 * @throws SparsityError for an unknown kind, values out of range.
 */
export function regularised(method: PruningMethod, options: RegulariserOptions, block: Block, settled: number): PruningMethod {
  const { config, proximal, penaltyGradient } = regularisation(options, block, settled);
  return {
    ...method,
    config: { ...method.config, regulariser: config },
    ...(proximal && {
      proximal: (kernels, { sparsity }) => kernels.map((kernel) => (sparsity < settled ? proximal(kernel) : undefined)),
    }),
    ...(penaltyGradient && {
      penaltyGradient: (kernel, { sparsity }) => (sparsity < settled ? penaltyGradient(kernel) : undefined),
    }),
  };
}
