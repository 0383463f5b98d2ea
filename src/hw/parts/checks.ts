import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';

/** Refuses a size that is no positive integer. */
export function checkPositive(what: string, got: number): void {
  if (Number.isSafeInteger(got) && got > 0) return;
  throw new SparsityError({ what, got, expected: 'a positive integer', fix: 'pass 8 for a size of eight' });
}

/** Refuses a count that is no integer of at least 0, or beyond 2^53. */
export function checkCount(what: string, got: number): void {
  if (Number.isSafeInteger(got) && got >= 0) return;
  throw new SparsityError({ what, got, expected: 'an integer from 0 to 2^53 - 1', fix: 'pass a count' });
}

/** Refuses an amount that is no number, below 0 or without end. A share of a batch need not be whole. */
export function checkAmount(what: string, got: number): void {
  if (got >= 0 && got < Infinity) return;
  throw new SparsityError({ what, got, expected: 'a finite number of at least 0', fix: 'pass an amount' });
}

/** Refuses an option that is none of its choices. */
export function checkChoice(what: string, got: string, choices: readonly string[]): void {
  if (choices.includes(got)) return;
  throw new SparsityError({ what, got, expected: `one of ${choices.join(', ')}`, fix: nearest(String(got), choices) });
}

/** Refuses work that is no number, or below 0. */
export function checkWork(work: ArrayLike<number>): void {
  for (let i = 0; i < work.length; i++) {
    if (work[i] >= 0 && work[i] < Infinity) continue;
    throw new SparsityError({
      what: `work ${i} to balance`,
      got: work[i],
      expected: 'a number of at least 0',
      fix: 'pass counts',
    });
  }
}
