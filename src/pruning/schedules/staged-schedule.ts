import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { checkInteger, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Schedule } from '../contracts.js';
import { described } from '../described.js';

/** A sparsity and the step from which it holds. */
export interface Stage {
  /** Step of the update, at least 0. */
  readonly step: number;
  /** Fraction of zeros from there on, in [0, 1). */
  readonly sparsity: number;
}

/** Options of {@link stagedSchedule}. */
export interface StagedScheduleOptions {
  /** At least one, in the order of their steps. */
  readonly stages: readonly Stage[];
}

/**
 * Sparsity in stages, 0 before the first; masks are made when a stage begins. With {@link annealedNm} the stages 0, 0.5 and 0.75 are
 * 8:8, 4:8 and 2:8.
 *
 * @throws SparsityError for no stages, a sparsity outside [0, 1), steps that are no integers or do not rise.
 * @example
 * ```ts
 * const schedule = stagedSchedule({stages: [{step: 100, sparsity: 0.5}, {step: 200, sparsity: 0.75}]});
 * schedule(150); // {sparsity: 0.5, update: false}
 * ```
 */
export function stagedSchedule(options: StagedScheduleOptions): Schedule {
  checkGiven(stagedSchedule, options);
  const { stages } = options;
  if (!Array.isArray(stages) || stages.length === 0) {
    const fix = 'pass stages: [{step: 0, sparsity: 0.5}]';
    throw new SparsityError({ what: 'stages', got: stages, expected: 'one stage at least', fix });
  }
  stages.forEach((stage, i) => {
    checkOptionNames(`stages[${i}]`, stage, { step: true, sparsity: true });
    const { step, sparsity } = stage;
    checkInteger(`stages[${i}].step`, step, 0);
    checkSparsity(`stages[${i}].sparsity`, sparsity);
    if (i === 0 || step > stages[i - 1].step) return;
    const expected = `a step after stages[${i - 1}].step (${stages[i - 1].step})`;
    throw new SparsityError({ what: `stages[${i}].step`, got: step, expected, fix: 'sort the stages by their steps' });
  });
  const firstSteps = new Set(stages.map(({ step }) => step));
  return described({ name: 'staged', stages }, (step) => {
    const stage = stages.findLast(({ step: first }) => first <= step);
    return { sparsity: stage?.sparsity ?? 0, update: firstSteps.has(step) };
  });
}

inConfig(stagedSchedule, 'staged', { stages: true });
