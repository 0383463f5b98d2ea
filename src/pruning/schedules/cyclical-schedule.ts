import { SparsityError } from '../../errors.js';
import { checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { described } from '../described.js';

/** Options of {@link cyclicalSchedule}. */
export interface CyclicalScheduleOptions {
  /** Fraction of zeros in a sparse phase, in [0, 1). */
  readonly sparsity: number;
  /**
   * Step of the first sparse phase; training is dense before.
   * @default 0
   */
  readonly beginStep?: number;
  /** Step from which all is sparse, `beginStep` or later. */
  readonly endStep: number;
  /** Steps of a sparse phase, at least 1. */
  readonly sparseSteps: number;
  /** Steps of a dense phase, at least 1. */
  readonly denseSteps: number;
}

/**
 * Alternating phases: dense up to `beginStep`, then sparse and dense in turn, sparse from `endStep` on; masks are made when a phase
 * begins. Peste et al. 2021, AC/DC (arXiv 2106.12379).
 *
 * @throws SparsityError for a sparsity outside [0, 1), steps that are no integers, an end before the begin.
 * @example
 * ```ts
 * const schedule = cyclicalSchedule({sparsity: 0.5, endStep: 90, sparseSteps: 10, denseSteps: 5});
 * schedule(9); // {sparsity: 0.5, update: false}
 * schedule(10); // {sparsity: 0, update: true}
 * ```
 */
export function cyclicalSchedule(options: CyclicalScheduleOptions): Schedule {
  checkGiven(cyclicalSchedule, options);
  const { sparsity, beginStep = 0, endStep, sparseSteps, denseSteps } = options;
  checkSparsity('sparsity', sparsity);
  checkInteger('beginStep', beginStep, 0);
  checkInteger('endStep', endStep, 0);
  checkInteger('sparseSteps', sparseSteps, 1);
  checkInteger('denseSteps', denseSteps, 1);
  if (endStep < beginStep) {
    const expected = `beginStep (${beginStep}) or later`;
    throw new SparsityError({ what: 'endStep', got: endStep, expected, fix: 'swap the two' });
  }
  const isSparse = (step: number) =>
    step >= endStep || (step >= beginStep && (step - beginStep) % (sparseSteps + denseSteps) < sparseSteps);
  return described({ name: 'cyclical', sparsity, beginStep, endStep, sparseSteps, denseSteps }, (step) => {
    const sparse = isSparse(step);
    return { sparsity: sparse ? sparsity : 0, update: sparse !== (step > 0 && isSparse(step - 1)) };
  });
}

inConfig(cyclicalSchedule, 'cyclical', {
  sparsity: true,
  beginStep: true,
  endStep: true,
  sparseSteps: true,
  denseSteps: true,
});
