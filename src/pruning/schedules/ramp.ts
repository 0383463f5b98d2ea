import { SparsityError } from '../../errors.js';
import { checkChoice, checkInteger, checkSparsity } from '../check.js';
import type { NamesOf } from '../config-entry.js';
import type { Config, Schedule } from '../contracts.js';
import { described } from '../described.js';
import { counted } from './from-step-zero.js';
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
   * Step at which the ramp begins; steps count from 0, but for a profile.
   * @default 0
   */
  readonly beginStep?: number;
  /** Step at which `finalSparsity` is reached, after `beginStep`; under `jaxpruner` also `beginStep` itself, for no ramp. */
  readonly endStep: number;
  /**
   * Steps between two updates of the masks, from `beginStep` on. `endStep` is an update in any case.
   * @default a twentieth of the ramp, rounded up
   */
  readonly frequency?: number;
  /**
   * Whose conventions hold. `tfmot`: no update at `endStep` where `frequency` misses it, and steps count from 1, so that step t makes the
   * masks of the t-th batch, at the end of the batch before, also of the last. `jaxpruner`: no such update either, updates fall on
   * multiples of `frequency` from step 0, and the ramp is one step ahead; masks of step t are of the weights after batch t (counted from 1)
   * and seen from batch t + 1 on, where in jaxpruner they are of the same weights, and seen from batch t + 2 on. `pat`: masks are frozen from
   * `endStep` on, so the step before has the final sparsity and the last update, as in the pruning optimizer of torchao.
   * @default 'default'
   */
  readonly profile?: 'default' | 'tfmot' | 'jaxpruner' | 'pat';
}

/** The names of these options. */
export const rampOptions = {
  initialSparsity: true,
  finalSparsity: true,
  beginStep: true,
  endStep: true,
  frequency: true,
  profile: true,
} satisfies NamesOf<RampOptions>;

/**
 * A schedule from the options of a ramp and its curve, which is asked for progress above 0 and below 1 only. `config` names it and says
 * what the curve takes besides.
 *
 * @throws SparsityError for sparsities outside [0, 1) or falling, steps that are no integers, an end that is not after the begin.
 */
export function rampSchedule(
  { name, ...more }: Config,
  options: RampOptions,
  curve: (progress: number, initial: number, final: number) => number,
): Schedule {
  const { initialSparsity = 0, finalSparsity, beginStep = 0, endStep, profile = 'default' } = options;
  checkSparsity('initialSparsity', initialSparsity);
  checkSparsity('finalSparsity', finalSparsity);
  checkInteger('beginStep', beginStep, 0);
  checkInteger('endStep', endStep, 0);
  checkChoice('profile', profile, ['default', 'tfmot', 'jaxpruner', 'pat']);
  if (endStep < beginStep || (endStep === beginStep && profile !== 'jaxpruner')) {
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
  const { frequency = Math.max(1, Math.ceil((endStep - beginStep) / 20)) } = options;
  const absolute = profile === 'jaxpruner';
  const lastStep = profile === 'pat' ? endStep - 1 : endStep;
  const closing = profile === 'default' || profile === 'pat';
  const isUpdate = updateSteps({ beginStep, endStep: lastStep, frequency, absolute, closing });
  const ahead = absolute ? 1 : 0;
  const config = { name, initialSparsity, finalSparsity, beginStep, endStep, frequency, ...more, profile };
  const schedule = described(config, (step: number) => {
    const progress = (step + ahead - beginStep) / (endStep - beginStep);
    const update = isUpdate(step);
    if (step >= lastStep || progress >= 1 || endStep === beginStep) return { sparsity: finalSparsity, update };
    if (progress <= 0) return { sparsity: initialSparsity, update };
    return { sparsity: curve(progress, initialSparsity, finalSparsity), update };
  });
  return counted(schedule, profile);
}
