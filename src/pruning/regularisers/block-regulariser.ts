import { SparsityError } from '../../errors.js';
import { highestInRuns } from '../../kernels/index.js';
import { checkAmount, checkInteger, checkSparsity } from '../check.js';
import type { KernelInfo } from '../contracts.js';
import { type Block, blockRuns, checkBlock } from '../patterns/block-budgets.js';
import { checkKernel } from '../patterns/check-kernel.js';
import { forEachRun, runCount } from '../patterns/runs.js';
import { magnitudes } from '../scores/magnitude-score.js';

/** Options of {@link blockRegulariser}; exactly one of `gamma` and `sparsity` is given. */
export interface BlockRegulariserOptions {
  /** The blocks whose non-zeros are counted. */
  readonly block: Block;
  /** Non-zeros that a block should have, at least 0. */
  readonly gamma?: number;
  /** The same as a sparsity: gamma = the block's size times (1 - sparsity), rounded up; smaller blocks get less. */
  readonly sparsity?: number;
  /** Strength, at least 0. In {@link BlockRegulariser.proximal} it is the step in units of the weights. */
  readonly lambda: number;
}

/** A regulariser that draws each block to gamma non-zeros. */
export interface BlockRegulariser {
  /** The term itself: `lambda * sum_b |nnz_b - gamma|`. Its gradient is 0 almost everywhere. */
  penalty(weights: Float32Array, info: KernelInfo): number;
  /**
   * The proximal step: in a block with more than gamma non-zeros all but the gamma greatest |w| are shrunk, `|w| <- max(0, |w| -
   * lambda)`, down to exact zeros. Undefined when no weight changes, which is so exactly when no block has more than gamma.
   */
  proximal(weights: Float32Array, info: KernelInfo): Float32Array | undefined;
  /**
   * A smooth stand-in and its gradient: `|w|_0` becomes `1 - exp(-|w| / beta)`. The smaller beta (above 0, in units of the weights),
   * the nearer the value comes to the term. The gradient of a zero weight is 0.
   */
  surrogate(weights: Float32Array, info: KernelInfo, beta: number): { readonly value: number; readonly gradient: Float32Array };
}

/**
 * The structured regulariser of ACF, `lambda * sum_b | sum_{w in b} |w|_0 - gamma |` over blocks b, as a value, as a proximal step whose
 * fixed point is exactly gamma non-zeros where there were more, and as a differentiable surrogate. Ledger E8; the proximal step is the
 * reading chosen here, since the term has no useful gradient.
 *
 * @throws SparsityError for an unknown block, gamma and sparsity both or neither, values out of range.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * const regulariser = blockRegulariser({block: {kind: 'row'}, gamma: 2, lambda: 0.5});
 * regulariser.proximal(Float32Array.of(3, -1, 0.25, 2), info); // [3, -0.5, 0, 2]
 * ```
 */
export function blockRegulariser({ block, gamma, sparsity, lambda }: BlockRegulariserOptions): BlockRegulariser {
  checkBlock(block);
  checkAmount('lambda', lambda);
  if ((gamma === undefined) === (sparsity === undefined)) {
    const got = { gamma, sparsity };
    throw new SparsityError({ what: 'block regulariser', got, expected: 'gamma or sparsity', fix: 'give one of the two' });
  }
  if (gamma !== undefined) checkInteger('gamma', gamma, 0);
  if (sparsity !== undefined) checkSparsity('sparsity', sparsity);
  const target = (size: number) => gamma ?? Math.ceil(size * (1 - (sparsity as number)) - rounding);
  const runsOf = (weights: Float32Array, info: KernelInfo) => {
    checkKernel(info, weights);
    return blockRuns(block, info);
  };
  return {
    penalty(weights, info) {
      const runs = runsOf(weights, info);
      let sum = 0;
      forEachRun(runs, (_, first, size) => {
        let nonzeros = 0;
        for (let k = 0; k < size; k++) if (weights[first + k * runs.inner] !== 0) nonzeros++;
        sum += Math.abs(nonzeros - target(size));
      });
      return lambda * sum;
    },
    proximal(weights, info) {
      const runs = runsOf(weights, info);
      const targets = new Uint32Array(runCount(runs));
      forEachRun(runs, (run, _, size) => {
        targets[run] = target(size);
      });
      const kept = highestInRuns(magnitudes(weights), runs, targets);
      let shrunk: Float32Array | undefined;
      for (let i = 0; i < kept.length; i++) {
        const weight = weights[i];
        if (kept[i] === 1 || weight === 0 || lambda === 0) continue;
        shrunk ??= weights.slice();
        shrunk[i] = Math.sign(weight) * Math.max(0, Math.abs(weight) - lambda);
      }
      return shrunk;
    },
    surrogate(weights, info, beta) {
      checkAmount('beta', beta, true);
      const runs = runsOf(weights, info);
      const gradient = new Float32Array(weights.length);
      let value = 0;
      forEachRun(runs, (_, first, size) => {
        let count = 0;
        for (let k = 0; k < size; k++) count += 1 - Math.exp(-Math.abs(weights[first + k * runs.inner]) / beta);
        const excess = count - target(size);
        value += lambda * Math.abs(excess);
        for (let k = 0; k < size; k++) {
          const at = first + k * runs.inner;
          const weight = weights[at];
          gradient[at] = ((lambda * Math.sign(excess) * Math.sign(weight)) / beta) * Math.exp(-Math.abs(weight) / beta);
        }
      });
      return { value, gradient };
    },
  };
}

/** So that 100 * (1 - 0.9), a little below or above 10 in floating point, is rounded up to 10. */
const rounding = 1e-9;
