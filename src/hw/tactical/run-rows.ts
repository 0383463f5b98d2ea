import type { FilterLayer } from './filter-layers.js';
import type { IssuedRows, RowSynchronousArray } from './row-array.js';
import { storedRowBits } from './stored-weights.js';

/** What the rows of a work took, over the real batch. */
export interface RowSums {
  cycles: number;
  /** Products of a weight that is stored and an activation, zero or not, padding or not. */
  executed: number;
  /** Multiplier slots of issued rows, with a weight in them or not. */
  issuedSlots: number;
  waitingSlots: number;
  /** Weight slots read: once per issued row for the windows that share it. */
  slotReads: number;
  /** Rows that were issued, over all filters and windows: each reads and writes a partial sum. */
  filterRows: number;
  /** Values that tiles fetch from the activation memory: of skipped rows as well. */
  fetched: number;
  /** Stored size of the kernel operand. */
  storedBytes: number;
  /** Passes of the tiles over sets, over all images: after each the next weights are needed. */
  steps: number;
}

/** How rows are stored, and whether zeros among the weights are left out. */
export interface RowCoding {
  readonly valueBits: number;
  readonly selectBits: number;
  readonly advanceBits: number;
  /** Each filter has its own advance code, instead of one for the tile. */
  readonly decoupled: boolean;
  /** Weights are compressed by their zeros; those made at run time are not. */
  readonly compressed: boolean;
}

/** How {@link runRows} runs. */
interface RowsRun {
  /** Windows of a tile that take a row together. */
  readonly windows: number;
  /** Zero weights are not multiplied. */
  readonly skipsZeros: boolean;
  readonly coding: RowCoding;
}

/** Runs the layers of a work on an array. */
export function runRows(
  layers: readonly FilterLayer[],
  array: RowSynchronousArray,
  { windows: together, skipsZeros, coding }: RowsRun,
): RowSums {
  const sums: RowSums = {
    ...{
      cycles: 0,
      executed: 0,
      issuedSlots: 0,
      waitingSlots: 0,
      slotReads: 0,
      filterRows: 0,
      fetched: 0,
      storedBytes: 0,
      steps: 0,
    },
  };
  for (const layer of layers) {
    const issued = array.issue(layer);
    const { cycles, passes, issuedSlots, waitingSlots } = array.time(layer, issued);
    const { sets, rows, weights, images, windowsPerImage } = layer;
    const windows = images * windowsPerImage;
    const filters = sets.reduce((sum, set) => sum + set.filters.length, 0);
    const nonzeros = skipsZeros || coding.compressed ? layer.nonzeros() : filters * weights;
    sums.cycles += cycles;
    sums.executed += windows * (skipsZeros ? nonzeros : filters * weights);
    sums.issuedSlots += issuedSlots;
    sums.waitingSlots += waitingSlots;
    sums.slotReads += (issuedSlots / windows) * images * Math.ceil(windowsPerImage / together);
    sums.filterRows += issuedSlots / array.lanes;
    sums.fetched += windows * sets.length * rows * array.lanes;
    sums.storedBytes += Math.ceil(storedBits(issued, nonzeros, array.lanes, coding) / 8);
    sums.steps += images * passes;
  }
  return sums;
}

function storedBits(issued: IssuedRows, nonzeros: number, lanes: number, coding: RowCoding): number {
  let [filterRows, tileRows] = [0, 0];
  for (const rows of issued) {
    let longest = 0;
    for (const count of rows) {
      filterRows += count;
      longest = Math.max(longest, count);
    }
    tileRows += longest;
  }
  return storedRowBits({ filterRows, codedRows: coding.decoupled ? filterRows : tileRows, nonzeros }, { ...coding, lanes });
}
