import type { BitTensor } from '../../contracts.js';
import { checkPositive } from '../checks.js';
import { checkValues, checkWidths, type FieldWidths } from './field-widths.js';

/**
 * Entries of a run of zeros and the value behind it, row-major. A run too long for its field spends entries with the value zero.
 */
export interface RunLengthMatrix {
  readonly format: 'runLength';
  readonly rows: number;
  readonly cols: number;
  readonly runBits: number;
  readonly runs: Uint32Array;
  readonly values: Float32Array;
}

/**
 * Size of a tensor in run-length coding in bits: `entries (v + runBits)`, an entry per non-zero and per `2^runBits` zeros before
 * it; zeros behind the last non-zero follow from the shape. One pass over the bits.
 *
 * @throws SparsityError when a width is not a positive integer.
 * @example
 * ```ts
 * runLengthBits(bitsFrom([...new Array(16).fill(0), 7], [17]), {valueBits: 32, indexBits: 8}); // 2 * 36: 15 zeros and a stored one
 * ```
 */
export function runLengthBits({ words }: BitTensor, widths: FieldWidths): number {
  checkWidths(widths);
  const { valueBits, runBits = 4 } = widths;
  const reach = 2 ** runBits;
  let entries = 0;
  let next = 0; // the element behind the last entry
  for (let word = 0; word < words.length; word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) {
      const element = 32 * word + 31 - Math.clz32(rest & -rest);
      entries += 1 + Math.floor((element - next) / reach);
      next = element + 1;
    }
  }
  return entries * (valueBits + runBits);
}

/**
 * Stores a row-major matrix in run-length coding.
 *
 * @param runBits bits of a run of zeros. @default 4
 * @throws SparsityError when the number of values is not rows times columns, or `runBits` not a positive integer.
 * @example
 * ```ts
 * encodeRunLength(Float32Array.of(0, 5, 0, 0, 7, 0), 2, 3); // {runs: [1, 2], values: [5, 7]}
 * ```
 */
export function encodeRunLength(dense: Float32Array, rows: number, cols: number, runBits = 4): RunLengthMatrix {
  checkValues(dense, rows, cols);
  checkPositive('runBits of a compressed matrix', runBits);
  const longest = 2 ** runBits - 1;
  const runs: number[] = [];
  const values: number[] = [];
  let zeros = 0;
  let stored = 0;
  dense.forEach((value) => {
    if (value === 0 && zeros < longest) {
      zeros++;
      return;
    }
    runs.push(zeros);
    values.push(value);
    zeros = 0;
    if (value !== 0) stored = runs.length;
  });
  return {
    ...{ format: 'runLength', rows, cols, runBits },
    runs: Uint32Array.from(runs.slice(0, stored)),
    values: Float32Array.from(values.slice(0, stored)),
  };
}

/** The values of a run-length matrix with its zeros, row-major. */
export function decodeRunLength({ rows, cols, runs, values }: RunLengthMatrix): Float32Array {
  const dense = new Float32Array(rows * cols);
  let next = 0;
  runs.forEach((run, i) => {
    next += run;
    if (values[i] !== 0) dense[next] = values[i];
    next++;
  });
  return dense;
}
