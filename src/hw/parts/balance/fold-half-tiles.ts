import { SparsityError } from '../../../errors.js';
import { checkWork } from '../checks.js';
import type { Assignment } from './longest-first.js';

/**
 * Half-tile balancing of Procrustes: of all half tiles the densest goes with the sparsest, the second densest with the second
 * sparsest, and so on; a unit takes such a pair. Ties: the lower number counts as the denser one.
 *
 * @param halves work of the half tiles, two per unit.
 * @throws SparsityError when their number is odd, or a work is not a number of at least 0.
 * @example
 * ```ts
 * foldHalfTiles([9, 8, 1, 2]); // {unitOf: [0, 1, 0, 1], loads: [10, 10]}
 * ```
 */
export function foldHalfTiles(halves: ArrayLike<number>): Assignment {
  checkWork(halves);
  if (halves.length % 2 !== 0) {
    throw new SparsityError({
      what: 'half tiles to fold',
      got: halves.length,
      expected: 'an even number',
      fix: 'cut each tile in two',
    });
  }
  const units = halves.length / 2;
  const unitOf = new Array<number>(halves.length).fill(0);
  const loads = new Array<number>(units).fill(0);
  const order = Array.from(unitOf.keys()).sort((a, b) => halves[b] - halves[a] || a - b);
  order.forEach((half, rank) => {
    const unit = Math.min(rank, halves.length - 1 - rank);
    unitOf[half] = unit;
    loads[unit] += halves[half];
  });
  return { unitOf, loads };
}
