import { type BitMatrix, roundNumbers } from './output-rounds.js';
import { ownMemory } from './own-memory.js';

/** Lanes of `depth` places that hold operands, and what brings them the streamed ones. */
export interface LaneGrid {
  readonly lanes: number;
  readonly depth: number;
  /** Neighbouring lanes that a word reaches at once. */
  readonly fanOut: number;
  /** Banks of the streamed operand: reduction index k lies in bank k % banks. */
  readonly banks: number;
}

/** The streamed operand: how many of its values in each round meet a reduction index, [index][round]. */
export interface StreamedCounts {
  readonly rounds: number;
  readonly counts: Uint32Array;
}

/**
 * The rounds of all folds: tile by tile of `lanes` rows, each lane holds the ones of its row, in order, `depth` at a time, and a streamed
 * value is sent once to each fan-out group of lanes that holds its index.
 *
 * @param folds of each tile.
 * @param visit gets the number of a tile, of a fold in it, the ones that its lanes hold, and its rounds, [round][{@link roundNumbers}] in the
 *   order of {@link roundPlaces}, without work and kernel; they last until it returns.
 * @example
 * ```ts
 * const held = {rows: 1, wordsPerRow: 1, words: Uint32Array.of(0b110)};
 * const stream = {rounds: 1, counts: Uint32Array.of(9, 5, 3)};
 * foldRounds(held, [1], stream, {lanes: 4, depth: 2, fanOut: 2, banks: 2}, (tile, fold, ones, numbers) => {
 *   [ones, numbers[roundPlaces.longest], numbers[roundPlaces.input]]; // [2, 5, 8]
 * });
 * ```
 */
export function foldRounds(
  { rows, wordsPerRow, words }: BitMatrix,
  folds: ArrayLike<number>,
  { rounds, counts }: StreamedCounts,
  { lanes, depth, fanOut, banks }: LaneGrid,
  visit: (tile: number, fold: number, ones: number, numbers: Float64Array) => void,
): void {
  const used = Math.min(lanes, rows);
  const bankAt = new Uint32Array(32 * wordsPerRow);
  for (let k = 0; k < bankAt.length; k++) bankAt[k] = 8 * rounds * (k % banks);
  const numbers = rounds * roundNumbers;
  const { memory, wasm, areas } = ownMemory([
    ...[4 * rows * wordsPerRow, counts.byteLength, bankAt.byteLength, 8 * used],
    ...[8 * rounds * (2 + banks) + 4 * wordsPerRow, 8 * numbers],
  ]);
  const [x, countsAt, banksAt, cursors, scratch, out] = areas;
  new Uint32Array(memory.buffer, x).set(words.subarray(0, rows * wordsPerRow));
  new Uint32Array(memory.buffer, countsAt).set(counts);
  new Uint32Array(memory.buffer, banksAt).set(bankAt);
  new Uint8Array(memory.buffer, scratch, out - scratch).fill(0);
  const table = new Float64Array(memory.buffer, out, numbers);
  const cursor = new Int32Array(memory.buffer, cursors, 2 * used);
  for (let first = 0, tile = 0; first < rows; first += lanes, tile++) {
    for (let lane = 0; lane < used; lane++) {
      cursor[2 * lane] = -1;
      cursor[2 * lane + 1] = 0;
    }
    for (let fold = 0; fold < folds[tile]; fold++) {
      const ones = wasm.foldRounds(
        ...[x + 4 * first * wordsPerRow, Math.min(used, rows - first), wordsPerRow, depth, fanOut, cursors],
        ...[countsAt, banksAt, rounds, banks, scratch, out],
      );
      visit(tile, fold, ones, table);
    }
  }
}

/**
 * Ones per row of rows of bits.
 *
 * @example
 * ```ts
 * countRows({rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b011, 0b111)}); // [2, 3]
 * ```
 */
export function countRows({ rows, wordsPerRow, words }: BitMatrix): Uint32Array {
  const { memory, wasm, areas } = ownMemory([4 * rows * wordsPerRow, 4 * rows]);
  const [x, counts] = areas;
  new Uint32Array(memory.buffer, x).set(words.subarray(0, rows * wordsPerRow));
  wasm.countRows(x, rows, wordsPerRow, counts);
  return new Uint32Array(memory.buffer, counts, rows).slice();
}
