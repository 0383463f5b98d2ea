import { checkAmount } from '../check.js';
import type { KernelInfo } from '../contracts.js';
import { type Block, blockRuns, checkBlock } from '../patterns/block-budgets.js';
import { checkKernel } from '../patterns/check-kernel.js';
import { forEachRun } from '../patterns/runs.js';

/** Options of {@link groupLasso}. */
export interface GroupLassoOptions {
  /** The groups of weights that go to zero together. */
  readonly block: Block;
  /** Strength, at least 0. */
  readonly lambda: number;
}

/** A regulariser that empties whole groups. */
export interface GroupLasso {
  /** `lambda * sum_g sqrt(|g|) * ||w_g||`. */
  penalty(weights: Float32Array, info: KernelInfo): number;
  /** `lambda * sqrt(|g|) * w / ||w_g||`; 0 in a group of zeros. */
  gradient(weights: Float32Array, info: KernelInfo): Float32Array;
  /** `w_g <- w_g * max(0, 1 - lambda * sqrt(|g|) / ||w_g||)`: groups of small norm become exactly 0. */
  proximal(weights: Float32Array, info: KernelInfo): Float32Array;
}

/**
 * Group lasso over blocks: the sum of the groups' Euclidean norms, each times the square root of its size. Wen et al. 2016 (arXiv
 * 1608.03665). In a proximal step of an optimizer, lambda is to be multiplied by the learning rate.
 *
 * @throws SparsityError for an unknown block or a negative lambda.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * groupLasso({block: {kind: 'row'}, lambda: 1}).penalty(Float32Array.of(3, 0, 0, 4), info); // 10
 * ```
 */
export function groupLasso({ block, lambda }: GroupLassoOptions): GroupLasso {
  checkBlock(block);
  checkAmount('lambda', lambda);
  /** Visits each group with its norm, and each of its weights by a function. */
  const forEachGroup = (
    weights: Float32Array,
    info: KernelInfo,
    visit: (norm: number, threshold: number, each: (act: (at: number) => void) => void) => void,
  ) => {
    checkKernel(info, weights);
    const runs = blockRuns(block, info);
    forEachRun(runs, (_, first, size) => {
      const each = (act: (at: number) => void) => {
        for (let k = 0; k < size; k++) act(first + k * runs.inner);
      };
      let squares = 0;
      each((at) => {
        squares += weights[at] ** 2;
      });
      visit(Math.sqrt(squares), lambda * Math.sqrt(size), each);
    });
  };
  const scaled = (weights: Float32Array, info: KernelInfo, factor: (norm: number, threshold: number) => number) => {
    const result = new Float32Array(weights.length);
    forEachGroup(weights, info, (norm, threshold, each) => {
      const scale = norm === 0 ? 0 : factor(norm, threshold);
      each((at) => {
        result[at] = weights[at] * scale;
      });
    });
    return result;
  };
  return {
    penalty(weights, info) {
      let sum = 0;
      forEachGroup(weights, info, (norm, threshold) => {
        sum += threshold * norm;
      });
      return sum;
    },
    gradient: (weights, info) => scaled(weights, info, (norm, threshold) => threshold / norm),
    proximal: (weights, info) => scaled(weights, info, (norm, threshold) => Math.max(0, 1 - threshold / norm)),
  };
}
