import { type BitmapMatrix, spreadValues } from './bitmap.js';
import { type BlockMatrix, decodeBlocks } from './block.js';
import { type CscMatrix, type CsrMatrix, decodeCsc, decodeCsr } from './csr.js';
import { checkColumns, checkWidths, type FieldWidths } from './field-widths.js';
import { decodeNm, type NmMatrix, placeBits } from './nm.js';
import { type DynamicMatrix, decodeRow } from './row-partitioned.js';
import { decodeRunLength, type RunLengthMatrix } from './run-length.js';

/** A matrix in one of the compressed formats. */
export type StoredMatrix = CsrMatrix | CscMatrix | BitmapMatrix | DynamicMatrix | NmMatrix | RunLengthMatrix | BlockMatrix;

/**
 * The stored matrix as row-major values: the inverse of every `encode` function. Negative zero is a zero and comes back as 0.
 *
 * @example
 * ```ts
 * decode(encodeCsr(Float32Array.of(0, 5), 1, 2)); // [0, 5]
 * ```
 */
export function decode(matrix: StoredMatrix): Float32Array {
  switch (matrix.format) {
    case 'csr':
      return decodeCsr(matrix);
    case 'csc':
      return decodeCsc(matrix);
    case 'bitmap':
      return spreadValues(matrix.words, matrix.values, matrix.rows * matrix.cols);
    case 'nm':
      return decodeNm(matrix);
    case 'runLength':
      return decodeRunLength(matrix);
    case 'block':
      return decodeBlocks(matrix);
    case 'dynamic': {
      const dense = new Float32Array(matrix.rows * matrix.cols);
      matrix.lines.forEach((line, row) => {
        dense.set(decodeRow(line, matrix.cols), row * matrix.cols);
      });
      return dense;
    }
  }
}

/**
 * Size of a stored matrix in bits, counted on what is stored.
 *
 * @throws SparsityError when a width is not a positive integer, or an index of that width does not reach the last column (row, block) of the matrix.
 * @example
 * ```ts
 * bitsOf(encodeCsr(Float32Array.of(0, 5), 1, 2), {valueBits: 32, indexBits: 12}); // 44 + 2 * 32
 * ```
 */
export function bitsOf(matrix: StoredMatrix, widths: FieldWidths): number {
  checkWidths(widths);
  const { valueBits, indexBits, pointerBits = 32 } = widths;
  const values = (stored: { readonly values: Float32Array }) => stored.values.length * valueBits;
  switch (matrix.format) {
    case 'csr':
      checkColumns(matrix.cols, widths);
      return values(matrix) + matrix.columns.length * indexBits + matrix.rowStart.length * pointerBits;
    case 'csc':
      checkColumns(matrix.rows, widths);
      return values(matrix) + matrix.rowIndices.length * indexBits + matrix.colStart.length * pointerBits;
    case 'bitmap':
      return values(matrix) + matrix.rows * matrix.cols;
    case 'nm':
      return values(matrix) + matrix.places.length * placeBits(matrix.m);
    case 'runLength':
      return values(matrix) + matrix.runs.length * matrix.runBits;
    case 'block':
      checkColumns(Math.ceil(matrix.cols / matrix.width), widths);
      return values(matrix) + matrix.blockColumns.length * indexBits + matrix.blockStart.length * pointerBits;
    case 'dynamic':
      return dynamicBits(matrix, widths);
  }
}

function dynamicBits({ cols, lines, widths: { denseRows } }: DynamicMatrix, widths: FieldWidths): number {
  checkColumns(cols, widths);
  const { valueBits, indexBits, countBits = indexBits, tagBits = denseRows ? 2 : 1 } = widths;
  return lines.reduce((bits, { format, values, positions }) => {
    const position = format === 'dense' ? 0 : format === 'bitmap' ? cols : countBits + positions.length * indexBits;
    return bits + tagBits + values.length * valueBits + position;
  }, 0);
}
