import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { type Connection, type PromotionPolicy, scheduleSlots } from '../../kernels/index.js';
import { checkChoice, checkCount, checkPositive } from '../parts/checks.js';
import { connectionFault } from './connections.js';

/** Options of {@link scheduleWeights}. */
export interface ScheduleOptions {
  /** Slots of a filter in a row: the multipliers of a PE, at least 1. */
  readonly lanes: number;
  /** Rows of the window ahead of the present one: a weight moves at most so far, and at most so many empty rows are skipped in a row. */
  readonly lookahead: number;
  /**
   * In the order in which a slot tries them; each at most `lookahead` rows ahead and less than `lanes` lanes aside, no two of the
   * same source.
   */
  readonly connections: readonly Connection[];
  /**
   * Which empty slot is filled first: `least-flexible-first` the one with the fewest sources (Algorithm 2), `most-flexible-first` the one
   * with the most (public simulator), `greedy` lane by lane. Ties go to the lowest lane. @default 'least-flexible-first'
   */
  readonly policy?: PromotionPolicy;
  /** Rows are skipped by all filters together, or by each PE for itself. @default 'tile' */
  readonly synchronise?: 'tile' | 'pe';
}

/** Scheduled weights with where each comes from. */
export interface WeightSchedule {
  /** [rows, filters * lanes], as the weights: the weight of each slot, 0 where it is empty. */
  readonly weights: Float64Array;
  /** The row that each slot's weight stood in, -1 for an empty slot. */
  readonly sourceRows: Int32Array;
  /** The column, filter * lanes + lane, that it stood in, -1 for an empty slot. It is always one of the same filter. */
  readonly sourceColumns: Int32Array;
  /** Per filter the rows that are issued; the same for all where they skip together. */
  readonly issuedRows: readonly (readonly number[])[];
  /** Rows until the slowest filter is through. */
  readonly cycles: number;
}

/**
 * Schedules a matrix of weights as the front end of 003 does (Algorithm 2, repaired: ledger 1.4.4): row by row, empty slots take weights from the
 * window ahead, of their own filter only, around the ring of its lanes. Empty rows are skipped, at most `lookahead` one after another,
 * since the activation buffer holds `lookahead + 1` rows.
 *
 * Laws: every weight stands in one slot, and one connection away at most; `floor(rows / (lookahead + 1)) <= cycles <= rows`, as in the public
 * simulator, which skips empty rows at the end as any others (the ledger has the ceiling, one row more where lookahead + 1 does not divide
 * the rows); without zeros nothing moves.
 *
 * @param weights [rows, filters * lanes], row-major.
 * @throws SparsityError for an unknown option, when the lanes do not divide a row, a value is not finite, the lookahead is no
 * count, a connection leaves the window, or two are one source.
 * @example
 * ```ts
 * const rows = [[1, 0, 2, 0], [0, 3, 0, 4]];
 * const options = {lanes: 4, lookahead: 1, connections: [[1, 0]]} as const;
 * scheduleWeights(rows, options).cycles; // 1: the second row fits into the first
 * ```
 */
export function scheduleWeights(weights: readonly ArrayLike<number>[], options: ScheduleOptions): WeightSchedule {
  checkOptionNames('scheduleWeights', options, {
    ...({ lanes: true, lookahead: true, connections: true, policy: true, synchronise: true } as const),
  });
  const { lanes, lookahead, connections, policy = 'least-flexible-first', synchronise = 'tile' } = options;
  checkPositive('lanes of a schedule', lanes);
  checkCount('lookahead of a schedule', lookahead);
  checkChoice('policy of a schedule', policy, ['least-flexible-first', 'most-flexible-first', 'greedy']);
  checkChoice('synchronise of a schedule', synchronise, ['tile', 'pe']);
  const isList: boolean = Array.isArray(connections) && connections.every(Array.isArray);
  const fault = isList ? connectionFault(connections, lookahead, lanes) : 'a list of [rows ahead, lanes aside]';
  if (fault !== undefined) {
    const fix = isList ? 'leave it out' : 'pass those of tacticalConnections, or [] for none';
    throw new SparsityError({ what: 'connections of a schedule', got: connections, expected: fault, fix });
  }
  const values = flatten(weights, lanes);
  const width = weights[0]?.length ?? lanes;
  const filters = width / lanes;
  const rule = { lanes, lookahead, connections, policy, decoupled: synchronise === 'pe' };
  const { sources, issued } = scheduleSlots(values, filters, rule);
  const issuedRows = Array.from({ length: filters }, (_, filter) =>
    weights.map((_, row) => row).filter((row) => issued[row * filters + filter] === 1),
  );
  return {
    weights: Float64Array.from(sources, (source) => (source === -1 ? 0 : values[source])),
    sourceRows: sources.map((source) => (source === -1 ? -1 : Math.floor(source / width))),
    sourceColumns: sources.map((source) => (source === -1 ? -1 : source % width)),
    issuedRows,
    cycles: Math.max(0, ...issuedRows.map((rows) => rows.length)),
  };
}

function flatten(weights: readonly ArrayLike<number>[], lanes: number): Float64Array {
  const width = weights[0]?.length ?? lanes;
  if (width === 0 || width % lanes !== 0) {
    const fix = `fill the row up with zeros to a multiple of ${lanes}`;
    throw new SparsityError({ what: 'slots in a row of weights', got: width, expected: `a multiple of ${lanes} lanes`, fix });
  }
  const values = new Float64Array(weights.length * width);
  weights.forEach((row, i) => {
    if (row.length !== width) {
      const expected = `${width} slots, as row 0 has`;
      throw new SparsityError({ what: `row ${i} of weights`, got: row.length, expected, fix: 'make all rows equally long' });
    }
    for (let slot = 0; slot < width; slot++) {
      if (!Number.isFinite(row[slot])) {
        const fix = 'schedule weights after the update that made them finite';
        throw new SparsityError({ what: `weight ${slot} of row ${i}`, got: row[slot], expected: 'a finite number', fix });
      }
      values[i * width + slot] = row[slot];
    }
  });
  return values;
}
