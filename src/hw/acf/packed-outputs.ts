import { popcount } from '../bits.js';
import { type BitRows, columnCounts, columnWindows } from './bit-rows.js';
import type { AcfSpec } from './options.js';
import { countPairs } from './pair-counts.js';
import { addRound, addTile, addWords, type Delivery, emptyRound, switchLevels, type TileSums } from './tile-sums.js';

/** Per output column, the rows whose outputs are wanted, ascending. */
export function wantedRows(wanted: BitRows): readonly Uint32Array[] {
  const { rows, cols, wordsPerRow, words } = wanted;
  const found = Array.from(columnCounts(wanted), (count) => new Uint32Array(count));
  const filled = new Uint32Array(cols);
  for (let row = 0; row < rows; row++) {
    for (let word = 0; word < wordsPerRow; word++) {
      for (let bits = words[row * wordsPerRow + word] | 0; bits !== 0; bits &= bits - 1) {
        const column = (word << 5) + 31 - Math.clz32(bits & -bits);
        found[column][filled[column]++] = row;
      }
    }
  }
  return found;
}

/** Tiles that the packed mapping needs, to be held against ceil(m / rows) per column tile of the plain one. */
export function packedTiles(columns: readonly Uint32Array[], { rows, cols }: AcfSpec): number {
  let tiles = 0;
  for (let first = 0; first < columns.length; first += cols) {
    tiles += Math.ceil(Math.max(...columns.slice(first, first + cols).map(({ length }) => length)) / rows);
  }
  return tiles;
}

/**
 * Output-stationary execution of the wanted outputs only (a sampled weight gradient, ledger E2): array column `n` takes the wanted
 * outputs of kernel row `n`, from the first to the last, `rows` at a time.
 *
 * @param columns of each kernel row, the input rows whose outputs are wanted.
 */
export function packedOutputStationary(input: BitRows, kernel: BitRows, columns: readonly Uint32Array[], sums: TileSums): void {
  const { rows, cols, queueDepth } = sums.parameters;
  const tiles = packedTilesOf(columns, rows, cols);
  const kernelWindows = columnWindows(kernel, queueDepth);
  const pairs = new Int32Array(input.rows * kernel.rows);
  columnWindows(input, queueDepth).forEach((window, i) => {
    countPairs(window, kernelWindows[i], pairs);
    for (const tile of tiles) addPackedRound(tile, window, kernelWindows[i], pairs, sums);
  });
  const levels = switchLevels(sums.parameters);
  for (const { chunks } of tiles) {
    const outputs = chunks.reduce((sum, { length }) => sum + length, 0);
    addTile(sums, levels + Math.ceil(outputs / cols));
    sums.partialWrites += outputs;
    chunks.forEach(({ length }, j) => {
      sums.extents[j] = Math.max(sums.extents[j], length);
    });
  }
}

/** The input rows whose outputs array column `first + j` of a tile takes. */
interface PackedTile {
  readonly first: number;
  readonly chunks: readonly Uint32Array[];
}

function packedTilesOf(columns: readonly Uint32Array[], rows: number, cols: number): PackedTile[] {
  const tiles: PackedTile[] = [];
  for (let first = 0; first < columns.length; first += cols) {
    const tileColumns = columns.slice(first, first + cols);
    const most = Math.max(...tileColumns.map(({ length }) => length));
    for (let from = 0; from < most; from += rows) {
      tiles.push({ first, chunks: tileColumns.map((column) => column.subarray(from, from + rows)) });
    }
  }
  return tiles;
}

function addPackedRound({ first, chunks }: PackedTile, input: BitRows, kernel: BitRows, pairs: Int32Array, sums: TileSums): void {
  const { rows, cols, fanOut } = sums.parameters;
  const members = new Int32Array(Math.max(rows, cols));
  const round = emptyRound(sums.parameters);
  for (let j = 0; j < chunks.length; j++) {
    const chunk = chunks[j];
    for (let i = 0; i < chunk.length; i++) {
      const work = pairs[chunk[i] * kernel.rows + first + j];
      round.work += work;
      if (work > round.longest) round.longest = work;
    }
    for (let i = 0; i < chunk.length; i += fanOut) {
      const count = Math.min(fanOut, chunk.length - i);
      for (let member = 0; member < count; member++) members[member] = chunk[i + member];
      const alone = pairs[chunk[i] * kernel.rows + first + j];
      const words = count === 1 ? alone : overlap(kernel, first + j, input, members, count);
      addWords(round.kernel, first + j, words);
      if (words > round.kernel.link) round.kernel.link = words;
    }
  }
  // The outputs of an input row lie in any rows of the array: a group is its columns, and takes a word per row and cycle.
  round.input.linkWidth = rows;
  for (let group = 0; group < chunks.length; group += fanOut) {
    sendRows(round.input, chunks.slice(group, group + fanOut), first + group, input, kernel, pairs, members);
  }
  round.rectangle = chunks.length * Math.max(...chunks.map(({ length }) => length));
  addRound(sums, round);
  sums.deliveries += 2 * sums.growth.stretch * round.work;
}

/** Sends to one fan-out group of columns, of each input row, the words that some column which holds an output of it needs. */
function sendRows(
  delivery: Delivery,
  chunks: readonly Uint32Array[],
  firstColumn: number,
  input: BitRows,
  kernel: BitRows,
  pairs: Int32Array,
  members: Int32Array,
): void {
  const next = new Int32Array(chunks.length);
  const before = delivery.words;
  for (;;) {
    let row = input.rows;
    for (let j = 0; j < chunks.length; j++) if (next[j] < chunks[j].length && chunks[j][next[j]] < row) row = chunks[j][next[j]];
    if (row === input.rows) break;
    let count = 0;
    for (let j = 0; j < chunks.length; j++) {
      if (next[j] >= chunks[j].length || chunks[j][next[j]] !== row) continue;
      members[count++] = firstColumn + j;
      next[j]++;
    }
    addWords(delivery, row, count === 1 ? pairs[row * kernel.rows + members[0]] : overlap(input, row, kernel, members, count));
  }
  delivery.link = Math.max(delivery.link, delivery.words - before);
}

/** Ones that a row shares with the OR of `count` member rows of the other operand. */
function overlap(a: BitRows, row: number, b: BitRows, members: Int32Array, count: number): number {
  const { wordsPerRow } = a;
  const other = b.words;
  let ones = 0;
  for (let word = 0, at = row * wordsPerRow; word < wordsPerRow; word++) {
    let union = 0;
    for (let i = 0; i < count; i++) union |= other[members[i] * wordsPerRow + word];
    ones += popcount(a.words[at + word] & union);
  }
  return ones;
}
