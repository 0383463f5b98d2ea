import { SparsityError } from '../../errors.js';
import { inConfig } from '../config-entry.js';
import type { KernelState, Score } from '../contracts.js';
import { gradientOf, needyScore } from '../needs.js';

/**
 * Movement: `score = -sum_t w_t g_t` over all steps so far: weights that the training draws away from 0 stay, whatever their size. The sum
 * goes on from step to step, so that kernels and gradients are read at each of them; a checkpoint stores it. Sanh et al. 2020 (arXiv
 * 2005.07683).
 *
 * @throws SparsityError from the score: before the first step, or a kernel without gradient.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const kernel = {info, weights: Float32Array.of(-3, 1), masks: undefined, gradient: Float32Array.of(1, -2)};
 * const state = movementScore().accumulate?.(kernel); // [3, 2]
 * movementScore()({...kernel, state}); // [3, 2]
 * ```
 */
export function movementScore(): Score {
  return needyScore({ name: 'movement' }, { needs: ['gradient', 'state'], accumulate }, ({ info, state }) => {
    if (state) return state.slice();
    throw new SparsityError({
      what: `movement of layer ${info.name}`,
      got: 'none',
      expected: 'the sum over one step at least',
      fix: 'prune from step 1 on',
    });
  });
}

inConfig(movementScore, 'movement', {});

function accumulate(kernel: KernelState): Float32Array {
  const { weights, state } = kernel;
  const gradient = gradientOf(kernel);
  return weights.map((weight, i) => (state ? state[i] : 0) - weight * gradient[i]);
}
