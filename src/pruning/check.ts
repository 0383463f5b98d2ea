import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';

/** Refuses what is not a sparsity: a number in [0, 1). */
export function checkSparsity(what: string, value: number): void {
  if (typeof value === 'number' && value >= 0 && value < 1) return;
  throw new SparsityError({
    what,
    got: value,
    expected: 'a fraction of zeros in [0, 1)',
    fix: 'write 90 % as 0.9; something has to be left, so 1 is out of the range',
  });
}

/** Refuses what is not an integer of at least `least`. */
export function checkInteger(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new SparsityError({
    what,
    got: value,
    expected: `an integer of at least ${least}`,
    fix: `pass a whole number, ${least} or more`,
  });
}

/** Refuses what is not a finite number of at least 0, or above 0 where `above` says so. */
export function checkAmount(what: string, value: number, above = false): void {
  if (Number.isFinite(value) && (above ? value > 0 : value >= 0)) return;
  const range = above ? 'above 0' : 'of at least 0';
  throw new SparsityError({ what, got: value, expected: `a finite number ${range}`, fix: `pass a number ${range}` });
}

/** Refuses what is neither true nor false. */
export function checkFlag(what: string, value: boolean): void {
  if (typeof value === 'boolean') return;
  throw new SparsityError({ what, got: value, expected: 'true or false', fix: 'write true or false, without quotes' });
}

/** Refuses what is no seed: a finite number or text. */
export function checkSeed(seed: number | string): void {
  if (typeof seed === 'string' || Number.isFinite(seed)) return;
  throw new SparsityError({ what: 'seed', got: seed, expected: 'a number or text', fix: 'pass any number, such as 7' });
}

/** Refuses a name that is not among `choices`. */
export function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new SparsityError({ what, got: value, expected: `one of ${choices.join(', ')}`, fix: nearest(String(value), choices) });
}
