import type { GemmWork, LoopNest } from '../contracts.js';
import { lineMaps, rowPartners } from './partners.js';
import { partOf, type TileGrid } from './tile-grid.js';

/** Outputs of one kernel and image that each tile adds to and that belong to other tiles. */
export function haloOutputs(nest: LoopNest, phase: GemmWork['phase'], grid: TileGrid): number[] {
  const maps = lineMaps(nest, phase);
  const [depth, height, width] = maps.target;
  const tapRows = nest.kernelSize[0] * nest.kernelSize[1];
  const partners = rowPartners(nest, maps);
  const rows = touched(depth * height, grid.rowBounds, (row) => partners.subarray(row * tapRows, (row + 1) * tapRows));
  const columnTaps = Array.from({ length: nest.kernelSize[2] }, (_, tap) => tap);
  const cols = touched(width, grid.colBounds, (col) => columnTaps.map((tap) => maps.partner(2, col, tap)));
  return rows.flatMap((row) => cols.map((col) => row.all * col.all - row.own * col.own));
}

/** Per part of the source: target coordinates that it adds to, and those of them that an even split gives to the same part. */
function touched(size: number, bounds: readonly number[], sourcesOf: (at: number) => ArrayLike<number>) {
  const parts = bounds.length - 1;
  const partOfSource = partOf(bounds);
  const counts = Array.from({ length: parts }, () => ({ all: 0, own: 0 }));
  for (let at = 0; at < size; at++) {
    const owner = Math.floor(((at + 1) * parts - 1) / size); // the part of an even split of the targets
    const from = new Set(
      Array.from(sourcesOf(at))
        .filter((source) => source >= 0)
        .map((source) => partOfSource[source]),
    );
    for (const part of from) {
      counts[part].all++;
      if (part === owner) counts[part].own++;
    }
  }
  return counts;
}
