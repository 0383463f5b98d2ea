import { checkPositive, checkWork } from '../checks.js';

/** Who does which piece of work. */
export interface Assignment {
  /** Unit of each piece. */
  readonly unitOf: readonly number[];
  /** Work of each unit. */
  readonly loads: readonly number[];
}

/**
 * Longest processing time first: pieces by descending work, each to the unit with the least so far. At most 4/3 of the best
 * makespan. Ties: the piece, and the unit, with the lower number.
 *
 * @throws SparsityError when a work is not a number of at least 0, or the number of units is not a positive integer.
 * @example
 * ```ts
 * longestFirst([2, 3, 4, 3], 2); // {unitOf: [0, 1, 0, 1], loads: [6, 6]}
 * ```
 */
export function longestFirst(work: ArrayLike<number>, units: number): Assignment {
  checkPositive('units to share work', units);
  checkWork(work);
  const loads = new Array<number>(units).fill(0);
  const unitOf = new Array<number>(work.length).fill(0);
  const order = Array.from(unitOf.keys()).sort((a, b) => work[b] - work[a] || a - b);
  for (const piece of order) {
    let unit = 0;
    for (let other = 1; other < units; other++) if (loads[other] < loads[unit]) unit = other;
    unitOf[piece] = unit;
    loads[unit] += work[piece];
  }
  return { unitOf, loads };
}
