import { countColumns } from '../../kernels/index.js';
import { popcount } from '../bits.js';

/** A bit matrix: `rows` rows of `cols` bits, each row starting at a new word. Bits behind the last column are 0. */
export interface BitRows {
  readonly rows: number;
  readonly cols: number;
  readonly wordsPerRow: number;
  readonly words: Uint32Array;
}

/** All ones: an operand whose zeros are not skipped. */
export function onesRows(rows: number, cols: number): BitRows {
  const wordsPerRow = Math.ceil(cols / 32);
  const words = new Uint32Array(rows * wordsPerRow).fill(0xffffffff);
  if (cols & 31) for (let row = 1; row <= rows; row++) words[row * wordsPerRow - 1] = 2 ** (cols & 31) - 1;
  return { rows, cols, wordsPerRow, words };
}

/** Ones per column. */
export function columnCounts({ rows, cols, wordsPerRow, words }: BitRows): Uint32Array {
  return countColumns({ rows, wordsPerRow, words }, cols);
}

/** Ones of all rows. */
export function totalCount({ words }: BitRows): number {
  let count = 0;
  for (let at = 0; at < words.length; at++) count += popcount(words[at]);
  return count;
}
