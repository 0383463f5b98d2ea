import { globalAllocation } from '../allocations/global-allocation.js';
import { checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, KernelState, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { unstructured } from '../patterns/unstructured.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { checkFraction } from '../topology/check-fraction.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { maskChooser } from './magnitude-masks.js';

/** Options of {@link dropBack}. */
export interface DropBackOptions extends ExclusionOptions {
  /**
   * Fraction of the weights of all layers together that are not tracked, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * How the tracked weights are spread over the layers: by one ranking of all of them, or in each layer by itself, as uniformAllocation() does.
   * @default globalAllocation()
   */
  readonly allocation?: Allocation;
  /**
   * Factor by which initial weights shrink in each step but the first, in [0, 1]. At 1 they stay, which is DropBack as it was before
   * Procrustes: no weight becomes 0 then.
   * @default 0.9
   */
  readonly initialDecay?: number;
}

/**
 * The training method of the accelerator Procrustes, a DropBack whose initial weights fade: after each step those weights of the network are
 * tracked that have moved farthest, the highest `|w - d^(t-1) w_0|` after t steps; the others are put back to `d^(t-1) w_0`, and compete again
 * in the next step, since every weight gets a gradient. What has shrunk below 1e-8 is 0; once that holds for a whole kernel, masks are in force,
 * under which what is not tracked is exactly 0. Golub, Lemieux, Lis 2018 (DropBack); Yang et al. 2020 (Procrustes).
 *
 * Chosen here: the threshold of the network is found exactly, where Procrustes estimates a quantile of what streams by; each layer tracks one
 * weight at least; tracked weights keep what they began with, so that what fades makes weights of a high beginning go far, and slots are kept, as
 * in the published code.
 *
 * @throws SparsityError for a sparsity outside [0, 1), a decay outside [0, 1].
 * @example
 * ```ts
 * dropBack({sparsity: 0.8}).schedule(1); // {sparsity: 0.8, update: true}
 * ```
 */
export function dropBack(options: DropBackOptions = {}): PruningMethod {
  checkGiven(dropBack, options);
  const { sparsity = 0.9, allocation = globalAllocation(), initialDecay = 0.9, exclude = [] } = options;
  checkSparsity('sparsity', sparsity);
  checkFraction('initialDecay', initialDecay);
  const faded = (value: number) => (Math.abs(value) < smallest ? 0 : value);
  const trackedAmong = maskChooser({ score: moves, pattern: unstructured(), allocation }, false);
  return {
    name: 'dropback',
    pruned: 'zero',
    slots: 'keep',
    schedule: constantSchedule({ sparsity: initialDecay === 1 ? 0 : sparsity, beginStep: 1 }),
    decay: 0,
    needs: ['state'],
    accumulate: ({ weights, state }) => (state ? state.map((initial) => faded(initial * initialDecay)) : weights.slice()),
    config: { name: 'dropback', sparsity, allocation: configOf(allocation), initialDecay, exclude },
    skip: exclusion({ exclude }),
    proximal(kernels, context) {
      const tracked = context.step > 0 && kernels.some(isFading) ? trackedAmong(kernels, sparsity) : [];
      return tracked.map((own, k) => {
        const { weights, state = weights } = kernels[k];
        return isFading(kernels[k]) ? weights.map((weight, i) => (own[i] === 1 ? weight : state[i])) : undefined;
      });
    },
    updateMasks(kernels) {
      const tracked = kernels.every(isFading) ? [] : trackedAmong(kernels, sparsity);
      return kernels.map((kernel, k) => {
        const mask = isFading(kernel) ? null : tracked[k];
        return { forward: mask, backward: mask, gradient: null };
      });
    },
  };
}

/** Initial weights below it are 0: far below what a weight of any use differs by from step to step. */
const smallest = 1e-8;

/** Whether initial weights are left, or none have been seen yet. */
function isFading({ state }: KernelState): boolean {
  return state?.some((initial) => initial !== 0) ?? true;
}

/** How far weights have moved from what is left of their beginning. */
function moves({ weights, state }: KernelState): Float32Array {
  return weights.map((weight, i) => Math.abs(weight - (state?.[i] ?? 0)));
}

inConfig(dropBack, 'dropback', { sparsity: true, allocation: true, initialDecay: true, exclude: true });
