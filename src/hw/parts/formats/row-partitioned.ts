import { SparsityError } from '../../../errors.js';
import { bitsFrom } from '../../bits.js';
import { checkAmount, checkChoice, checkPositive } from '../checks.js';
import { bitmapBits, spreadValues } from './bitmap.js';
import { addressableColumns, checkColumns, checkValues, checkWidths, type FieldWidths } from './field-widths.js';

/** How a row of a row-partitioned matrix is stored. */
export type RowFormat = 'dense' | 'bitmap' | 'csr';

/** Fields of a row-partitioned matrix, and how a row comes to its format. */
export interface RowStorage extends FieldWidths {
  /**
   * `exact`: fewer bits. `threshold`: 001 as printed, a bit map up to a sparsity of 0.875 + 1/X (Eq. 10), whatever the widths are.
   * `rounded`: up to 88 %, as its text rounds Eq. 10. At a tie the bit map.
   *
   * @default 'exact'
   */
  readonly policy?: 'exact' | 'threshold' | 'rounded';
  /** Whether a row that gains nothing may stay dense (ours, not in 001). @default false */
  readonly denseRows?: boolean;
}

/** Format of a row, and its size in bits. */
export interface RowSize {
  readonly format: RowFormat;
  readonly bits: number;
}

/** A row as stored: all values (dense), or the non-zeros with the positions that the bit map or the column indices name. */
export interface DynamicRow {
  readonly format: RowFormat;
  readonly values: Float32Array;
  /** csr: column indices; bitmap: one bit per column, lowest first; dense: empty. */
  readonly positions: Uint32Array;
}

/** Rows that each have their own format and may change it at every write. */
export interface DynamicMatrix {
  readonly format: 'dynamic';
  readonly rows: number;
  readonly cols: number;
  readonly widths: RowStorage;
  readonly lines: readonly DynamicRow[];
}

/**
 * Size of one row in RP-CSR, in bits: its count of non-zeros, then column indices and values, `nnz (v + c) + r` (ledger 1.2.3).
 *
 * @throws SparsityError when the count is not a number of at least 0 or does not fit its field, or a width is not a positive integer.
 * @example
 * ```ts
 * rpCsrBits(11, {valueBits: 32, indexBits: 8}); // 448
 * ```
 */
export function rpCsrBits(nonzeros: number, widths: FieldWidths): number {
  checkAmount('non-zeros of a row in RP-CSR', nonzeros);
  checkWidths(widths);
  const { indexBits, countBits = indexBits } = widths;
  if (nonzeros < 2 ** countBits) return csrRowBits(nonzeros, widths);
  throw new SparsityError({
    what: 'non-zeros of a row in RP-CSR',
    got: nonzeros,
    expected: `at most ${2 ** countBits - 1}, which a count of ${countBits} bits holds`,
    fix: `take countBits: ${Math.ceil(Math.log2(nonzeros + 1))}, or shorter rows`,
  });
}

/** {@link rpCsrBits} without its checks. */
function csrRowBits(nonzeros: number, { valueBits, indexBits, countBits = indexBits }: FieldWidths): number {
  return nonzeros * (valueBits + indexBits) + countBits;
}

/**
 * Size of one row in RP-BF, in bits: its bit map, then the values, `X + nnz v` (ledger 1.2.3).
 *
 * @throws SparsityError when there are not 0 to `cols` non-zeros, or the width is not a positive integer.
 * @example
 * ```ts
 * rpBfBits(11, 100, {valueBits: 32, indexBits: 8}); // 452
 * ```
 */
export function rpBfBits(nonzeros: number, cols: number, widths: FieldWidths): number {
  return bitmapBits(nonzeros, cols, widths);
}

/**
 * Format of a row of `cols` values of which `nonzeros` are not zero, and its size in bits with its tag. RP-CSR is out of the
 * question where the count does not fit its field; at a tie the simpler format: dense, then the bit map.
 *
 * @throws SparsityError when the row is empty, or cannot have so many non-zeros.
 * @example
 * ```ts
 * rpRow(11, 100, {valueBits: 32, indexBits: 8}); // {format: 'csr', bits: 1 + 448}
 * rpRow(12, 100, {valueBits: 32, indexBits: 8}); // {format: 'bitmap', bits: 1 + 484}
 * ```
 */
export function rpRow(nonzeros: number, cols: number, storage: RowStorage): RowSize {
  checkStorage(storage);
  checkRow(nonzeros, cols);
  return chooseRow(nonzeros, cols, storage);
}

function checkRow(nonzeros: number, cols: number): void {
  checkPositive('columns of a row', cols);
  if (Number.isInteger(nonzeros) && nonzeros >= 0 && nonzeros <= cols) return;
  const expected = `an integer from 0 to ${cols}, its columns`;
  throw new SparsityError({ what: 'non-zeros of a row', got: nonzeros, expected, fix: 'count them' });
}

