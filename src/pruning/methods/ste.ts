import { uniformAllocation } from '../allocations/uniform-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation, Pattern, PruningMethod, Schedule, Score } from '../contracts.js';
import { configOf } from '../described.js';
import { needsOf } from '../needs.js';
import { checkFixedAllocation, checkFixedSparsity, fixedSparsity } from '../patterns/fixed-sparsity.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { unstructured } from '../patterns/unstructured.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { fromStepZero } from '../schedules/from-step-zero.js';
import { checkAlone, checkSettled } from '../schedules/schedule-choice.js';
import { magnitudeScore } from '../scores/magnitude-score.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';
import { maskChooser } from './magnitude-masks.js';

/** Options of {@link ste}. */
export interface SteOptions extends ExclusionOptions {
  /**
   * Fraction of zeros in the operands from `beginStep` on, in [0, 1).
   * @default 0.9; 1 - n/m with an N:M pattern
   */
  readonly sparsity?: number;
  /**
   * Where weights may stay.
   * @default unstructured()
   */
  readonly pattern?: Pattern;
  /**
   * Which weights are worth more.
   * @default magnitudeScore()
   */
  readonly score?: Score;
  /**
   * How the sparsity is spread over the layers.
   * @default uniformAllocation()
   */
  readonly allocation?: Allocation;
  /**
   * Step from which weights are pruned; training is dense before.
   * @default 0
   */
  readonly beginStep?: number;
  /**
   * Steps between two updates of the masks, at least 1.
   * @default 1
   */
  readonly frequency?: number;
  /**
   * A schedule of any kind in place of `sparsity`, `beginStep` and `frequency`, such as the ramp of `magnitude_ste`.
   * @default one sparsity from `beginStep` on
   */
  readonly schedule?: Schedule;
}

/**
 * Straight-through estimator (STE): forward pass and input gradient use the masked weights, `Y = A (W.M_f)`, `dA = E (W.M_f)^T`; the weight
 * gradient `dW = A^T E` goes straight through to the dense weights, so that a pruned one may return at any update of the masks. Bengio et
 * al. 2013 (arXiv 1308.3432); as a pruning method the `magnitude_ste` of jaxpruner. {@link srSte} is N:M with a decay of what is masked.
 *
 * @throws SparsityError for a sparsity outside [0, 1) or another than that of an N:M pattern, an allocation of others, a beginStep that is
 * no step, a frequency below 1, a schedule together with one of these.
 * @example
 * ```ts
 * ste({sparsity: 0.8}).pruned; // 'dense-master'
 * ste({pattern: nm({n: 1, m: 4})}).schedule(0); // {sparsity: 0.75, update: true}
 * ```
 */
export function ste(options: SteOptions = {}): PruningMethod {
  checkGiven(ste, options);
  const { pattern = unstructured(), score = magnitudeScore(), allocation = uniformAllocation() } = options;
  const { schedule, config } = chosen(pattern, options);
  const { exclude = [] } = options;
  checkFixedAllocation(pattern, allocation);
  const chooseMasks = maskChooser({ score, pattern, allocation }, false);
  const parts = { pattern: configOf(pattern), score: configOf(score), allocation: configOf(allocation) };
  return {
    name: 'ste',
    pruned: 'dense-master',
    slots: 'keep',
    schedule,
    decay: 0,
    ...needsOf(score),
    config: { name: 'ste', ...config, ...parts, exclude },
    skip: exclusion({ exclude }),
    check: patternCheck(pattern),
    updateMasks: (kernels, { sparsity: target }) =>
      chooseMasks(kernels, target).map((chosen) => {
        const mask = chosen.includes(0) ? chosen : null;
        return { forward: mask, backward: mask, gradient: null };
      }),
  };
}

/** The schedule, and what stands for it in the config. */
function chosen(pattern: Pattern, { schedule, ...options }: SteOptions): { schedule: Schedule; config: object } {
  if (schedule === undefined) {
    const { sparsity = fixedSparsity(pattern) ?? 0.9, beginStep = 0, frequency = 1 } = options;
    checkFixedSparsity(pattern, 'sparsity', sparsity);
    const config = { sparsity, beginStep, frequency };
    return { schedule: constantSchedule(config), config };
  }
  const besides = (['sparsity', 'beginStep', 'frequency'] as const).filter((option) => options[option] !== undefined);
  checkAlone(besides, 'constantSchedule');
  checkSettled(pattern, schedule);
  return { schedule: fromStepZero(schedule), config: { schedule: configOf(schedule) } };
}

inConfig(ste, 'ste', {
  schedule: true,
  sparsity: true,
  pattern: true,
  score: true,
  allocation: true,
  beginStep: true,
  frequency: true,
  exclude: true,
});
