import { checkAmount, checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { described } from '../described.js';

/** Options of {@link iterativeSchedule}. */
export interface IterativeScheduleOptions {
  /** Sparsity after the last round, in [0, 1). */
  readonly finalSparsity: number;
  /** Optimizer steps in an epoch, at least 1. */
  readonly stepsPerEpoch: number;
  /**
   * Epochs of a round, at least 1.
   * @default 1
   */
  readonly epochsPerRound?: number;
  /**
   * Rounds, at least 1: masks change after each. What is trained after the last is fine-tuning.
   * @default 500
   */
  readonly rounds?: number;
  /**
   * Exponent of the curve over the rounds, above 0.
   * @default 3
   */
  readonly power?: number;
}

/**
 * Iterative pruning by epochs: a round trains, then prunes, `s_r = s_f (1 - (1 - r / rounds)^power)` after round r, and the sparsity
 * stays in between; after the last round masks never change. With the default of 500 rounds of an epoch and 500 epochs of training
 * after them it is the procedure of 001 (ledger 1.2.1), which leaves the sparsity of each epoch to the user: the curve is chosen here.
 *
 * @throws SparsityError for a sparsity outside [0, 1), counts that are no integers of at least 1, a power of 0 or less.
 * @example
 * ```ts
 * const schedule = iterativeSchedule({finalSparsity: 0.5, stepsPerEpoch: 10, rounds: 2, power: 1});
 * [9, 10, 19, 20].map((step) => schedule(step).sparsity); // [0, 0.25, 0.25, 0.5]
 * ```
 */
export function iterativeSchedule(options: IterativeScheduleOptions): Schedule {
  checkGiven(iterativeSchedule, options);
  const { finalSparsity, stepsPerEpoch, epochsPerRound = 1, rounds = 500, power = 3 } = options;
  checkSparsity('finalSparsity', finalSparsity);
  checkInteger('stepsPerEpoch', stepsPerEpoch, 1);
  checkInteger('epochsPerRound', epochsPerRound, 1);
  checkInteger('rounds', rounds, 1);
  checkAmount('power', power, true);
  const stepsPerRound = stepsPerEpoch * epochsPerRound;
  return described({ name: 'iterative', finalSparsity, stepsPerEpoch, epochsPerRound, rounds, power }, (step) => {
    const round = Math.min(rounds, Math.floor(step / stepsPerRound));
    const update = step > 0 && step % stepsPerRound === 0 && step <= rounds * stepsPerRound;
    return { sparsity: finalSparsity * (1 - (1 - round / rounds) ** power), update };
  });
}

inConfig(iterativeSchedule, 'iterative', {
  finalSparsity: true,
  stepsPerEpoch: true,
  epochsPerRound: true,
  rounds: true,
  power: true,
});
