import { erdosRenyiAllocation } from '../allocations/erdos-renyi-allocation.js';
import { globalAllocation } from '../allocations/global-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { gradientOf } from '../needs.js';
import { unstructured } from '../patterns/unstructured.js';
import { maskedAtFirst } from '../schedules/masked-at-first.js';
import { polynomialSchedule } from '../schedules/polynomial-schedule.js';
import { magnitudeScore, magnitudes } from '../scores/magnitude-score.js';
import { checkExchangeProfile, type DropAndGrowOptions, dropAndGrow } from '../topology/drop-and-grow.js';
import { type DropFractionOptions, dropFraction } from '../topology/drop-fraction.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { maskChooser } from './magnitude-masks.js';
import { randomMasks } from './random-masks.js';

/** Options of {@link granet}: how the exchanged fraction falls ({@link DropFractionOptions}), of 0.5 at first, and these. */
export interface GranetOptions extends DropFractionOptions, ExclusionOptions {
  /**
   * Sparsity of the random masks at the start, in [0, 1); 0 starts dense.
   * @default 0.5
   */
  readonly initialSparsity?: number;
  /**
   * Sparsity from `endStep` on, in [0, 1), `initialSparsity` or more.
   * @default 0.9
   */
  readonly finalSparsity?: number;
  /**
   * Step at which the ramp and the updates begin; the random masks of step 0 stay as they are before.
   * @default 0
   */
  readonly beginStep?: number;
  /**
   * Steps between two updates; `endStep` is one in any case.
   * @default a twentieth of the ramp, rounded up
   */
  readonly frequency?: number;
  /**
   * How pruning is spread over the layers; the random masks at the start are those of erdosRenyiAllocation().
   * @default globalAllocation()
   */
  readonly allocation?: Allocation;
  /**
   * How the exchanged weights are counted, see {@link DropAndGrowOptions.profile}.
   * @default 'default'
   */
  readonly profile?: NonNullable<DropAndGrowOptions['profile']>;
}

/**
 * GraNet, gradual pruning with regeneration: from random masks the sparsity rises along `s_f + (s_i - s_f) (1 - (t - t0) / (t1 - t0))^3`
 * from `t0 = beginStep` to `t1 = endStep`. At each update the lowest |w| of all layers together go until the sparsity of the schedule is
 * reached; then in each layer a fraction of the lowest |w| that are left goes too, and as many of the highest |G| come, G being the dense
 * gradient of the step just done (see {@link dropAndGrow}). They start from 0, and so do their optimizer slots, but for those that have
 * gone in this exchange and are grown again: these keep both. Liu et al. 2021 (arXiv 2106.10404).
 *
 * @throws SparsityError for sparsities outside [0, 1) or falling, an end that is no step behind the begin, a frequency below 1, an unknown
 * profile, and as {@link dropFraction}; from `fit`: a layer that does not train.
 * @example
 * ```ts
 * granet({finalSparsity: 0.9, endStep: 1000}).schedule(500); // {sparsity: 0.85, update: true}
 * ```
 */
export function granet(options: GranetOptions): PruningMethod {
  checkGiven(granet, options);
  const { initialSparsity = 0.5, finalSparsity = 0.9, allocation = globalAllocation(), exclude = [] } = options;
  const { initial = 0.5, anneal = 'cosine', beginStep = 0, endStep, power = 3 } = options;
  const { frequency = Math.ceil((endStep - beginStep) / 20), profile = 'default' } = options;
  checkExchangeProfile(profile);
  const drop = { initial, anneal, endStep, power };
  const fractionAt = dropFraction(drop);
  const chooseMasks = maskChooser({ score: magnitudeScore(), pattern: unstructured(), allocation }, true);
  return {
    name: 'granet',
    pruned: 'zero',
    slots: 'zero',
    needs: ['gradient'],
    schedule: maskedAtFirst(polynomialSchedule({ initialSparsity, finalSparsity, beginStep, endStep, frequency })),
    decay: 0,
    config: {
      name: 'granet',
      initialSparsity,
      finalSparsity,
      beginStep,
      frequency,
      allocation: configOf(allocation),
      ...drop,
      profile,
      exclude,
    },
    skip: exclusion({ exclude }),
    updateMasks(kernels, { step, sparsity, rng }) {
      const pruned =
        step === 0
          ? randomMasks(kernels, sparsity, erdosRenyiAllocation(), rng)
          : chooseMasks(kernels, sparsity).map((mask, layer) => {
              const { weights } = kernels[layer];
              const scores = { dropScores: magnitudes(weights), growScores: magnitudes(gradientOf(kernels[layer])) };
              return dropAndGrow({ mask, ...scores, dropFraction: fractionAt(step), profile }).mask;
            });
      return pruned.map((each) => {
        const mask = each.includes(0) ? each : null; // null means all ones
        return { forward: mask, backward: mask, gradient: mask };
      });
    },
  };
}

inConfig(granet, 'granet', {
  initialSparsity: true,
  finalSparsity: true,
  beginStep: true,
  frequency: true,
  allocation: true,
  initial: true,
  anneal: true,
  endStep: true,
  power: true,
  profile: true,
  exclude: true,
});
