import { uniformAllocation } from '../allocations/uniform-allocation.js';
import { checkFlag } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Pattern, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { needsOf } from '../needs.js';
import { checkFixedAllocation, checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { unstructured } from '../patterns/unstructured.js';
import { checkSettled, chosenSchedule, type ScheduleChoice } from '../schedules/schedule-choice.js';
import { magnitudeScore } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { maskChooser } from './magnitude-masks.js';
import { magnitudeOptions, type RankingOptions } from './ranking-options.js';

/** Options of {@link gradualMagnitude}: when ({@link ScheduleChoice}), which weights ({@link RankingOptions}), and these. */
export type GradualMagnitudeOptions = ScheduleChoice &
  RankingOptions & {
    /**
     * Where weights may stay.
     * @default unstructured()
     */
    readonly pattern?: Pattern;
    /**
     * `false`, the gradual pruning of ACF: pruned weights get no gradient, they and their optimizer slots are 0, and none returns.
     * `true`, Algorithm 1 of Bit-Tactical (with `power: 1`): gradients and slots stay dense, the mask is applied after every update, and
     * a weight returns when at an update of the masks that one step has made it large enough.
     * @default false
     */
    readonly regrow?: boolean;
  };

/**
 * Gradual magnitude pruning: the sparsity rises along a polynomial, or as a `schedule` of any kind says, the lowest |w| go, and what
 * has gone stays 0. At the default `initialSparsity` of 0 training starts dense; an N:M pattern is its own final sparsity. Zhu
 * and Gupta 2017; ledger E2, E6, E7, E9; with
 * `regrow` ledger 1.4.3.
 *
 * @throws SparsityError for a schedule together with the options of a ramp or neither, for options out of range, see
 * {@link polynomialSchedule}, for a sparsity that is not that of an N:M pattern, or an allocation of others.
 * @example
 * ```ts
 * gradualMagnitude({finalSparsity: 0.9, endStep: 2000}).schedule(2000); // {sparsity: 0.9, update: true}
 * gradualMagnitude({schedule: oneShotSchedule({sparsity: 0.5, step: 100})}).schedule(99); // {sparsity: 0, update: false}
 * ```
 */
export function gradualMagnitude(options: GradualMagnitudeOptions): PruningMethod {
  checkGiven(gradualMagnitude, options);
  const { pattern = unstructured(), score = magnitudeScore(), allocation = uniformAllocation() } = options;
  const { regrow = false, exclude = [] } = options;
  checkFlag('regrow', regrow);
  const chooseMasks = maskChooser({ score, pattern, allocation }, !regrow);
  const { schedule, config } = chosenSchedule(withSparsityOf(pattern, options));
  checkFixedSparsity(pattern, 'finalSparsity', options.finalSparsity);
  if (options.schedule) checkSettled(pattern, options.schedule);
  checkFixedAllocation(pattern, allocation);
  return {
    name: 'gradual',
    pruned: 'zero',
    slots: regrow ? 'keep' : 'zero',
    schedule,
    decay: 0,
    ...needsOf(score),
    config: {
      name: 'gradual',
      ...config,
      pattern: configOf(pattern),
      score: configOf(score),
      allocation: configOf(allocation),
      regrow,
      exclude,
    },
    skip: exclusion({ exclude }),
    check: patternCheck(pattern),
    updateMasks: (kernels, { sparsity }) =>
      chooseMasks(kernels, sparsity).map((chosen) => {
        const mask = chosen.includes(0) ? chosen : null; // null means all ones
        return { forward: mask, backward: mask, gradient: regrow ? null : mask };
      }),
  };
}

/** The ramp to the sparsity that the pattern has, where it has one and none is given. */
function withSparsityOf(pattern: Pattern, options: ScheduleChoice): ScheduleChoice {
  const finalSparsity = fixedSparsity(pattern);
  if (finalSparsity === undefined || options.schedule || options.finalSparsity !== undefined) return options;
  return { ...options, finalSparsity };
}

inConfig(gradualMagnitude, 'gradual', { ...magnitudeOptions, pattern: true, regrow: true });
