import { SparsityError } from '../../errors.js';
import { checkInteger } from '../check.js';

/** When masks are made anew. */
export interface UpdateSteps {
  /** First step of the window, at least 0. */
  readonly beginStep: number;
  /** Last step of the window; undefined for no end. */
  readonly endStep: number | undefined;
  /** Steps between two updates, at least 1. */
  readonly frequency: number;
  /** Whether updates fall on multiples of `frequency` from step 0 rather than from `beginStep`. */
  readonly absolute?: boolean;
  /** Whether `endStep` is an update even where `frequency` misses it. */
  readonly closing?: boolean;
}

/** Checks a window and its frequency, and tells for a step whether masks are made anew. */
export function updateSteps({ beginStep, endStep, frequency, absolute, closing }: UpdateSteps): (step: number) => boolean {
  checkInteger('beginStep', beginStep, 0);
  if (endStep !== undefined) checkInteger('endStep', endStep, 0);
  checkInteger('frequency', frequency, 1);
  if (endStep !== undefined && endStep < beginStep) {
    throw new SparsityError({
      what: 'endStep',
      got: endStep,
      expected: `beginStep (${beginStep}) or later`,
      fix: 'swap the two',
    });
  }
  const last = endStep ?? Number.POSITIVE_INFINITY;
  const origin = absolute ? 0 : beginStep;
  return (step) =>
    step >= beginStep && step <= last && ((step - origin) % frequency === 0 || (closing === true && step === last));
}
