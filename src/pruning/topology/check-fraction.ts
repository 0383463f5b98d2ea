import { SparsityError } from '../../errors.js';

/** Refuses what is not a fraction, 0 and 1 included. */
export function checkFraction(what: string, value: number): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw new SparsityError({ what, got: value, expected: 'a fraction in [0, 1]', fix: 'write 30 % as 0.3' });
}
