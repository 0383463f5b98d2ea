import { checkAmount } from '../checks.js';
import { checkValues, checkWidths, type FieldWidths } from './field-widths.js';

/** Compressed sparse rows: the non-zeros of row `r` lie at `rowStart[r] .. rowStart[r + 1] - 1`, by ascending column. */
export interface CsrMatrix {
  readonly format: 'csr';
  readonly rows: number;
  readonly cols: number;
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** Compressed sparse columns: the non-zeros of column `c` lie at `colStart[c] .. colStart[c + 1] - 1`, by ascending row. */
export interface CscMatrix {
  readonly format: 'csc';
  readonly rows: number;
  readonly cols: number;
  readonly colStart: Uint32Array;
  readonly rowIndices: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Size of a CSR matrix in bits: `nnz (v + c) + p (rows + 1)` (ledger E4, with the column indices that its O(n^2 (1-s) + n) leaves
 * out).
 *
 * @throws SparsityError when a count is not a number of at least 0, or a width not a positive integer.
 * @example
 * ```ts
 * csrBits(10, 4, {valueBits: 32, indexBits: 12}); // 600: 10 * 44 + 5 * 32
 * ```
 */
export function csrBits(nonzeros: number, rows: number, widths: FieldWidths): number {
  checkAmount('non-zeros of a matrix', nonzeros);
  checkAmount('rows of a matrix', rows);
  checkWidths(widths);
  const { valueBits, indexBits, pointerBits = 32 } = widths;
  return nonzeros * (valueBits + indexBits) + pointerBits * (rows + 1);
}

/**
 * Size of a CSC matrix in bits: that of its transpose in CSR, `nnz (v + c) + p (cols + 1)`.
 *
 * @throws SparsityError as {@link csrBits} does.
 * @example
 * ```ts
 * cscBits(10, 4, {valueBits: 32, indexBits: 12}); // 600
 * ```
 */
export function cscBits(nonzeros: number, cols: number, widths: FieldWidths): number {
  return csrBits(nonzeros, cols, widths);
}

/**
 * Stores a row-major matrix as CSR.
 *
 * @throws SparsityError when the number of values is not rows times columns.
 * @example
 * ```ts
 * encodeCsr(Float32Array.of(0, 5, 0, 0), 2, 2); // {rowStart: [0, 1, 1], columns: [1], values: [5]}
 * ```
 */
export function encodeCsr(dense: Float32Array, rows: number, cols: number): CsrMatrix {
  checkValues(dense, rows, cols);
  const rowStart = new Uint32Array(rows + 1);
  const columns: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) if (dense[row * cols + col] !== 0) columns.push(row * cols + col);
    rowStart[row + 1] = columns.length;
  }
  return {
    format: 'csr',
    rows,
    cols,
    rowStart,
    columns: Uint32Array.from(columns, (position) => position % cols),
    values: Float32Array.from(columns, (position) => dense[position]),
  };
}

/**
 * Stores a row-major matrix as CSC.
 *
 * @throws SparsityError when the number of values is not rows times columns.
 * @example
 * ```ts
 * encodeCsc(Float32Array.of(0, 5, 0, 0), 2, 2); // {colStart: [0, 0, 1], rowIndices: [0], values: [5]}
 * ```
 */
export function encodeCsc(dense: Float32Array, rows: number, cols: number): CscMatrix {
  checkValues(dense, rows, cols);
  const transposed = dense.map((_, i) => dense[(i % rows) * cols + Math.floor(i / rows)]);
  const { rowStart, columns, values } = encodeCsr(transposed, cols, rows);
  return { format: 'csc', rows, cols, colStart: rowStart, rowIndices: columns, values };
}

/** The values of a CSR matrix with its zeros, row-major. */
export function decodeCsr({ rows, cols, rowStart, columns, values }: CsrMatrix): Float32Array {
  const dense = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let i = rowStart[row]; i < rowStart[row + 1]; i++) dense[row * cols + columns[i]] = values[i];
  }
  return dense;
}

/** The values of a CSC matrix with its zeros, row-major. */
export function decodeCsc({ rows, cols, colStart, rowIndices, values }: CscMatrix): Float32Array {
  const dense = new Float32Array(rows * cols);
  for (let col = 0; col < cols; col++) {
    for (let i = colStart[col]; i < colStart[col + 1]; i++) dense[rowIndices[i] * cols + col] = values[i];
  }
  return dense;
}
