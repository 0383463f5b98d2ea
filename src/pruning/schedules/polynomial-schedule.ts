import { checkAmount, checkInteger } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { type RampOptions, rampOptions, rampSchedule } from './ramp.js';

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
  checkGiven(polynomialSchedule, options);
  const { power = 3, ...ramp } = options;
  checkAmount('power', power, true);
  return rampSchedule({ name: 'polynomial', power }, ramp, (progress, initial, final) => {
    return final + (initial - final) * (1 - progress) ** power;
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
  checkGiven(linearSchedule, options);
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
export function cubicSchedule(options: CubicScheduleOptions): Schedule {
  checkGiven(cubicSchedule, options);
  const { updates, frequency, beginStep = 0, ...sparsities } = options;
  checkInteger('updates', updates, 1);
  return polynomialSchedule({ ...sparsities, beginStep, frequency, endStep: beginStep + updates * frequency, power: 3 });
}

inConfig(cubicSchedule, 'cubic', { initialSparsity: true, finalSparsity: true, beginStep: true, frequency: true, updates: true });
