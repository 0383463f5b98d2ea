import type { OffsetList } from './mask-lists.js';

/**
 * A list in quads, where each four rows in a row share their offsets: one entry of `rowStart` for four rows, one of `offsets` for four
 * values, which stand in `order` in turn. Undefined where they do not.
 *
 * @param rowsPerSegment rows of the product; the list has as many in each of its segments.
 */
export function inQuads({ rowStart, offsets, order }: OffsetList, rowsPerSegment: number): OffsetList | undefined {
  const rows = rowStart.length - 1;
  if (rowsPerSegment % 4 !== 0 || order.length === 0) return undefined;
  const starts = new Uint32Array(rows / 4 + 1);
  const shared = new Uint32Array(order.length / 4);
  const places = new Uint32Array(order.length);
  for (let row = 0, entry = 0; row < rows; row += 4) {
    const first = rowStart[row];
    const length = rowStart[row + 1] - first;
    if (rowStart[row + 4] !== first + 4 * length) return undefined;
    for (let k = 0; k < length; k++, entry++) {
      shared[entry] = offsets[first + k];
      for (let i = 0; i < 4; i++) {
        const at = first + i * length + k;
        if (offsets[at] !== shared[entry]) return undefined;
        places[4 * entry + i] = order[at];
      }
    }
    starts[row / 4 + 1] = entry;
  }
  return { rowStart: starts, offsets: shared, order: places };
}
