import { SparsityError } from '../../../errors.js';
import { checkCount, checkPositive, checkWork } from '../checks.js';

/** How many parts there are, or what each can do in proportion to the others, above 0: of partitions, their units. */
export type Parts = number | readonly number[];

/**
 * A split of rows into contiguous parts, by where they begin: part `i` has the rows `bounds[i] .. bounds[i + 1] - 1`; one number
 * more than there are parts.
 */
export type Bounds = readonly number[];

/**
 * Rows split evenly into contiguous parts, `bounds[i] = floor(rows * (parts before i) / parts)`: sizes differ by at most one, the larger
 * ones later. With parts of different worth, in proportion to it and to the nearest row: rounded down, seven of 64 units would have none
 * of nine rows.
 *
 * @throws SparsityError when the number of rows is not an integer of at least 0, that of parts not a positive one, or what one can do not
 * above 0.
 * @example
 * ```ts
 * evenSplit(64, 9); // [0, 7, 14, 21, 28, 35, 42, 49, 56, 64]
 * evenSplit(64, [1, 3]); // [0, 16, 64]
 * ```
 */
export function evenSplit(rows: number, parts: Parts): Bounds {
  checkCount('rows to split', rows);
  const shares = sharesOf(parts);
  const before = [0];
  for (const share of shares) before.push(before[before.length - 1] + share);
  const round = shares.every((share) => share === shares[0]) ? Math.floor : Math.round;
  return before.map((sum) => round((sum * rows) / before[shares.length]));
}

/** What each part can do: 1 where only their number is given. */
export function sharesOf(parts: Parts): readonly number[] {
  if (!isList(parts)) {
    checkPositive('parts of a split', parts);
    return new Array<number>(parts).fill(1);
  }
  if (parts.length > 0 && parts.every((share) => share > 0 && share < Infinity)) return parts;
  const expected = 'a number above 0 for each, at least one';
  throw new SparsityError({ what: 'parts of a split', got: parts, expected, fix: 'pass the units of each partition' });
}

function isList(parts: Parts): parts is readonly number[] {
  return Array.isArray(parts); // which would tell no readonly list by itself
}

/**
 * Work of each part of a split.
 *
 * @example
 * ```ts
 * splitWork([1, 2, 3], [0, 2, 3]); // [3, 3]
 * ```
 */
export function splitWork(rowWork: ArrayLike<number>, bounds: Bounds): number[] {
  return bounds.slice(1).map((end, i) => {
    let sum = 0;
    for (let row = bounds[i]; row < end; row++) sum += rowWork[row];
    return sum;
  });
}

/**
 * The contiguous split whose largest part is as small as can be, in proportion to what the parts can do: a bound for all contiguous
 * splits. Exact bisection: the bottleneck is narrowed between one that no split reaches and the one of a split that was found.
 *
 * @param rowWork of each row, at least 0.
 * @returns bounds; earlier parts are filled first. None is empty unless there are fewer rows than parts, or a part is worth so little
 * that any row would make it the largest.
 * @throws SparsityError when a work is not a number of at least 0, or for parts as {@link evenSplit}.
 * @example
 * ```ts
 * bestContiguous([1, 2, 3, 4, 5], 2); // [0, 3, 5]: 6 and 9
 * bestContiguous([1, 2, 3, 4, 5], [2, 1]); // [0, 4, 5]: 10 for a part worth two, and 5
 * ```
 */
export function bestContiguous(rowWork: ArrayLike<number>, parts: Parts): Bounds {
  const shares = sharesOf(parts);
  checkWork(rowWork);
  const bottleneck = (bounds: Bounds) => Math.max(...splitWork(rowWork, bounds).map((sum, i) => sum / shares[i]));
  let best = fill(rowWork, shares, Infinity).bounds;
  let above = bottleneck(best);
  let below = splitWork(rowWork, [0, rowWork.length])[0] / shares.reduce((sum, share) => sum + share, 0);
  while (below < above) {
    const middle = below + (above - below) / 2;
    const { bounds, missed } = fill(rowWork, shares, middle < above ? middle : below);
    if (bounds.length > shares.length) {
      best = bounds;
      above = bottleneck(bounds);
    } else {
      below = missed;
    }
  }
  // A row for each part behind, where that makes none the largest.
  const rows = rowWork.length;
  const filled = best.map((bound, i) => Math.min(bound, Math.max(i, rows - shares.length + i)));
  return bottleneck(filled) <= above ? filled : best;
}

/** Fills one part after another up to a limit. Where the parts do not do, bounds end early, and no limit below `missed` does. */
function fill(rowWork: ArrayLike<number>, shares: readonly number[], limit: number): { bounds: Bounds; missed: number } {
  const bounds = [0];
  let missed = Infinity;
  let load = 0;
  for (let row = 0; row < rowWork.length; ) {
    const filled = (load + rowWork[row]) / shares[bounds.length - 1];
    if (filled <= limit) {
      load += rowWork[row++];
      continue;
    }
    missed = Math.min(missed, filled);
    if (bounds.length === shares.length) return { bounds, missed };
    bounds.push(row);
    load = 0;
  }
  while (bounds.length <= shares.length) bounds.push(rowWork.length);
  return { bounds, missed };
}
