import { checkChoice, checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { described } from '../described.js';
import { counted } from './from-step-zero.js';
import { updateSteps } from './update-steps.js';

/** Options of {@link constantSchedule}. */
export interface ConstantScheduleOptions {
  /** Fraction of zeros from `beginStep` on, in [0, 1). */
  readonly sparsity: number;
  /**
   * First step at which masks are made.
   * @default 0
   */
  readonly beginStep?: number;
  /**
   * Last step at which masks are made anew.
   * @default never the last
   */
  readonly endStep?: number;
  /**
   * Steps between two updates.
   * @default 1
   */
  readonly frequency?: number;
  /**
   * Whose conventions hold. `tfmot`: steps count from 1, so that step t makes the masks of the t-th batch. `jaxpruner`: updates fall on
   * multiples of `frequency` from step 0 instead of from `beginStep`; masks come a batch
   * earlier than there, as those of ramps do.
   * @default 'default'
   */
  readonly profile?: 'default' | 'tfmot' | 'jaxpruner';
}

/**
 * One sparsity from `beginStep` on, 0 before; masks are made anew every `frequency` steps.
 *
 * @throws SparsityError for a sparsity outside [0, 1) and steps that are no integers or in the wrong order.
 * @example
 * ```ts
 * constantSchedule({sparsity: 0.5, beginStep: 10})(10); // {sparsity: 0.5, update: true}
 * ```
 */
export function constantSchedule(options: ConstantScheduleOptions): Schedule {
  checkGiven(constantSchedule, options);
  const { sparsity, beginStep = 0, endStep, frequency = 1, profile = 'default' } = options;
  checkSparsity('sparsity', sparsity);
  checkChoice('profile', profile, ['default', 'tfmot', 'jaxpruner']);
  const isUpdate = updateSteps({ beginStep, endStep, frequency, absolute: profile === 'jaxpruner' });
  const config = { name: 'constant', sparsity, beginStep, ...(endStep !== undefined && { endStep }), frequency, profile };
  const schedule = described(config, (step: number) => ({ sparsity: step < beginStep ? 0 : sparsity, update: isUpdate(step) }));
  return counted(schedule, profile);
}

inConfig(constantSchedule, 'constant', { sparsity: true, beginStep: true, endStep: true, frequency: true, profile: true });

/** Options of {@link oneShotSchedule}. */
export interface OneShotScheduleOptions {
  /** Fraction of zeros from `step` on, in [0, 1). */
  readonly sparsity: number;
  /**
   * The step at which masks are made, once.
   * @default 0
   */
  readonly step?: number;
}

/**
 * Dense up to a step, then the final sparsity at once; masks are made at that step only.
 *
 * @throws SparsityError for a sparsity outside [0, 1) or a step that is no integer.
 * @example
 * ```ts
 * oneShotSchedule({sparsity: 0.5, step: 100})(101); // {sparsity: 0.5, update: false}
 * ```
 */
export function oneShotSchedule(options: OneShotScheduleOptions): Schedule {
  checkGiven(oneShotSchedule, options);
  const { sparsity, step = 0 } = options;
  checkInteger('step', step, 0);
  const schedule = constantSchedule({ sparsity, beginStep: step, endStep: step });
  return described({ name: 'one-shot', sparsity, step }, schedule.bind(undefined));
}

inConfig(oneShotSchedule, 'one-shot', { sparsity: true, step: true });
