import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { type RampOptions, rampOptions, rampSchedule } from './ramp.js';

/**
 * Sparsity along an exponential: the density falls by the same factor over equal times, `1 - s(t) = (1 - s_i) ((1 - s_f) / (1 -
 * s_i))^p` with `p = (t - beginStep) / (endStep - beginStep)`, so that updates at equal distances remove the same share of what is left.
 *
 * @throws SparsityError as {@link polynomialSchedule}.
 * @example
 * ```ts
 * exponentialSchedule({finalSparsity: 0.75, endStep: 100})(50).sparsity; // 0.5
 * ```
 */
export function exponentialSchedule(options: RampOptions): Schedule {
  checkGiven(exponentialSchedule, options);
  return rampSchedule({ name: 'exponential' }, options, (progress, initial, final) => {
    return 1 - (1 - initial) * ((1 - final) / (1 - initial)) ** progress;
  });
}

inConfig(exponentialSchedule, 'exponential', rampOptions);
