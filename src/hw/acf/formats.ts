/** How a row of a dynamic matrix is stored. */
export type RowFormat = 'dense' | 'bitmap' | 'csr';

/** Bits of a stored value, and of a stored column index or row count. */
export interface FieldWidths {
  readonly valueBits: number;
  readonly indexBits: number;
}

/** Compressed sparse rows: the non-zeros of row `r` lie at `rowStart[r] .. rowStart[r + 1] - 1`, by ascending column. */
export interface CsrMatrix {
  readonly format: 'csr';
  readonly rows: number;
  readonly cols: number;
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** A row as stored: all values (dense), or the non-zeros with the positions that the bit map or the column indices name. */
export interface DynamicRow {
  readonly format: RowFormat;
  readonly values: Float32Array;
  /** csr: column indices; bitmap: one bit per column, lowest first; dense: empty. */
  readonly positions: Uint32Array;
}

/** Rows that each take the smallest of three formats and may change it at every write. */
export interface DynamicMatrix {
  readonly format: 'dynamic';
  readonly rows: number;
  readonly cols: number;
  readonly widths: FieldWidths;
  readonly lines: readonly DynamicRow[];
}

/** Bits of one row start in CSR. */
const pointerBits = 32;
/** Bits that say which of the three formats a dynamic row has. */
const tagBits = 2;

/**
 * Size of a CSR matrix in bits: `nnz (v + c) + 32 (rows + 1)` (ledger E4, with the column indices that its O(n^2 (1-s) + n) leaves out).
 *
 * @example
 * ```ts
 * csrBits(10, 4, {valueBits: 32, indexBits: 12}); // 10 * 44 + 5 * 32 = 600
 * ```
 */
export function csrBits(nonzeros: number, rows: number, { valueBits, indexBits }: FieldWidths): number {
  return nonzeros * (valueBits + indexBits) + pointerBits * (rows + 1);
}

/**
 * Smallest format of a row of `cols` values of which `nonzeros` are not zero, and its size in bits with the two tag bits:
 * dense `X v`, bitmap `X + nnz v`, CSR `nnz (v + c) + c` (its row count first, ledger 1.2.3). At a tie the simpler one: dense, then bitmap.
 *
 * @example
 * ```ts
 * smallestRow(2, 100, {valueBits: 32, indexBits: 8}); // {format: 'csr', bits: 2 + 2 * 40 + 8}
 * ```
 */
export function smallestRow(nonzeros: number, cols: number, widths: FieldWidths): { format: RowFormat; bits: number } {
  const dense = cols * widths.valueBits;
  const bitmap = cols + nonzeros * widths.valueBits;
  const csr = nonzeros * (widths.valueBits + widths.indexBits) + widths.indexBits;
  const format = dense <= bitmap && dense <= csr ? 'dense' : bitmap <= csr ? 'bitmap' : 'csr';
  return { format, bits: tagBits + Math.min(dense, bitmap, csr) };
}

/**
 * Stores a row-major matrix as CSR.
 *
 * @example
 * ```ts
 * encodeCsr(Float32Array.of(0, 5, 0, 0), 2, 2); // rowStart [0, 1, 1], columns [1], values [5]
 * ```
 */
export function encodeCsr(dense: Float32Array, rows: number, cols: number): CsrMatrix {
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
 * Stores a row-major matrix row by row, each in its {@link smallestRow} format.
 *
 * @example
 * ```ts
 * encodeDynamic(new Float32Array(64), 1, 64, {valueBits: 32, indexBits: 6}).lines[0].format; // 'csr': 6 bits say "nothing"
 * ```
 */
export function encodeDynamic(dense: Float32Array, rows: number, cols: number, widths: FieldWidths): DynamicMatrix {
  const lines = Array.from({ length: rows }, (_, row) => encodeRow(dense.subarray(row * cols, (row + 1) * cols), widths));
  return { format: 'dynamic', rows, cols, widths, lines };
}

/** Stores one row in its smallest format. */
export function encodeRow(dense: Float32Array, widths: FieldWidths): DynamicRow {
  const cols = dense.length;
  const values = dense.filter((value) => value !== 0);
  const { format } = smallestRow(values.length, cols, widths);
  if (format === 'dense') return { format, values: dense.slice(), positions: new Uint32Array(0) };
  const positions = new Uint32Array(format === 'csr' ? values.length : Math.ceil(cols / 32));
  let next = 0;
  for (let col = 0; col < cols; col++) {
    if (dense[col] === 0) continue;
    if (format === 'csr') positions[next++] = col;
    else positions[col >> 5] = positions[col >> 5] | (1 << (col & 31));
  }
  return { format, values, positions };
}

/** The row's values with its zeros. */
export function decodeRow({ format, values, positions }: DynamicRow, cols: number): Float32Array {
  if (format === 'dense') return values.slice();
  const dense = new Float32Array(cols);
  if (format === 'csr') {
    values.forEach((value, i) => {
      dense[positions[i]] = value;
    });
    return dense;
  }
  for (let col = 0, next = 0; col < cols; col++) {
    if ((positions[col >> 5] >>> (col & 31)) & 1) dense[col] = values[next++];
  }
  return dense;
}

/**
 * The stored matrix as row-major values: the inverse of {@link encodeCsr} and {@link encodeDynamic}.
 *
 * @example
 * ```ts
 * decode(encodeCsr(Float32Array.of(0, 5), 1, 2)); // [0, 5]
 * ```
 */
export function decode(matrix: CsrMatrix | DynamicMatrix): Float32Array {
  const { rows, cols } = matrix;
  const dense = new Float32Array(rows * cols);
  if (matrix.format === 'dynamic') {
    matrix.lines.forEach((line, row) => {
      dense.set(decodeRow(line, cols), row * cols);
    });
    return dense;
  }
  for (let row = 0; row < rows; row++) {
    for (let i = matrix.rowStart[row]; i < matrix.rowStart[row + 1]; i++) {
      dense[row * cols + matrix.columns[i]] = matrix.values[i];
    }
  }
  return dense;
}

/**
 * Size of a stored matrix in bits, counted on what is stored.
 *
 * @example
 * ```ts
 * bitsOf(encodeCsr(Float32Array.of(0, 5), 1, 2), {valueBits: 32, indexBits: 12}); // 44 + 2 * 32
 * ```
 */
export function bitsOf(matrix: CsrMatrix | DynamicMatrix, widths: FieldWidths): number {
  if (matrix.format === 'csr') return csrBits(matrix.values.length, matrix.rows, widths);
  const { valueBits, indexBits } = widths;
  return matrix.lines.reduce((bits, { format, values, positions }) => {
    const index = format === 'dense' ? 0 : format === 'bitmap' ? matrix.cols : (positions.length + 1) * indexBits;
    return bits + tagBits + values.length * valueBits + index;
  }, 0);
}
