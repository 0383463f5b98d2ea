import { countRange } from '../../bits.js';
import type { BitTensor } from '../../contracts.js';
import { checkAmount, checkPositive } from '../checks.js';
import { checkValues, checkWidths, type FieldWidths } from './field-widths.js';
import { checkRows } from './row-histogram.js';

/** Size of a block in rows and columns. */
export interface BlockSize {
  readonly height: number;
  readonly width: number;
}

/** CSR of blocks that hold a non-zero, each stored whole (zero-padded where it hangs over the edge). */
export interface BlockMatrix extends BlockSize {
  readonly format: 'block';
  readonly rows: number;
  readonly cols: number;
  readonly blockStart: Uint32Array;
  readonly blockColumns: Uint32Array;
  /** Block after block, each row-major. */
  readonly values: Float32Array;
}

/**
 * Size of a block CSR matrix in bits: `blocks (height width v + c) + p (blockRows + 1)`.
 *
 * @param blocks that hold a non-zero: {@link countBlocks}.
 * @throws SparsityError when a count is not a number of at least 0, or a size or width not a positive integer.
 * @example
 * ```ts
 * blockBits(3, 2, {height: 4, width: 4}, {valueBits: 32, indexBits: 8}); // 1656: 3 * (512 + 8) + 3 * 32
 * ```
 */
export function blockBits(blocks: number, blockRows: number, size: BlockSize, widths: FieldWidths): number {
  checkAmount('blocks of a matrix', blocks);
  checkAmount('rows of blocks of a matrix', blockRows);
  checkSize(size);
  checkWidths(widths);
  const { height, width } = size;
  const { valueBits, indexBits, pointerBits = 32 } = widths;
  return blocks * (height * width * valueBits + indexBits) + pointerBits * (blockRows + 1);
}

/**
 * Blocks of a matrix of rows of `cols` elements that hold a non-zero.
 *
 * @throws SparsityError when the tensor is not made of such rows, or a size of the block is not a positive integer.
 * @example
 * ```ts
 * countBlocks(bitsFrom([1, 0, 0, 0, 0, 0, 0, 1], [2, 4]), 4, {height: 2, width: 2}); // 2
 * ```
 */
export function countBlocks(tensor: BitTensor, cols: number, size: BlockSize): number {
  checkSize(size);
  const { height, width } = size;
  const rows = checkRows(tensor, cols) / cols;
  let blocks = 0;
  for (let row = 0; row < rows; row += height) {
    const end = Math.min(row + height, rows);
    for (let col = 0; col < cols; col += width) {
      let y = row;
      while (y < end && countRange(tensor.words, y * cols + col, Math.min(width, cols - col)) === 0) y++;
      if (y < end) blocks++;
    }
  }
  return blocks;
}

function checkSize({ height, width }: BlockSize): void {
  checkPositive('height of a block', height);
  checkPositive('width of a block', width);
}

/**
 * Stores a row-major matrix as block CSR.
 *
 * @throws SparsityError when the sizes do not fit.
 * @example
 * ```ts
 * encodeBlocks(Float32Array.of(0, 0, 0, 5), 1, 4, {height: 1, width: 2}); // {blockStart: [0, 1], blockColumns: [1], values: [0, 5]}
 * ```
 */
export function encodeBlocks(dense: Float32Array, rows: number, cols: number, size: BlockSize): BlockMatrix {
  checkValues(dense, rows, cols);
  checkSize(size);
  const { height, width } = size;
  const blockStart = new Uint32Array(Math.ceil(rows / height) + 1);
  const blockColumns: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row += height) {
    for (let col = 0; col < cols; col += width) {
      const block = Array.from({ length: height * width }, (_, i) => {
        const [y, x] = [row + Math.floor(i / width), col + (i % width)];
        return y < rows && x < cols ? dense[y * cols + x] : 0;
      });
      if (block.every((value) => value === 0)) continue;
      blockColumns.push(col / width);
      values.push(...block);
    }
    blockStart[row / height + 1] = blockColumns.length;
  }
  return {
    ...{ format: 'block', rows, cols, height, width, blockStart },
    blockColumns: Uint32Array.from(blockColumns),
    values: Float32Array.from(values),
  };
}

/** The values of a block matrix with its zeros, row-major. */
export function decodeBlocks(matrix: BlockMatrix): Float32Array {
  const { rows, cols, height, width, blockStart, blockColumns, values } = matrix;
  const dense = new Float32Array(rows * cols);
  for (let blockRow = 0; blockRow + 1 < blockStart.length; blockRow++) {
    for (let block = blockStart[blockRow]; block < blockStart[blockRow + 1]; block++) {
      for (let i = 0; i < height * width; i++) {
        const [y, x] = [blockRow * height + Math.floor(i / width), blockColumns[block] * width + (i % width)];
        const value = values[block * height * width + i];
        if (value !== 0) dense[y * cols + x] = value;
      }
    }
  }
  return dense;
}
