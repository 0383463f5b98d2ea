import type { BitMatrix } from './output-rounds.js';
import { ownMemory } from './own-memory.js';

/**
 * Ones per column of rows of bits: {@link countColumnsReference} on WebAssembly.
 *
 * @param cols columns to count, at most 32 * wordsPerRow.
 * @example
 * ```ts
 * countColumns({rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b011, 0b110)}, 3); // [1, 2, 1]
 * ```
 */
export function countColumns({ rows, wordsPerRow, words }: BitMatrix, cols: number): Uint32Array {
  const { memory, wasm, areas } = ownMemory([4 * rows * wordsPerRow, 512, 512 * Math.ceil(wordsPerRow / 4)]);
  const [x, slices, counts] = areas;
  new Uint32Array(memory.buffer, x).set(words.subarray(0, rows * wordsPerRow));
  wasm.countColumns(x, rows, wordsPerRow, slices, counts);
  return new Uint32Array(memory.buffer, counts, cols).slice();
}

/**
 * Ones per column of rows of bits, bit by bit: what {@link countColumns} computes.
 *
 * @example
 * ```ts
 * countColumnsReference({rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b011, 0b110)}, 3); // [1, 2, 1]
 * ```
 */
export function countColumnsReference({ rows, wordsPerRow, words }: BitMatrix, cols: number): Uint32Array {
  const counts = new Uint32Array(cols);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) counts[col] += (words[row * wordsPerRow + (col >>> 5)] >>> (col & 31)) & 1;
  }
  return counts;
}
