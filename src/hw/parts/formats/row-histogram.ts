import { SparsityError } from '../../../errors.js';
import { countRange, sizeOf } from '../../bits.js';
import type { BitTensor } from '../../contracts.js';
import { checkPositive } from '../checks.js';
import { checkStorage, chooseRow, type RowFormat, type RowStorage, rowPieces } from './row-partitioned.js';

/** A tensor stored by rows: its size, and how many rows (pieces of rows that are too long for an index) have each format. */
export interface RpSize {
  readonly bits: number;
  readonly rows: Readonly<Record<RowFormat, number>>;
}

/**
 * How many rows of a tensor have 0, 1, ... `length` non-zeros. Rows are `cols` consecutive elements; of each, the `length` from
 * `from` on are counted. One pass over the bits: what the sizes of all formats follow from.
 *
 * @throws SparsityError when the tensor is not made of rows of that length.
 * @example
 * ```ts
 * rowHistogram(bitsFrom([1, 0, 0, 0, 1, 1], [3, 2]), 2); // [1, 1, 1]
 * ```
 */
export function rowHistogram({ shape, words }: BitTensor, cols: number, from = 0, length = cols - from): Float64Array {
  checkPositive('columns of a tensor stored by rows', cols);
  const size = sizeOf(shape);
  if (size % cols !== 0) {
    throw new SparsityError({
      what: `elements of a tensor stored by rows of ${cols}`,
      got: size,
      expected: `a multiple of ${cols}`,
      fix: 'pass the length of a row of this tensor',
    });
  }
  const histogram = new Float64Array(length + 1);
  for (let row = from; row < size; row += cols) histogram[countRange(words, row, length)]++;
  return histogram;
}

/**
 * Size of a tensor stored by rows of `cols` values, each in RP-CSR or RP-BF (ledger 1.2.3), from its bit map alone: what
 * {@link bitsOf} counts on {@link encodeRp}. A row longer than an index reaches is cut into pieces, which are rows of their own.
 *
 * @throws SparsityError when the tensor is not made of rows of that length.
 * @example
 * ```ts
 * rpSize(onesBits([2, 8]), 8, {valueBits: 32, indexBits: 8}); // {bits: 2 * (1 + 8 + 256), rows: {dense: 0, bitmap: 2, csr: 0}}
 * ```
 */
export function rpSize(tensor: BitTensor, cols: number, storage: RowStorage): RpSize {
  checkStorage(storage);
  const rows = { dense: 0, bitmap: 0, csr: 0 };
  let bits = 0;
  let from = 0;
  for (const length of rowPieces(cols, storage)) {
    const histogram = rowHistogram(tensor, cols, from, length);
    from += length;
    for (let nonzeros = 0; nonzeros <= length; nonzeros++) {
      if (histogram[nonzeros] === 0) continue;
      const row = chooseRow(nonzeros, length, storage);
      rows[row.format] += histogram[nonzeros];
      bits += histogram[nonzeros] * row.bits;
    }
  }
  return { bits, rows };
}

/**
 * The bits of {@link rpSize}.
 *
 * @throws SparsityError when the tensor is not made of rows of that length.
 * @example
 * ```ts
 * rpBits(bitsFrom([0, 5, 0, 0], [2, 2]), 2, {valueBits: 32, indexBits: 8}); // 2 * (1 + 2) + 32 = 38
 * ```
 */
export function rpBits(tensor: BitTensor, cols: number, storage: RowStorage): number {
  return rpSize(tensor, cols, storage).bits;
}
