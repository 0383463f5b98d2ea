import { checkAmount } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { type RampOptions, rampOptions, rampSchedule } from './ramp.js';

/** Options of {@link lateSchedule}. */
export interface LateScheduleOptions extends RampOptions {
  /**
   * Exponent of the progress, above 0: the greater, the later most of the pruning comes.
   * @default 2
   */
  readonly power?: number;
}

/**
 * Sparsity that rises slowly at first: `s(t) = s_i + (s_f - s_i) p^power` with `p = (t - beginStep) / (endStep - beginStep)`, where
 * {@link polynomialSchedule} rises fast at first. It is what SparseML calls polynomial.
 *
 * @throws SparsityError as {@link polynomialSchedule}.
 * @example
 * ```ts
 * lateSchedule({finalSparsity: 0.8, endStep: 100})(50).sparsity; // 0.2
 * ```
 */
export function lateSchedule(options: LateScheduleOptions): Schedule {
  checkGiven(lateSchedule, options);
  const { power = 2, ...ramp } = options;
  checkAmount('power', power, true);
  return rampSchedule(
    { name: 'late', power },
    ramp,
    (progress, initial, final) => initial + (final - initial) * progress ** power,
  );
}

inConfig(lateSchedule, 'late', { ...rampOptions, power: true });
