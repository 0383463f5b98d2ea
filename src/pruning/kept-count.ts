import { checkSparsity } from './check.js';

/**
 * How many of `size` weights stay at a sparsity: `max(1, round(size * (1 - sparsity)))`, halves to the even neighbour. At least
 * one stays, since a kernel of zeros passes no signal and no gradient.
 *
 * @throws SparsityError when the sparsity is outside [0, 1).
 * @example
 * ```ts
 * keptCount(5, 0.5); // 2, since 2.5 is rounded to the even neighbour
 * ```
 */
export function keptCount(size: number, sparsity: number): number {
  checkSparsity('sparsity', sparsity);
  return Math.min(size, Math.max(1, roundHalfEven(size * (1 - sparsity))));
}

/** The nearest integer; a half goes to the even neighbour, as numpy, tf.round and IEEE 754 have it (Math.round does not). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
