import type { Rng } from '../../rng.js';
import { erdosRenyiAllocation } from '../allocations/erdos-renyi-allocation.js';
import { checkSparsity } from '../check.js';
import type { NamesOf } from '../config-entry.js';
import type { Allocation, KernelState, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { maskedAtFirst } from '../schedules/masked-at-first.js';
import { updateSteps } from '../schedules/update-steps.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { checkExchangeProfile, type DropAndGrowOptions, dropAndGrow } from '../topology/drop-and-grow.js';
import { type DropFractionOptions, dropFraction } from '../topology/drop-fraction.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { randomMasks } from './random-masks.js';

/** What methods share that exchange weights at one sparsity: how the exchanged fraction falls ({@link DropFractionOptions}), and these. */
export interface ExchangeOptions extends DropFractionOptions, ExclusionOptions {
  /**
   * Fraction of zeros from the first step on, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * Step of the first exchange; the random masks of step 0 stay as they are before. 0: the first comes after `frequency` steps.
   * @default 0
   */
  readonly beginStep?: number;
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

/** The names of these options. */
export const exchangeOptions = {
  sparsity: true,
  beginStep: true,
  frequency: true,
  allocation: true,
  initial: true,
  anneal: true,
  endStep: true,
  power: true,
  exclude: true,
} satisfies NamesOf<ExchangeOptions>;

/** Random masks at step 0; at each exchange the kept weights of lowest |w| go, and those of the highest grow score come. */
export function exchanging(
  name: string,
  options: ExchangeOptions & Pick<DropAndGrowOptions, 'profile'>,
  growScores: (kernel: KernelState, rng: Rng, index: number) => Float32Array,
): PruningMethod {
  const { sparsity = 0.9, frequency = 100, allocation = erdosRenyiAllocation(), exclude = [], profile = 'default' } = options;
  const { initial = 0.3, anneal = 'cosine', beginStep = 0, endStep, power = 3 } = options;
  checkSparsity('sparsity', sparsity);
  checkExchangeProfile(profile);
  const fractionAt = dropFraction({ initial, anneal, endStep, power });
  const drop = { initial, anneal, endStep, power };
  const isExchange = updateSteps({ beginStep, endStep, frequency });
  return {
    name,
    pruned: 'zero',
    slots: 'zero',
    // The sparsity holds before the first exchange too.
    schedule: maskedAtFirst((step) => ({ sparsity, update: isExchange(step) })),
    decay: 0,
    config: { name, sparsity, beginStep, frequency, allocation: configOf(allocation), ...drop, exclude },
    skip: exclusion({ exclude }),
    updateMasks(kernels, { step, sparsity: target, rng }) {
      const goesOn = step > 0 && kernels.every(({ masks }) => masks?.forward);
      const first = goesOn ? [] : randomMasks(kernels, target, allocation, rng);
      return kernels.map((kernel, layer) => {
        const before = step > 0 && kernel.masks?.forward;
        const exchange = () => ({ dropScores: magnitudes(kernel.weights), growScores: growScores(kernel, rng, layer) });
        const mask = before
          ? dropAndGrow({ mask: before, ...exchange(), dropFraction: fractionAt(step), profile }).mask
          : first[layer];
        return { forward: mask, backward: mask, gradient: mask };
      });
    },
  };
}
