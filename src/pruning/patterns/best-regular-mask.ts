/** The scores of a block, row-major; -Infinity marks a place that is never chosen. */
export interface ScoreBlock {
  readonly scores: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Of the masks with at most `n` ones in each row and column those with the most ones, and of these the one of greatest sum, also where
 * scores are negative: a flow of maximum gain from rows to columns, built up path by path. Exact for any n; the search over all patterns is
 * out of reach beyond 2:4.
 */
export function bestRegularMask(block: ScoreBlock, n: number): Uint8Array {
  const { rows, columns } = block;
  const mask = new Uint8Array(rows * columns);
  const rowRest = new Uint32Array(rows).fill(n);
  const columnRest = new Uint32Array(columns).fill(n);
  for (;;) {
    const path = bestPath(block, mask, rowRest, columnRest);
    if (!path) return mask;
    for (const place of path.places) mask[place] ^= 1;
    rowRest[path.row]--;
    columnRest[path.column]--;
  }
}

interface Path {
  /** Places that change, from a row that has room to a column that has. */
  readonly places: readonly number[];
  readonly row: number;
  readonly column: number;
}

/** Longest path by Bellman-Ford; a rounding error must not look like a gain, or a path could run in circles. */
function bestPath(
  { scores, rows, columns }: ScoreBlock,
  mask: Uint8Array,
  rowRest: Uint32Array,
  columnRest: Uint32Array,
): Path | undefined {
  const rowGain = Float64Array.from(rowRest, (rest) => (rest > 0 ? 0 : Number.NEGATIVE_INFINITY));
  const columnGain = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  const rowFrom = new Int32Array(rows).fill(-1);
  const columnFrom = new Int32Array(columns).fill(-1);
  const noise = 1e-12 * scores.reduce((most, score) => (Number.isFinite(score) ? Math.max(most, Math.abs(score)) : most), 0);
  for (let changed = true; changed; ) {
    changed = false;
    for (let place = 0; place < mask.length; place++) {
      const row = Math.floor(place / columns);
      const column = place % columns;
      const score = scores[place];
      if (score === Number.NEGATIVE_INFINITY) continue;
      if (mask[place] === 0 && rowGain[row] + score > columnGain[column] + noise) {
        columnGain[column] = rowGain[row] + score;
        columnFrom[column] = place;
        changed = true;
      } else if (mask[place] === 1 && columnGain[column] - score > rowGain[row] + noise) {
        rowGain[row] = columnGain[column] - score;
        rowFrom[row] = place;
        changed = true;
      }
    }
  }
  let end = -1;
  for (let column = 0; column < columns; column++) {
    if (columnRest[column] === 0 || columnFrom[column] < 0) continue;
    if (end < 0 || columnGain[column] > columnGain[end]) end = column;
  }
  if (end < 0) return undefined;
  const places: number[] = [];
  let row = -1;
  for (let column = end; column >= 0; ) {
    const place = columnFrom[column];
    row = Math.floor(place / columns);
    places.push(place);
    const back = rowFrom[row];
    if (back >= 0) places.push(back);
    column = back < 0 ? -1 : back % columns;
  }
  return { places, row, column: end };
}
