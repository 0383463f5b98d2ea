import { checkCount, checkPositive, checkWork } from '../checks.js';

/**
 * A split of rows into contiguous parts, by where they begin: part `i` has the rows `bounds[i] .. bounds[i + 1] - 1`; one number
 * more than there are parts.
 */
export type Bounds = readonly number[];

/**
 * Rows split evenly into contiguous parts, `bounds[i] = floor(i rows / parts)`: sizes differ by at most one, the larger ones
 * later.
 *
 * @throws SparsityError when the number of rows is not an integer of at least 0, or that of parts not a positive one.
 * @example
 * ```ts
 * evenSplit(64, 9); // [0, 7, 14, 21, 28, 35, 42, 49, 56, 64]
 * ```
 */
export function evenSplit(rows: number, parts: number): Bounds {
  checkCount('rows to split', rows);
  checkPositive('parts of a split', parts);
  return Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * rows) / parts));
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
 * The contiguous split whose largest part is as small as can be: a bound for all contiguous splits. Exact bisection: the
 * bottleneck is narrowed between one that no split reaches and the one of a split that was found.
 *
 * @param rowWork of each row, at least 0.
 * @returns bounds; earlier parts are filled first, and none is empty unless there are fewer rows than parts.
 * @throws SparsityError when a work is not a number of at least 0, or the number of parts is not a positive integer.
 * @example
 * ```ts
 * bestContiguous([1, 2, 3, 4, 5], 2); // [0, 3, 5]: 6 and 9
 * ```
 */
export function bestContiguous(rowWork: ArrayLike<number>, parts: number): Bounds {
  checkPositive('parts of a split', parts);
  checkWork(rowWork);
  let best = fill(rowWork, parts, Infinity).bounds;
  let above = Math.max(...splitWork(rowWork, best));
  let below = splitWork(rowWork, [0, rowWork.length])[0] / parts;
  for (let row = 0; row < rowWork.length; row++) below = Math.max(below, rowWork[row]);
  while (below < above) {
    const middle = below + (above - below) / 2;
    const { bounds, missed } = fill(rowWork, parts, middle < above ? middle : below);
    if (bounds.length > parts) {
      best = bounds;
      above = Math.max(...splitWork(rowWork, bounds));
    } else {
      below = missed;
    }
  }
  return best;
}

/**
 * Fills one part after another up to a limit that no row exceeds, and leaves a row for each part behind. Where the parts do not
 * do, bounds end early, and no limit below `missed` does.
 */
function fill(rowWork: ArrayLike<number>, parts: number, limit: number): { bounds: Bounds; missed: number } {
  const rows = rowWork.length;
  const bounds = [0];
  let missed = Infinity;
  let load = 0;
  for (let row = 0; row < rows; row++) {
    const full = load + rowWork[row] > limit;
    if (full) {
      missed = Math.min(missed, load + rowWork[row]);
      if (bounds.length === parts) return { bounds, missed };
    }
    if (full || (row > 0 && rows - row <= parts - bounds.length)) {
      bounds.push(row);
      load = 0;
    }
    load += rowWork[row];
  }
  while (bounds.length <= parts) bounds.push(rows);
  return { bounds, missed };
}
