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

/**
 * Ones per column: 32 counters at once, bit i of each in slice i. Four rows go through full adders first, so that only every fourth
 * row's carry ripples through the slices.
 */
export function columnCounts({ rows, cols, wordsPerRow, words }: BitRows): Uint32Array {
  const counts = new Uint32Array(cols);
  const slices = new Int32Array(32);
  const at = (row: number, word: number) => (row < rows ? words[row * wordsPerRow + word] | 0 : 0);
  for (let word = 0; word < wordsPerRow; word++) {
    slices.fill(0);
    let ones = 0;
    let twos = 0;
    for (let row = 0; row < rows; row += 4) {
      const [a, b, c, d] = [at(row, word), at(row + 1, word), at(row + 2, word), at(row + 3, word)];
      const carry1 = majority(ones, a, b);
      ones ^= a ^ b;
      const carry2 = majority(ones, c, d);
      ones ^= c ^ d;
      let carry = majority(twos, carry1, carry2);
      twos ^= carry1 ^ carry2;
      for (let i = 2; carry !== 0; i++) {
        const slice = slices[i];
        slices[i] = slice ^ carry;
        carry &= slice;
      }
    }
    slices[0] = ones;
    slices[1] = twos;
    const end = Math.min(32, cols - word * 32);
    for (let i = 0; rows >> i > 0; i++) {
      for (let bit = 0; bit < end; bit++) counts[word * 32 + bit] += ((slices[i] >>> bit) & 1) << i;
    }
  }
  return counts;
}

function majority(a: number, b: number, c: number): number {
  return (a & b) | (a & c) | (b & c);
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

/** The columns in windows of `width` (a multiple of 32), the last one narrower. */
export function columnWindows(matrix: BitRows, width: number): BitRows[] {
  const { rows, cols, wordsPerRow, words } = matrix;
  if (cols <= width) return [matrix];
  return Array.from({ length: Math.ceil(cols / width) }, (_, i) => {
    const first = (i * width) / 32;
    const count = Math.min(width / 32, wordsPerRow - first);
    const window = new Uint32Array(rows * count);
    for (let row = 0; row < rows; row++) {
      const from = row * wordsPerRow + first;
      for (let word = 0; word < count; word++) window[row * count + word] = words[from + word];
    }
    return { rows, cols: Math.min(width, cols - i * width), wordsPerRow: count, words: window };
  });
}

/** Words of a row in whole vectors of four, as the pair kernel reads them. */
export function vectorWords(words: number): number {
  return 4 * Math.ceil(words / 4);
}
