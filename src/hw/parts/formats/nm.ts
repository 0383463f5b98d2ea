import { SparsityError } from '../../../errors.js';
import { checkCount, checkPositive } from '../checks.js';
import { checkValueBits, checkValues, type FieldWidths } from './field-widths.js';

/** At most `n` non-zeros of `m` consecutive elements of a row. */
export interface NmPattern {
  readonly n: number;
  readonly m: number;
}

/**
 * `n` slots per group of `m` columns (as many as a shorter last group has columns), in use or zero, with their places in the
 * group.
 */
export interface NmMatrix extends NmPattern {
  readonly format: 'nm';
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly places: Uint32Array;
}

/**
 * Size of an N:M matrix in bits: `slots (v + ceil(log2 M))`, where each group of a row has N slots, whether they are in use or
 * not.
 *
 * @throws SparsityError when N and M are not integers with 1 <= N <= M, rows and columns no counts, or the width no positive integer.
 * @example
 * ```ts
 * nmBits(1, 8, {n: 2, m: 4}, {valueBits: 32, indexBits: 8}); // 136: 4 * (32 + 2)
 * ```
 */
export function nmBits(rows: number, cols: number, pattern: NmPattern, widths: FieldWidths): number {
  checkCount('rows of a matrix', rows);
  checkCount('columns of a matrix', cols);
  checkValueBits(widths);
  return rows * slotsPerRow(cols, pattern) * (widths.valueBits + placeBits(pattern.m));
}

/** Bits of a place in a group of `m`. */
export function placeBits(m: number): number {
  return Math.ceil(Math.log2(m));
}

/**
 * Stores a row-major matrix as N:M.
 *
 * @throws SparsityError when a group has more than N non-zeros, or the sizes do not fit.
 * @example
 * ```ts
 * encodeNm(Float32Array.of(0, 5, 0, 7), 1, 4, {n: 2, m: 4}); // {values: [5, 7], places: [1, 3]}
 * ```
 */
export function encodeNm(dense: Float32Array, rows: number, cols: number, { n, m }: NmPattern): NmMatrix {
  checkValues(dense, rows, cols);
  const slots = rows * slotsPerRow(cols, { n, m });
  const values = new Float32Array(slots);
  const places = new Uint32Array(slots);
  let slot = 0;
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < cols; group += m) {
      const width = Math.min(m, cols - group);
      const end = slot + Math.min(n, width);
      for (let place = 0; place < width; place++) {
        const value = dense[row * cols + group + place];
        if (value === 0) continue;
        if (slot === end) tooMany(row, group, { n, m });
        values[slot] = value;
        places[slot++] = place;
      }
      slot = end;
    }
  }
  return { format: 'nm', rows, cols, n, m, values, places };
}

/** The values of an N:M matrix with its zeros, row-major. */
export function decodeNm({ rows, cols, n, m, values, places }: NmMatrix): Float32Array {
  const dense = new Float32Array(rows * cols);
  let slot = 0;
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < cols; group += m) {
      for (const end = slot + Math.min(n, cols - group); slot < end; slot++) {
        if (values[slot] !== 0) dense[row * cols + group + places[slot]] = values[slot];
      }
    }
  }
  return dense;
}

function slotsPerRow(cols: number, { n, m }: NmPattern): number {
  checkPositive('N of N:M', n);
  checkPositive('M of N:M', m);
  if (n > m)
    throw new SparsityError({ what: 'N of N:M', got: n, expected: `at most M, which is ${m}`, fix: 'pass {n: 2, m: 4}' });
  return Math.floor(cols / m) * n + Math.min(n, cols % m);
}

function tooMany(row: number, col: number, { n, m }: NmPattern): never {
  throw new SparsityError({
    what: `group of ${m} from column ${col} of row ${row}`,
    got: `more than ${n} non-zeros`,
    expected: `at most ${n} of ${m}`,
    fix: 'prune with the N:M pattern first',
  });
}
