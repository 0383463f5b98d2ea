import { ownMemory } from './own-memory.js';
import type { Pointer } from './wasm-functions.js';

/** Rows of bits, `wordsPerRow` words each; bits behind the last column are 0. */
export interface BitMatrix {
  readonly rows: number;
  readonly wordsPerRow: number;
  readonly words: Uint32Array;
}

/** An array whose elements hold an output each, and what brings them their operands. */
export interface OutputGrid {
  readonly rows: number;
  readonly cols: number;
  /** Neighbouring columns (of the input) or rows (of the kernel) that a word reaches at once. */
  readonly fanOut: number;
  /** Banks of each operand: its row l lies in bank l % banks. */
  readonly banks: number;
  /** Words of 32 reduction indices between two barriers. */
  readonly roundWords: number;
}

/** Numbers per round in the tables of {@link tileRounds} and {@link packedRounds}. */
export const roundNumbers = 8;

/**
 * Places of a round's numbers: slots of all outputs and of the longest; then from `input` and from `kernel` on three each: words sent to
 * all fan-out groups, the most to one of them, the most out of one bank. An output has a slot for each index at which both of its rows
 * are 1; a row's word is sent to a group where some row of it, on the other side, is 1, too.
 */
export const roundPlaces = { work: 0, longest: 1, input: 2, kernel: 5 } as const;

/**
 * The rounds of all tiles of `grid.rows` x `grid.cols` outputs, strip by strip.
 *
 * @param wanted bits [input.rows][whole words of kernel.rows]: outputs that have slots; undefined for all.
 * @param visit gets the first row of a strip and its rounds, [round][tile][{@link roundNumbers}]; they last until it returns.
 * @example
 * ```ts
 * const [input, kernel] = [0b0111, 0b1110].map((word) => ({rows: 1, wordsPerRow: 1, words: Uint32Array.of(word)}));
 * tileRounds(input, kernel, undefined, {rows: 4, cols: 4, fanOut: 2, banks: 2, roundWords: 4}, (first, rounds) => {
 *   rounds[roundPlaces.work]; // 2
 * });
 * ```
 */
export function tileRounds(
  input: BitMatrix,
  kernel: BitMatrix,
  wanted: Uint32Array | undefined,
  { rows, cols, fanOut, banks, roundWords }: OutputGrid,
  visit: (firstRow: number, rounds: Float64Array) => void,
): void {
  // Whole rounds of four words are the fastest.
  const wordsPerRow = roundWords === 4 ? 4 * Math.ceil(input.wordsPerRow / 4) : input.wordsPerRow;
  const rowBytes = 4 * wordsPerRow;
  const groupsPerStrip = Math.ceil(rows / fanOut);
  const tables = Math.ceil(wordsPerRow / roundWords) * Math.ceil(kernel.rows / cols) * roundNumbers;
  const { memory, wasm, areas } = ownMemory([
    ...[input.rows * rowBytes, unions(input.rows, rows, fanOut) * rowBytes],
    ...[kernel.rows * rowBytes, unions(kernel.rows, cols, fanOut) * rowBytes],
    ...[wanted?.byteLength ?? 0, 8 * banks, 8 * tables, Math.max(input.words.byteLength, kernel.words.byteLength)],
  ]);
  const [x, xUnions, y, yUnions, wantedAt, scratch, out, unpadded] = areas;
  for (const [at, { rows: count, words }] of [[x, input] as const, [y, kernel] as const]) {
    put(memory, unpadded, words);
    wasm.padRows(unpadded, count, input.wordsPerRow, wordsPerRow, at);
  }
  if (wanted) put(memory, wantedAt, wanted);
  wasm.uniteGroups(x, input.rows, wordsPerRow, rows, fanOut, xUnions);
  wasm.uniteGroups(y, kernel.rows, wordsPerRow, cols, fanOut, yUnions);
  const table = new Float64Array(memory.buffer, out, tables);
  const wantedBytes = 4 * Math.ceil(kernel.rows / 32);
  for (let first = 0, strip = 0; first < input.rows; first += rows, strip++) {
    wasm.tileRounds(
      ...[x + first * rowBytes, Math.min(rows, input.rows - first), xUnions + strip * groupsPerStrip * rowBytes],
      ...[y, kernel.rows, yUnions, wordsPerRow, roundWords, cols, fanOut, banks],
      ...[wanted ? wantedAt + first * wantedBytes : 0, scratch, out],
    );
    visit(first, table);
  }
}