/** Refuses a policy that does not exist, and widths that are no positive integers. */
export function checkStorage(storage: RowStorage): void {
  checkWidths(storage);
  checkChoice('policy of a row-partitioned matrix', storage.policy ?? 'exact', ['exact', 'threshold', 'rounded']);
}

/** {@link rpRow} without its checks. */
export function chooseRow(nonzeros: number, cols: number, widths: RowStorage): RowSize {
  const {
    valueBits,
    indexBits,
    countBits = indexBits,
    denseRows = false,
    policy = 'exact',
    tagBits = denseRows ? 2 : 1,
  } = widths;
  const bitmap = cols + nonzeros * valueBits;
  const csr = nonzeros < 2 ** countBits ? csrRowBits(nonzeros, widths) : Infinity;
  const asBitmap = csr === Infinity || prefersBitmap(nonzeros, cols, policy, bitmap <= csr);
  const compressed = asBitmap ? bitmap : csr;
  const dense = cols * valueBits;
  if (denseRows && dense <= compressed) return { format: 'dense', bits: tagBits + dense };
  return { format: asBitmap ? 'bitmap' : 'csr', bits: tagBits + compressed };
}

function prefersBitmap(nonzeros: number, cols: number, policy: RowStorage['policy'], isSmaller: boolean): boolean {
  switch (policy) {
    case 'threshold':
      return 8 * nonzeros + 8 >= cols; // 1 - nnz / X <= 7/8 + 1/X, without rounding
    case 'rounded':
      return 100 * nonzeros >= 12 * cols;
    default:
      return isSmaller;
  }
}

/**
 * Smallest of three formats of a row, dense among them: {@link rpRow} with `denseRows`.
 *
 * @throws SparsityError as {@link rpRow} does.
 * @example
 * ```ts
 * smallestRow(2, 100, {valueBits: 32, indexBits: 8}); // {format: 'csr', bits: 2 + 2 * 40 + 8}
 * ```
 */
export function smallestRow(nonzeros: number, cols: number, widths: FieldWidths): RowSize {
  return rpRow(nonzeros, cols, { ...widths, denseRows: true, policy: 'exact' });
}

/**
 * Stores a row-major matrix row by row, each in the format of {@link rpRow}: RP-CSR and RP-BF of 001, mixed.
 *
 * @throws SparsityError when the number of values is not rows times columns, or a column index does not reach the last column.
 * @example
 * ```ts
 * encodeRp(Float32Array.of(0, 5, 0, 0), 2, 2, {valueBits: 32, indexBits: 8}).lines[0].format; // 'bitmap'
 * ```
 */
export function encodeRp(dense: Float32Array, rows: number, cols: number, storage: RowStorage): DynamicMatrix {
  checkStorage(storage);
  checkValues(dense, rows, cols);
  checkColumns(cols, storage);
  const lines = Array.from({ length: rows }, (_, row) => encodeRow(dense.subarray(row * cols, (row + 1) * cols), storage));
  return { format: 'dynamic', rows, cols, widths: storage, lines };
}

/**
 * Stores a row-major matrix row by row, each in its {@link smallestRow} format.
 *
 * @throws SparsityError as {@link encodeRp} does.
 * @example
 * ```ts
 * encodeDynamic(new Float32Array(64), 1, 64, {valueBits: 32, indexBits: 6}).lines[0].format; // 'csr': 6 bits say "nothing"
 * ```
 */
export function encodeDynamic(dense: Float32Array, rows: number, cols: number, widths: FieldWidths): DynamicMatrix {
  return encodeRp(dense, rows, cols, { ...widths, denseRows: true });
}

/** Stores one row in its format. */
export function encodeRow(dense: Float32Array, storage: RowStorage): DynamicRow {
  const values = dense.filter((value) => value !== 0);
  const { format } = chooseRow(values.length, dense.length, storage);
  if (format === 'dense') return { format, values: dense.slice(), positions: new Uint32Array(0) };
  if (format === 'bitmap') return { format, values, positions: bitsFrom(dense, [dense.length]).words };
  const positions = new Uint32Array(values.length);
  let next = 0;
  for (let col = 0; col < dense.length; col++) if (dense[col] !== 0) positions[next++] = col;
  return { format, values, positions };
}

/** The row's values with its zeros. */
export function decodeRow({ format, values, positions }: DynamicRow, cols: number): Float32Array {
  if (format === 'dense') return values.slice();
  if (format === 'bitmap') return spreadValues(positions, values, cols);
  const dense = new Float32Array(cols);
  values.forEach((value, i) => {
    dense[positions[i]] = value;
  });
  return dense;
}

/** Lengths of the pieces that a row of `cols` values is cut into, so that a column index reaches all of each. */
export function rowPieces(cols: number, widths: FieldWidths): number[] {
  checkPositive('columns of a tensor stored by rows', cols);
  const longest = addressableColumns(widths);
  return Array.from({ length: Math.ceil(cols / longest) }, (_, i) => Math.min(longest, cols - i * longest));
}
