import { SparsityError } from '../../errors.js';

/** Checks the mean density and the spread of a synthetic map. */
export function checkDensity(density: number, spread: number): void {
  if (!(density >= 0 && density <= 1)) {
    throw new SparsityError({ what: 'density', got: density, expected: 'a number in [0, 1]', fix: 'pass 0.1 for 90 % zeros' });
  }
  if (!(spread >= 0 && spread < 1)) {
    throw new SparsityError({ what: 'spread', got: spread, expected: 'a number in [0, 1)', fix: 'pass 0 for equal densities' });
  }
}