/** A tile of packed outputs: its first column, and how many outputs of each column the tiles before have taken. */
export interface PackedTile {
  readonly first: number;
  readonly from: number;
}

/**
 * The rounds of tiles that hold listed outputs only: array column j takes those of kernel row j, in order, `grid.rows` at a time. A fan-out
 * group of the input is of neighbouring columns, one of the kernel of neighbouring outputs of a column.
 *
 * @param columns of each kernel row, the input rows with which it has an output, ascending.
 * @param visit gets a tile and its rounds, [round][{@link roundNumbers}]; they last until it returns.
 * @example
 * ```ts
 * const [input, kernel] = [0b0111, 0b1110].map((word) => ({rows: 1, wordsPerRow: 1, words: Uint32Array.of(word)}));
 * packedRounds(input, kernel, [Uint32Array.of(0)], {rows: 4, cols: 4, fanOut: 2, banks: 2, roundWords: 4}, (tile, rounds) => {
 *   rounds[roundPlaces.longest]; // 2
 * });
 * ```
 */
export function packedRounds(
  input: BitMatrix,
  kernel: BitMatrix,
  columns: readonly Uint32Array[],
  { rows, cols, fanOut, banks, roundWords }: OutputGrid,
  visit: (tile: PackedTile, rounds: Float64Array) => void,
): void {
  const { wordsPerRow } = input;
  const rowBytes = 4 * wordsPerRow;
  const rounds = Math.ceil(wordsPerRow / roundWords);
  const starts = new Uint32Array(columns.length + 1);
  columns.forEach(({ length }, column) => {
    starts[column + 1] = starts[column] + length;
  });
  const { memory, wasm, areas } = ownMemory([
    ...[input.rows * rowBytes, kernel.rows * rowBytes, starts.byteLength, 4 * starts[columns.length]],
    ...[16 * banks * rounds + 8 * rounds + rowBytes + 16 + 12 * fanOut, 8 * rounds * roundNumbers],
  ]);
  const [x, y, startsAt, lists, scratch, out] = areas;
  put(memory, x, input.words);
  put(memory, y, kernel.words);
  put(memory, startsAt, starts);
  columns.forEach((list, column) => {
    put(memory, lists + 4 * starts[column], list);
  });
  const table = new Float64Array(memory.buffer, out, rounds * roundNumbers);
  for (let first = 0; first < columns.length; first += cols) {
    const width = Math.min(cols, columns.length - first);
    const most = columns.slice(first, first + width).reduce((longest, { length }) => Math.max(longest, length), 0);
    for (let from = 0; from < most; from += rows) {
      wasm.packedRounds(
        ...[x, y, wordsPerRow, roundWords, lists, startsAt + 4 * first, first, width, from, rows],
        ...[fanOut, banks, scratch, out],
      );
      visit({ first, from }, table);
    }
  }
}

/**
 * Sum over the wanted outputs of the indices at which both of their rows are 1.
 *
 * @param wanted bits [input.rows][whole words of kernel.rows].
 * @example
 * ```ts
 * const [input, kernel] = [0b0111, 0b1110].map((word) => ({rows: 1, wordsPerRow: 1, words: Uint32Array.of(word)}));
 * countWanted(input, kernel, Uint32Array.of(1)); // 2
 * ```
 */
export function countWanted(input: BitMatrix, kernel: BitMatrix, wanted: Uint32Array): number {
  const { memory, wasm, areas } = ownMemory([input.words.byteLength, kernel.words.byteLength, wanted.byteLength]);
  const [x, y, wantedAt] = areas;
  put(memory, x, input.words);
  put(memory, y, kernel.words);
  put(memory, wantedAt, wanted);
  return wasm.commonWanted(x, input.rows, y, kernel.rows, input.wordsPerRow, wantedAt);
}

/** Fan-out groups of all tiles of `tile` rows. */
function unions(rows: number, tile: number, fanOut: number): number {
  return Math.floor(rows / tile) * Math.ceil(tile / fanOut) + Math.ceil((rows % tile) / fanOut);
}

function put(memory: WebAssembly.Memory, at: Pointer, words: Uint32Array): void {
  new Uint32Array(memory.buffer, at, words.length).set(words);
}
