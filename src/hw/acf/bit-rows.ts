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

/** Ones per column: a ripple of 32 counters at once, one bit of each counter per slice. */
export function columnCounts({ rows, cols, wordsPerRow, words }: BitRows): Uint32Array {
  const counts = new Uint32Array(cols);
  const slices = new Uint32Array(32);
  for (let word = 0; word < wordsPerRow; word++) {
    slices.fill(0);
    for (let row = 0, at = word; row < rows; row++, at += wordsPerRow) {
      let carry = words[at] | 0;
      for (let i = 0; carry !== 0; i++) {
        const slice = slices[i] | 0;
        slices[i] = slice ^ carry;
        carry &= slice;
      }
    }
    const end = Math.min(32, cols - word * 32);
    for (let i = 0; i < 32 && rows >> i > 0; i++) {
      for (let bit = 0; bit < end; bit++) counts[word * 32 + bit] += ((slices[i] >>> bit) & 1) << i;
    }
  }
  return counts;
}

/** Ones of one row. */
export function rowCount({ wordsPerRow, words }: BitRows, row: number): number {
  let count = 0;
  for (let at = row * wordsPerRow; at < (row + 1) * wordsPerRow; at++) count += popcount(words[at]);
  return count;
}

/** Ones of all rows. */
export function totalCount({ words }: BitRows): number {
  let count = 0;
  for (let at = 0; at < words.length; at++) count += popcount(words[at]);
  return count;
}

/** ORs row `row` into `target`, one row long from word `at`. */
export function orRow({ wordsPerRow, words }: BitRows, row: number, target: Uint32Array, at: number): void {
  for (let word = 0, from = row * wordsPerRow; word < wordsPerRow; word++) target[at + word] |= words[from + word];
}
