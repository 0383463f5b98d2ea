import { bitsFrom } from '../../bits.js';
import { checkAmount } from '../checks.js';
import { checkNonzeros, checkValueBits, checkValues, type FieldWidths } from './field-widths.js';

/** One bit per element, lowest first, and the non-zeros in row-major order. */
export interface BitmapMatrix {
  readonly format: 'bitmap';
  readonly rows: number;
  readonly cols: number;
  readonly words: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Size of an uncompressed matrix in bits: `elements v`.
 *
 * @throws SparsityError when the elements are not a number of at least 0, or the width is not a positive integer.
 * @example
 * ```ts
 * denseBits(100, {valueBits: 32, indexBits: 8}); // 3200
 * ```
 */
export function denseBits(elements: number, widths: FieldWidths): number {
  checkAmount('elements of a matrix', elements);
  checkValueBits(widths);
  return elements * widths.valueBits;
}

/**
 * Size of a matrix with a bit map in bits: `elements + nnz v` (001 Eq. 8).
 *
 * @throws SparsityError when there are not 0 to `elements` non-zeros, or the width is not a positive integer.
 * @example
 * ```ts
 * bitmapBits(12, 100, {valueBits: 32, indexBits: 8}); // 484
 * ```
 */
export function bitmapBits(nonzeros: number, elements: number, widths: FieldWidths): number {
  checkNonzeros(nonzeros, elements);
  checkValueBits(widths);
  return elements + nonzeros * widths.valueBits;
}

/**
 * Stores a row-major matrix as a bit map and its non-zeros.
 *
 * @throws SparsityError when the number of values is not rows times columns.
 * @example
 * ```ts
 * encodeBitmap(Float32Array.of(0, 5, 0, 7), 2, 2); // {words: [0b1010], values: [5, 7]}
 * ```
 */
export function encodeBitmap(dense: Float32Array, rows: number, cols: number): BitmapMatrix {
  checkValues(dense, rows, cols);
  const { words } = bitsFrom(dense, [rows, cols]);
  return { format: 'bitmap', rows, cols, words, values: dense.filter((value) => value !== 0) };
}

/** The values with zeros where the bit map has them. */
export function spreadValues(words: Uint32Array, values: Float32Array, elements: number): Float32Array {
  const dense = new Float32Array(elements);
  for (let i = 0, next = 0; i < elements; i++) if ((words[i >>> 5] >>> (i & 31)) & 1) dense[i] = values[next++];
  return dense;
}
