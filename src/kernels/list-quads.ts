import { laneBytes, type OffsetList } from './offset-lists.js';

/**
 * How the non-zeros of a list come in fours, with one offset for each four: `rows` four rows in a row share their offsets, and the values
 * of an offset are theirs in turn; `columns` four channels in a row.
 */
export type Quads = 'none' | 'rows' | 'columns';

/** A list in quads where all of it is so, else as it is; `rowStart` then counts quads, for quads of rows with one entry for four rows. */
export function inQuads(list: OffsetList, quads: 'rows' | 'columns'): OffsetList & { readonly quads: Quads } {
  const found = list.order.length > 0 && (quads === 'rows' ? rowQuads(list) : columnQuads(list));
  return found ? { ...found, quads } : { ...list, quads: 'none' };
}

function rowQuads({ rowStart, offsets, order }: OffsetList): OffsetList | undefined {
  const rows = rowStart.length - 1;
  if (rows % 4 !== 0) return undefined;
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

function columnQuads({ rowStart, offsets, order }: OffsetList): OffsetList | undefined {
  if (rowStart.some((start) => start % 4 !== 0)) return undefined;
  if (offsets.some((offset, j) => offset !== offsets[j & ~3] + (j & 3) * laneBytes)) return undefined;
  return { rowStart: rowStart.map((start) => start / 4), offsets: offsets.filter((_, j) => j % 4 === 0), order };
}
