import { SparsityError } from '../../errors.js';
import { checkSparsity } from '../check.js';
import type { NamesOf } from '../config-entry.js';
import type { Pattern, Schedule } from '../contracts.js';
import { configOf } from '../described.js';
import { checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { fromStepZero } from './from-step-zero.js';
import { type PolynomialScheduleOptions, polynomialSchedule } from './polynomial-schedule.js';

/** When a method prunes, and how much: by the options of a ramp or by a schedule of any kind, never both. */
export type ScheduleChoice = RampChoice | OwnSchedule;

/** The ramp of {@link polynomialSchedule}, whose `finalSparsity` has a default here. */
export interface RampChoice extends Omit<PolynomialScheduleOptions, 'finalSparsity'> {
  /**
   * Sparsity from `endStep` on, in [0, 1).
   * @default 0.9; 1 - n/m with an N:M pattern
   */
  readonly finalSparsity?: number;
  readonly schedule?: never;
}

/** A schedule in place of the options of a ramp: one of this package, or a function of your own. */
export type OwnSchedule = { readonly [option in keyof PolynomialScheduleOptions]?: never } & {
  /** Sparsity and updates of the masks by step; logs call a function of your own `custom`. */
  readonly schedule: Schedule;
};

/** The names of these options. */
export const scheduleChoiceOptions = {
  initialSparsity: true,
  finalSparsity: true,
  beginStep: true,
  endStep: true,
  frequency: true,
  power: true,
  profile: true,
  schedule: true,
} satisfies NamesOf<ScheduleChoice>;

/**
 * The schedule that was chosen, by steps that count from 0, and what stands for it in a method's config: the options of the
 * ramp, or the schedule's own config.
 *
 * @throws SparsityError when a schedule is given together with an option of the ramp, when neither a schedule nor `endStep` is given, for
 * a ramp out of range.
 */
export function chosenSchedule({ schedule, ...ramp }: ScheduleChoice): { schedule: Schedule; config: object } {
  const given = Object.keys(scheduleChoiceOptions).filter((option) => ramp[option as keyof typeof ramp] !== undefined);
  if (schedule !== undefined) {
    checkAlone(given, 'polynomialSchedule');
    return { schedule: fromStepZero(schedule), config: { schedule: configOf(schedule) } };
  }
  if (ramp.endStep === undefined) {
    throw new SparsityError({
      what: 'schedule',
      got: given.length > 0 ? `${given.join(', ')} without endStep` : schedule,
      expected: 'a schedule, or endStep of a ramp',
      fix: 'pass endStep, at which the final sparsity is reached, or schedule: constantSchedule({sparsity: 0.9}) and the like',
    });
  }
  // A method hands over all that it was given.
  const own = Object.fromEntries(given.map((option) => [option, ramp[option as keyof typeof ramp]])) as typeof ramp;
  const made = polynomialSchedule({ finalSparsity: 0.9, ...own });
  const { name: _, ...config } = configOf(made);
  return { schedule: fromStepZero(made), config };
}

/**
 * The sparsity that a schedule settles at, asked for at the greatest step there is.
 *
 * @throws SparsityError when it is outside [0, 1).
 */
export function settledSparsity(schedule: Schedule): number {
  const { sparsity } = schedule(Number.MAX_SAFE_INTEGER);
  checkSparsity('sparsity that the schedule settles at', sparsity);
  return sparsity;
}

/** Refuses a schedule that settles at another sparsity than the pattern has; at 0 every pattern keeps all. */
export function checkSettled(pattern: Pattern, schedule: Schedule): void {
  if (fixedSparsity(pattern) === undefined) return;
  const settled = settledSparsity(schedule);
  if (settled > 0) checkFixedSparsity(pattern, 'schedule', settled, 'let it settle at that');
}

/** Refuses options of the schedule that `maker` makes beside another schedule. */
export function checkAlone(given: readonly string[], maker: string): void {
  if (given.length === 0) return;
  throw new SparsityError({
    what: 'schedule',
    got: `a schedule and ${given.join(', ')}`,
    expected: `a schedule or the options of ${maker}`,
    fix: `leave the schedule out, or say ${given.join(', ')} in it: schedule: ${maker}({...})`,
  });
}
