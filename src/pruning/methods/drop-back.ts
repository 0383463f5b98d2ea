import { checkSparsity } from '../check.js';
import { inConfig } from '../config-entry.js';
import type { KernelState, PruningMethod } from '../contracts.js';
import { keptCount } from '../kept-count.js';
import { topScores } from '../patterns/top-scores.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { checkFraction } from '../topology/check-fraction.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';

/** Options of {@link dropBack}. */
export interface DropBackOptions extends ExclusionOptions {
  /**
   * Fraction of the weights of each layer that are not tracked, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * Factor by which initial weights shrink in each step but the first, in [0, 1]. At 1 they stay, which is DropBack as it was before
   * Procrustes: no weight becomes 0 then.
   * @default 0.9
   */
  readonly initialDecay?: number;
}

/**
 * The training method of the accelerator Procrustes, a DropBack whose initial weights fade: after each step those weights are tracked that
 * have moved farthest, the highest `|w - d^(t-1) w_0|` of each layer after t steps; the others are put back to `d^(t-1) w_0`, and compete again
 * in the next step, since every weight gets a gradient. What has shrunk below 1e-8 is 0; once that holds for a whole kernel, masks are in force,
 * under which what is not tracked is exactly 0. Golub, Lemieux, Lis 2018 (DropBack); Yang et al. 2020 (Procrustes).
 *
 * Chosen here: the highest of each layer are found exactly, where Procrustes estimates one threshold for the network; tracked weights keep
 * what they began with, so that what fades makes weights of a high beginning go far, and slots are kept, as in the published code.
 *
 * @throws SparsityError for a sparsity outside [0, 1), a decay outside [0, 1].
 * @example
 * ```ts
 * dropBack({sparsity: 0.8}).schedule(1); // {sparsity: 0.8, update: true}
 * ```
 */
export function dropBack({ sparsity = 0.9, initialDecay = 0.9, exclude = [] }: DropBackOptions = {}): PruningMethod {
  checkSparsity('sparsity', sparsity);
  checkFraction('initialDecay', initialDecay);
  const faded = (value: number) => (Math.abs(value) < smallest ? 0 : value);
  return {
    name: 'dropback',
    pruned: 'zero',
    slots: 'keep',
    schedule: constantSchedule({ sparsity, beginStep: 1 }),
    decay: 0,
    needs: ['state'],
    accumulate: ({ weights, state }) => (state ? state.map((initial) => faded(initial * initialDecay)) : weights.slice()),
    config: { name: 'dropback', sparsity, initialDecay, exclude },
    skip: exclusion({ exclude }),
    proximal(kernel, context) {
      if (context.sparsity === 0 || !isFading(kernel)) return undefined;
      const [tracked, initial] = [trackedOf(kernel, sparsity), kernel.state as Float32Array];
      return kernel.weights.map((weight, i) => (tracked[i] === 1 ? weight : initial[i]));
    },
    updateMasks: (kernels) =>
      kernels.map((kernel) => {
        const mask = isFading(kernel) ? null : trackedOf(kernel, sparsity);
        return { forward: mask, backward: mask, gradient: null };
      }),
  };
}

/** Initial weights below it are 0: far below what a weight of any use differs by from step to step. */
const smallest = 1e-8;

/** Whether initial weights are left, or none have been seen yet. */
function isFading({ state }: KernelState): boolean {
  return state?.some((initial) => initial !== 0) ?? true;
}

/** The weights that have moved farthest from what is left of their beginning. */
function trackedOf({ weights, state }: KernelState, sparsity: number): Uint8Array {
  const moves = weights.map((weight, i) => Math.abs(weight - (state?.[i] ?? 0)));
  return topScores(moves, keptCount(weights.length, sparsity));
}

inConfig(dropBack, 'dropback', { sparsity: true, initialDecay: true, exclude: true });
