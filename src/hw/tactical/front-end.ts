import { createRowScheduler, type RowScheduler, type ScheduleRule } from '../../kernels/index.js';
import type { FilterLayer } from './filter-layers.js';
import type { IssuedRows, RowSynchronousArray } from './row-array.js';
import { shuffledSets } from './shuffled-sets.js';

/** What a front end does to the rows of an array. */
export interface FrontEndOptions extends Omit<ScheduleRule, 'lanes'> {
  /** Filters are dealt to sets by their scheduled length instead of in order, where that is faster. */
  readonly shuffle: boolean;
}

/**
 * An array behind the front end of 003: the same tiles and barriers, but its filters issue the rows that are left when weights have been
 * moved ahead into empty slots. It issues at most as many rows as the array without it.
 *
 * @example
 * ```ts
 * const tiles = tileArray({tiles: 4, filters: 16, lanes: 16, windows: 1});
 * const array = withFrontEnd(tiles, {
 *   lookahead: 2, connections: tacticalConnections('T', 2, 5), policy: 'greedy', decoupled: false, shuffle: true,
 * });
 * array.lanes; // 16
 * ```
 */
export function withFrontEnd(array: RowSynchronousArray, { shuffle, ...rule }: FrontEndOptions): RowSynchronousArray {
  const scheduler = createRowScheduler({ ...rule, lanes: array.lanes });
  const alone = shuffle ? createRowScheduler({ ...rule, lanes: array.lanes, decoupled: true }) : undefined;
  return {
    ...array,
    issue(layer) {
      const issued = issuedBy(scheduler, layer);
      if (alone === undefined) return issued;
      const shuffled = issuedBy(scheduler, { ...layer, sets: shuffledSets(layer, issuedBy(alone, layer)) });
      const cycles = (rows: IssuedRows) => array.time(layer, rows).cycles;
      return cycles(shuffled) < cycles(issued) ? shuffled : issued;
    },
  };
}

function issuedBy(scheduler: RowScheduler, { sets, bits }: Pick<FilterLayer, 'sets' | 'bits'>): IssuedRows {
  scheduler.load(bits());
  return sets.map((set) => scheduler.issuedRows(set));
}
