import type { FilterLayer, RowShape } from './filter-layers.js';

/** Rows that each filter of each set issues. */
export type IssuedRows = readonly Uint32Array[];

/** What the rows of a layer take on an array. */
export interface RowTime {
  readonly cycles: number;
  /** Times, for a window, that the tiles take new sets. */
  readonly passes: number;
  /** Multiplier slots of rows that are issued, over all windows. */
  readonly issuedSlots: number;
  /** Multiplier slots of filters that wait for the slowest of those that start together. */
  readonly waitingSlots: number;
}

/**
 * An array whose processing elements take the weights of a filter each, a row per cycle, and meet a barrier behind each set of filters:
 * what a scheduling front end can stand before.
 */
export interface RowSynchronousArray extends RowShape {
  issue(layer: FilterLayer): IssuedRows;
  time(layer: FilterLayer, issued: IssuedRows): RowTime;
}

/** Sizes of {@link tileArray}. */
export interface TileShape extends RowShape {
  readonly tiles: number;
  /** Windows that a tile works on at a time, with a multiplier for each. */
  readonly windows: number;
}

/**
 * The array of DaDianNao++: each tile works on a set of `filters` filters, all tiles on the same window, and meet where their sets end:
 *
 *     cycles = ceil(windows of the layer / windows) * sum over passes of max over their sets of issued rows
 *
 * A pass is up to `tiles` sets that take the same activations: as in the public simulator, groups of channels go one after another, and a
 * tile waits where a group has no set for it. Nothing is skipped: every filter issues all its rows.
 *
 * @example
 * ```ts
 * const array = tileArray({tiles: 4, filters: 16, lanes: 16, windows: 1});
 * const sets = [{filters: [0], firstLanes: [0]}];
 * const layer = {rows: 9, weights: 9, filtersPerGroup: 1, sets, images: 2, windowsPerImage: 10} as unknown as FilterLayer;
 * array.time(layer, array.issue(layer)).cycles; // 180
 * ```
 */
export function tileArray({ tiles, filters, lanes, windows }: TileShape): RowSynchronousArray {
  return {
    lanes,
    filters,
    issue: ({ sets, rows }) => sets.map((set) => new Uint32Array(set.filters.length).fill(rows)),
    time({ images, windowsPerImage, filtersPerGroup }, issued) {
      const setsPerGroup = Math.ceil(filtersPerGroup / filters); // 1 also where groups share a set
      let [passes, steps, issuedRows, waitingRows] = [0, 0, 0, 0];
      for (let group = 0; group < issued.length; group += setsPerGroup) {
        for (let first = group; first < group + setsPerGroup; first += tiles) {
          const pass = issued.slice(first, Math.min(first + tiles, group + setsPerGroup));
          const slowest = pass.reduce((most, rows) => rows.reduce((a, b) => Math.max(a, b), most), 0);
          passes++;
          steps += slowest;
          for (const rows of pass) {
            for (const count of rows) {
              issuedRows += count;
              waitingRows += slowest - count;
            }
          }
        }
      }
      const allWindows = images * windowsPerImage;
      return {
        cycles: images * Math.ceil(windowsPerImage / windows) * steps,
        passes,
        issuedSlots: allWindows * issuedRows * lanes,
        waitingSlots: allWindows * waitingRows * lanes,
      };
    },
  };
}
