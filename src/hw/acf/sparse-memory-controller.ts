import { SparsityError } from '../../errors.js';
import type { CsrMatrix } from '../parts/formats/csr.js';
import { type DynamicMatrix, decodeRow, encodeRow } from '../parts/formats/row-partitioned.js';

/** A position of a matrix: row, column. */
export type Position = readonly [row: number, col: number];
/** A stored value with its position. */
export type Entry = readonly [row: number, col: number, value: number];

/**
 * The non-zeros at the positions asked for, in their order: `{(i, j, A_ij) : A_ij != 0, (i, j) in indices}` (ledger E5).
 *
 * @throws SparsityError for a position outside of the matrix.
 * @example
 * ```ts
 * sparseRead(encodeCsr(Float32Array.of(0, 5, 7, 0), 2, 2), [[0, 0], [0, 1]]); // [[0, 1, 5]]
 * ```
 */
export function sparseRead(matrix: CsrMatrix | DynamicMatrix, indices: Iterable<Position>): Entry[] {
  const entries: Entry[] = [];
  const rows = new Map<number, Float32Array>();
  for (const [row, col] of indices) {
    checkPosition(matrix, row, col);
    let value = 0;
    if (matrix.format === 'csr') {
      const at = find(matrix, row, col);
      if (at >= 0) value = matrix.values[at];
    } else {
      const line = rows.get(row) ?? decodeRow(matrix.lines[row], matrix.cols);
      rows.set(row, line);
      value = line[col];
    }
    if (value !== 0) entries.push([row, col, value]);
  }
  return entries;
}

/**
 * The matrix with `A_ij = v` at the positions given and everything else unchanged (ledger E5). CSR holds weights, whose pattern is the mask's:
 * a value outside of the pattern is an error. A dynamic matrix holds activations: its pattern grows, shrinks (at a zero), and the row
 * changes its format where another is smaller.
 *
 * @throws SparsityError for a position outside of the matrix, or outside of a CSR matrix's pattern.
 * @example
 * ```ts
 * decode(sparseWrite(encodeCsr(Float32Array.of(0, 5), 1, 2), [[0, 1, 9]])); // [0, 9]
 * ```
 */
export function sparseWrite<M extends CsrMatrix | DynamicMatrix>(matrix: M, entries: Iterable<Entry>): M;
export function sparseWrite(matrix: CsrMatrix | DynamicMatrix, entries: Iterable<Entry>): CsrMatrix | DynamicMatrix {
  return matrix.format === 'csr' ? writeFixed(matrix, entries) : writeGrowing(matrix, entries);
}

/**
 * The matrix times a mask, `A'_ij = A_ij mask_ij`, with the pruned positions taken out of the stored pattern (ledger E5).
 * A position with mask 1 that is not stored stays out: only {@link sparseWrite} of a dynamic matrix grows a pattern.
 *
 * @param mask row-major, 1 keeps.
 * @throws SparsityError when the mask has another number of elements.
 * @example
 * ```ts
 * updatePattern(encodeCsr(Float32Array.of(3, 5), 1, 2), Uint8Array.of(0, 1)).columns; // [1]
 * ```
 */
export function updatePattern<M extends CsrMatrix | DynamicMatrix>(matrix: M, mask: Uint8Array): M;
export function updatePattern(matrix: CsrMatrix | DynamicMatrix, mask: Uint8Array): CsrMatrix | DynamicMatrix {
  const { rows, cols } = matrix;
  if (mask.length !== rows * cols) {
    throw new SparsityError({
      what: 'length of the mask',
      got: mask.length,
      expected: `${rows * cols}, one per element of a ${rows}x${cols} matrix`,
      fix: 'pass the mask of this matrix, row-major',
    });
  }
  if (matrix.format === 'dynamic') {
    const lines = matrix.lines.map((line, row) => {
      const dense = decodeRow(line, cols).map((value, col) => (mask[row * cols + col] ? value : 0));
      return encodeRow(dense, matrix.widths);
    });
    return { ...matrix, lines };
  }
  const rowStart = new Uint32Array(rows + 1);
  const kept: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = matrix.rowStart[row]; i < matrix.rowStart[row + 1]; i++) {
      if (mask[row * cols + matrix.columns[i]]) kept.push(i);
    }
    rowStart[row + 1] = kept.length;
  }
  const columns = Uint32Array.from(kept, (i) => matrix.columns[i]);
  const values = Float32Array.from(kept, (i) => matrix.values[i]);
  return { ...matrix, rowStart, columns, values };
}

function writeFixed(matrix: CsrMatrix, entries: Iterable<Entry>): CsrMatrix {
  const values = matrix.values.slice();
  for (const [row, col, value] of entries) {
    checkPosition(matrix, row, col);
    const at = find(matrix, row, col);
    if (at < 0) {
      throw new SparsityError({
        what: `write to (${row}, ${col})`,
        got: 'a position that the CSR matrix does not store',
        expected: 'a position of its pattern, which is fixed',
        fix: 'change the pattern with updatePattern or encodeCsr first, or use a dynamic matrix',
      });
    }
    values[at] = value;
  }
  return { ...matrix, values };
}

function writeGrowing(matrix: DynamicMatrix, entries: Iterable<Entry>): DynamicMatrix {
  const rows = new Map<number, Float32Array>();
  for (const [row, col, value] of entries) {
    checkPosition(matrix, row, col);
    const line = rows.get(row) ?? decodeRow(matrix.lines[row], matrix.cols);
    line[col] = value;
    rows.set(row, line);
  }
  const lines = matrix.lines.map((line, row) => {
    const changed = rows.get(row);
    return changed ? encodeRow(changed, matrix.widths) : line;
  });
  return { ...matrix, lines };
}

/** Index of (row, col) among the stored values, or -1. */
function find({ rowStart, columns }: CsrMatrix, row: number, col: number): number {
  const at = columns.subarray(rowStart[row], rowStart[row + 1]).indexOf(col);
  return at < 0 ? -1 : at + rowStart[row];
}

function checkPosition({ rows, cols }: { rows: number; cols: number }, row: number, col: number): void {
  if (Number.isInteger(row) && Number.isInteger(col) && row >= 0 && col >= 0 && row < rows && col < cols) return;
  throw new SparsityError({
    what: 'position in a sparse matrix',
    got: [row, col],
    expected: `a row below ${rows} and a column below ${cols}`,
    fix: 'give row and column as integers from 0',
  });
}
