import { checkOptionNames } from '../../../check-options.js';
import { SparsityError } from '../../../errors.js';
import { countRange, readBits, sizeOf } from '../../bits.js';
import type { BitTensor } from '../../contracts.js';
import { checkCount, checkPositive } from '../checks.js';
import { checkStorage, chooseRow, type RowFormat, type RowStorage, rowPieces } from './row-partitioned.js';

/** A tensor stored by rows: its size, and how many rows (pieces of rows that are too long for an index) have each format. */
export interface RpSize {
  readonly bits: number;
  readonly rows: Readonly<Record<RowFormat, number>>;
}

/** Options of {@link rowHistogram}. */
export interface RowHistogramOptions {
  /** Elements between two neighbours of a row: 1 where rows lie in one piece, the channels where a row is a line of one channel. @default 1 */
  readonly inner?: number;
  /** First column counted. @default 0 */
  readonly from?: number;
  /** Columns counted. @default all behind `from` */
  readonly length?: number;
}

/**
 * How many rows of a tensor have 0, 1, ... `length` non-zeros: what the sizes of all formats follow from. Column x of row (o, i) lies at
 * `(o * cols + x) * inner + i`. One pass over the bits.
 *
 * @throws SparsityError when the tensor is not made of such rows.
 * @example
 * ```ts
 * rowHistogram(bitsFrom([1, 0, 0, 0, 1, 1], [3, 2]), 2); // [1, 1, 1]
 * rowHistogram(bitsFrom([1, 0, 0, 0, 1, 1], [3, 2]), 3, {inner: 2}); // [0, 1, 1, 0]: two rows of three, 1 0 1 and 0 0 1
 * ```
 */
export function rowHistogram(tensor: BitTensor, cols: number, options: RowHistogramOptions = {}): Float64Array {
  checkOptionNames('rowHistogram', options, { inner: true, from: true, length: true });
  const { inner = 1, from = 0, length = cols - from } = options;
  const size = checkRows(tensor, cols, inner);
  checkCount('first column counted', from);
  checkCount('columns behind the last one counted', cols - from - length);
  const { words } = tensor;
  const histogram = new Float64Array(length + 1);
  if (inner === 1) {
    for (let row = from; row < size; row += cols) histogram[countRange(words, row, length)]++;
    return histogram;
  }
  const planes = new Int32Array(Math.ceil(Math.log2(length + 1)));
  for (let start = from * inner; start < size; start += cols * inner) {
    const end = start + length * inner;
    for (let lane = 0; lane < inner; lane += 32) {
      const lanes = Math.min(32, inner - lane);
      addColumns(words, start + lane, end, inner, lanes, planes);
      for (let row = 0; row < lanes; row++) histogram[countOf(planes, row)]++;
    }
  }
  return histogram;
}

/** Adds up to 32 rows at once, column after column: bit r of plane p is bit p of the count of row r. */
function addColumns(words: Uint32Array, start: number, end: number, step: number, lanes: number, planes: Int32Array): void {
  planes.fill(0);
  for (let at = start; at < end; at += step) {
    let carry = readBits(words, at, lanes);
    for (let plane = 0; carry !== 0; plane++) {
      const sum = planes[plane] ^ carry;
      carry &= planes[plane];
      planes[plane] = sum;
    }
  }
}

function countOf(planes: Int32Array, row: number): number {
  let count = 0;
  for (let plane = 0; plane < planes.length; plane++) count |= ((planes[plane] >>> row) & 1) << plane;
  return count;
}

/** Refuses a tensor that is not made of rows of `cols` elements; gives the number of all its elements. */
export function checkRows({ shape }: BitTensor, cols: number, inner = 1): number {
  checkPositive('columns of a tensor stored by rows', cols);
  checkPositive('inner of a tensor stored by rows', inner);
  const size = sizeOf(shape);
  if (size % (cols * inner) === 0) return size;
  throw new SparsityError({
    what: `elements of a tensor stored by rows of ${cols}`,
    got: size,
    expected: `a multiple of ${cols * inner}`,
    fix: 'pass the length of a row of this tensor',
  });
}

/**
 * Size of a tensor stored by rows of `cols` values, each in RP-CSR or RP-BF (ledger 1.2.3), from its bit map alone: what {@link bitsOf}
 * counts on {@link encodeRp}. A row longer than an index reaches is cut into pieces, which are rows of their own.
 *
 * @param inner elements between two neighbours of a row, as in {@link rowHistogram}.
 * @throws SparsityError when the tensor is not made of such rows, or a field of the storage is no choice or width.
 * @example
 * ```ts
 * rpSize(onesBits([2, 8]), 8, {valueBits: 32, indexBits: 8}); // {bits: 2 * (1 + 8 + 256), rows: {dense: 0, bitmap: 2, csr: 0}}
 * ```
 */
export function rpSize(tensor: BitTensor, cols: number, storage: RowStorage, inner = 1): RpSize {
  checkStorage(storage);
  const rows = { dense: 0, bitmap: 0, csr: 0 };
  let bits = 0;
  let from = 0;
  for (const length of rowPieces(cols, storage)) {
    rowHistogram(tensor, cols, { inner, from, length }).forEach((count, nonzeros) => {
      if (count === 0) return;
      const row = chooseRow(nonzeros, length, storage);
      rows[row.format] += count;
      bits += count * row.bits;
    });
    from += length;
  }
  return { bits, rows };
}

/**
 * The bits of {@link rpSize}.
 *
 * @param inner elements between two neighbours of a row, as in {@link rowHistogram}.
 * @throws SparsityError as {@link rpSize} does.
 * @example
 * ```ts
 * rpBits(bitsFrom([0, 5, 0, 0], [2, 2]), 2, {valueBits: 32, indexBits: 8}); // 38: 2 * (1 + 2) + 32
 * ```
 */
export function rpBits(tensor: BitTensor, cols: number, storage: RowStorage, inner = 1): number {
  return rpSize(tensor, cols, storage, inner).bits;
}
