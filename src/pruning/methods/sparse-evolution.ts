import { erdosRenyiAllocation } from '../allocations/erdos-renyi-allocation.js';
import { checkSparsity } from '../check.js';
import { inConfig } from '../config-entry.js';
import type { Allocation, KernelInfo, KernelState, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { unstructured } from '../patterns/unstructured.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { dropAndGrow } from '../topology/drop-and-grow.js';
import { type DropFractionOptions, dropFraction } from '../topology/drop-fraction.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';

/** Options of {@link sparseEvolution}: how the fraction of exchanged weights falls ({@link DropFractionOptions}), and these. */
export interface SparseEvolutionOptions extends DropFractionOptions, ExclusionOptions {
  /**
   * Fraction of zeros from the first step on, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * Steps between two exchanges.
   * @default 100
   */
  readonly frequency?: number;
  /**
   * How the sparsity is spread over the layers.
   * @default erdosRenyiAllocation()
   */
  readonly allocation?: Allocation;
}

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
  const { sparsity = 0.9, frequency = 100, allocation = erdosRenyiAllocation(), exclude = [] } = options;
  const { initial = 0.3, anneal = 'cosine', endStep, power = 3 } = options;
  checkSparsity('sparsity', sparsity);
  const fractionAt = dropFraction({ initial, anneal, endStep, power });
  const drop = { initial, anneal, endStep, power };
  return {
    name: 'set',
    pruned: 'zero',
    slots: 'zero',
    schedule: constantSchedule({ sparsity, endStep, frequency }),
    decay: 0,
    config: { name: 'set', sparsity, frequency, allocation: configOf(allocation), ...drop, exclude },
    skip: exclusion({ exclude }),
    updateMasks(kernels, { step, sparsity: target, rng }) {
      const draws = ({ info, weights }: KernelState) => {
        const layer = rng.fork(info.name);
        return Float32Array.from(weights, () => layer.uniform());
      };
      const scored = kernels.map((kernel) => ({ info: kernel.info, scores: draws(kernel) }));
      const goesOn = step > 0 && kernels.every(({ masks }) => masks?.forward);
      const sparsities = goesOn ? [] : allocation(scored, target);
      return kernels.map(({ weights, masks }, layer) => {
        const { info, scores } = scored[layer];
        const exchange = { dropScores: magnitudes(weights), growScores: scores, dropFraction: fractionAt(step) };
        const mask =
          step > 0 && masks?.forward
            ? dropAndGrow({ mask: masks.forward, ...exchange }).mask
            : randomMask(scores, info, sparsities[layer]);
        return { forward: mask, backward: mask, gradient: mask };
      });
    },
  };
}

/** No pattern prunes everything, which an allocation may ask for. */
function randomMask(scores: Float32Array, info: KernelInfo, sparsity: number): Uint8Array {
  return sparsity >= 1 ? new Uint8Array(scores.length) : unstructured()(scores, info, sparsity);
}

inConfig(sparseEvolution, 'set', {
  sparsity: true,
  frequency: true,
  allocation: true,
  initial: true,
  anneal: true,
  endStep: true,
  power: true,
  exclude: true,
});
