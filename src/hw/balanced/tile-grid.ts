import { evenSplit } from '../parts/balance/contiguous-split.js';

/** A map cut into tiles for a grid of PEs. */
export interface TileGrid {
  readonly tileRows: number;
  readonly tileCols: number;
  /** Where the tiles begin along rows and columns, and the end. */
  readonly rowBounds: readonly number[];
  readonly colBounds: readonly number[];
  /** PEs that hold one tile, each for other images: where the map is smaller than the grid. */
  readonly groups: number;
  /** The PE of a tile, for the images of a group. */
  peOf(group: number, tileRow: number, tileCol: number): number;
}

/** Cuts a map of `rows` x `cols` pixels evenly into at most as many tiles as the grid has PEs along each axis. */
export function tileGrid(rows: number, cols: number, peRows: number, peCols: number): TileGrid {
  const tileRows = Math.min(rows, peRows);
  const tileCols = Math.min(cols, peCols);
  const groupCols = Math.floor(peCols / tileCols);
  return {
    ...{ tileRows, tileCols },
    rowBounds: evenSplit(rows, tileRows),
    colBounds: evenSplit(cols, tileCols),
    groups: Math.floor(peRows / tileRows) * groupCols,
    peOf: (group, tileRow, tileCol) =>
      (Math.floor(group / groupCols) * tileRows + tileRow) * peCols + (group % groupCols) * tileCols + tileCol,
  };
}

/** The part that each coordinate lies in. */
export function partOf(bounds: readonly number[]): Uint32Array {
  const parts = new Uint32Array(bounds.at(-1) as number);
  for (let part = 0; part + 1 < bounds.length; part++) parts.fill(part, bounds[part], bounds[part + 1]);
  return parts;
}

/** Images of the batch that each of `groups` takes of the `copies` of an image: all images, one after the other, are dealt in turn. */
export function dealCopies(image: number, copies: number, groups: number): readonly number[] {
  return Array.from({ length: groups }, (_, group) => {
    const skipped = (((group - image * copies) % groups) + groups) % groups; // copies before the first of this group
    return Math.max(0, Math.ceil((copies - skipped) / groups));
  });
}
