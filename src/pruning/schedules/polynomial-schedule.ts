import { SparsityError } from '../../errors.js';
import { checkAmount, checkChoice, checkInteger, checkSparsity } from '../check.js';
import { inConfig, type NamesOf } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { described } from '../described.js';
import { updateSteps } from './update-steps.js';

/** A ramp of sparsity between two steps. */
export interface RampOptions {
  /**
   * Sparsity up to `beginStep`, in [0, 1).
   * @default 0
   */
  readonly initialSparsity?: number;
  /** Sparsity from `endStep` on, in [0, 1), `initialSparsity` or more. */
  readonly finalSparsity: number;
  /**
   * Step at which the ramp begins; steps count from 0.
   * @default 0
   */
  readonly beginStep?: number;
  /** Step at which `finalSparsity` is reached, after `beginStep`. */
  readonly endStep: number;
  /**
   * Steps between two updates of the masks, from `beginStep` on. `endStep` is an update in any case.
   * @default a twentieth of the ramp, rounded up
   */
  readonly frequency?: number;
  /**
   * Whose conventions hold. `tfmot`: no update at `endStep` where `frequency` misses it. `jaxpruner`: the same, updates fall on
   * multiples of `frequency` from step 0, and the ramp is one step ahead.
   * @default 'default'
   */
  readonly profile?: 'default' | 'tfmot' | 'jaxpruner';
}

const rampOptions = {
  initialSparsity: true,
  finalSparsity: true,
  beginStep: true,
  endStep: true,
  frequency: true,
  profile: true,
} satisfies NamesOf<RampOptions>;

/** Options of {@link polynomialSchedule}. */
export interface PolynomialScheduleOptions extends RampOptions {
  /**
   * Exponent of the ramp, above 0: 1 is a line, 3 prunes fast at first and slowly at the end.
   * @default 3
   */
  readonly power?: number;
}

/**
 * Sparsity along a polynomial: `s(t) = s_f + (s_i - s_f) (1 - (t - t0) / (t1 - t0))^power` from `t0 = beginStep` to `t1 = endStep`,
 * `s_i` before and `s_f` after. Zhu and Gupta 2017 (arXiv 1710.01878).
 *
 * @throws SparsityError for sparsities outside [0, 1) or falling, steps that are no integers, an end that is not after the begin.
 * @example
 * ```ts
 * polynomialSchedule({finalSparsity: 0.8, endStep: 100, power: 1})(50).sparsity; // 0.4
 * ```
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): Schedule {
  const { initialSparsity = 0, finalSparsity, beginStep = 0, endStep, power = 3, profile = 'default' } = options;
  checkSparsity('initialSparsity', initialSparsity);
  checkSparsity('finalSparsity', finalSparsity);
  checkInteger('beginStep', beginStep, 0);
  checkInteger('endStep', endStep, 0);
  checkAmount('power', power, true);
  checkChoice('profile', profile, ['default', 'tfmot', 'jaxpruner']);
  if (endStep <= beginStep) {
    throw new SparsityError({
      what: 'endStep',
      got: endStep,
      expected: `a step after beginStep (${beginStep})`,
      fix: 'give the ramp at least one step, or use oneShotSchedule',
    });
  }
  if (finalSparsity < initialSparsity) {
    throw new SparsityError({
      what: 'finalSparsity',
      got: finalSparsity,
      expected: `initialSparsity (${initialSparsity}) or more`,
      fix: 'swap the two: pruning goes up',
    });
  }
  const { frequency = Math.ceil((endStep - beginStep) / 20) } = options;
  const absolute = profile === 'jaxpruner';
  const isUpdate = updateSteps({ beginStep, endStep, frequency, absolute, closing: profile === 'default' });
  const ahead = absolute ? 1 : 0;
  const config = { name: 'polynomial', initialSparsity, finalSparsity, beginStep, endStep, frequency, power, profile };
  return described(config, (step) => {
    const progress = Math.min(1, Math.max(0, (step + ahead - beginStep) / (endStep - beginStep)));
    const sparsity = finalSparsity + (initialSparsity - finalSparsity) * (1 - progress) ** power;
    return { sparsity: progress === 0 ? initialSparsity : sparsity, update: isUpdate(step) };
  });
}

inConfig(polynomialSchedule, 'polynomial', { ...rampOptions, power: true });

/**
 * A straight ramp: {@link polynomialSchedule} of power 1. With `endStep` = epochs x stepsPerEpoch and `frequency` = stepsPerEpoch it
 * is the ramp of Algorithm 1 "Prune" of Bit-Tactical (ledger 1.4.3): `S (t + 1) / Epochs` after epoch t, masks of ones before.
 *
 * @throws SparsityError as {@link polynomialSchedule}.
 * @example
 * ```ts
 * linearSchedule({finalSparsity: 0.5, endStep: 400, frequency: 100})(100); // {sparsity: 0.125, update: true}
 * ```
 */
export function linearSchedule(options: RampOptions): Schedule {
  return polynomialSchedule({ ...options, power: 1 });
}

inConfig(linearSchedule, 'linear', rampOptions);

/** Options of {@link cubicSchedule}. */
export interface CubicScheduleOptions {
  /**
   * s_i, in [0, 1).
   * @default 0
   */
  readonly initialSparsity?: number;
  /** s_f, in [0, 1), s_i or more. */
  readonly finalSparsity: number;
  /**
   * t0, the step of the first update.
   * @default 0
   */
  readonly beginStep?: number;
  /** dt, steps from one update to the next, at least 1. */
  readonly frequency: number;
  /** n, number of updates after the first: s_f is reached at t0 + n dt. */
  readonly updates: number;
}

/**
 * The cubic schedule of ACF: `s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3` for t in [t0, t0 + n dt]; masks change at
 * `t0 + k dt` only. Ledger E6.
 *
 * @throws SparsityError as {@link polynomialSchedule}.
 * @example
 * ```ts
 * cubicSchedule({finalSparsity: 0.5, frequency: 10, updates: 2})(10).sparsity; // 0.4375
 * ```
 */
export function cubicSchedule({ updates, frequency, beginStep = 0, ...sparsities }: CubicScheduleOptions): Schedule {
  checkInteger('updates', updates, 1);
  return polynomialSchedule({ ...sparsities, beginStep, frequency, endStep: beginStep + updates * frequency, power: 3 });
}

inConfig(cubicSchedule, 'cubic', { initialSparsity: true, finalSparsity: true, beginStep: true, frequency: true, updates: true });
