import { popcount } from '../bits.js';
import { type BitRows, columnCounts } from './bit-rows.js';
import type { AcfSpec } from './options.js';
import { addTile, switchLevels, type Tile, type TileSums } from './tile-sums.js';

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
 * @param pairs common ones of each output's rows, [input.rows, kernel.rows].
 */
export function packedOutputStationary(
  input: BitRows,
  kernel: BitRows,
  columns: readonly Uint32Array[],
  pairs: Int32Array,
  sums: TileSums,
): void {
  const { rows, cols, fanOut } = sums.parameters;
  const members = new Int32Array(Math.max(rows, cols));
  const tile: Tile = { longest: 0, work: 0, rectangle: 0, inputWords: 0, kernelWords: 0, fillCycles: 0 };
  for (let first = 0; first < kernel.rows; first += cols) {
    const tileColumns = columns.slice(first, first + cols);
    const most = Math.max(...tileColumns.map((column) => column.length));
    for (let from = 0; from < most; from += rows) {
      const chunks = tileColumns.map((column) => column.subarray(from, from + rows));
      let outputs = 0;
      tile.longest = 0;
      tile.work = 0;
      tile.kernelWords = 0;
      for (let j = 0; j < chunks.length; j++) {
        const chunk = chunks[j];
        for (let i = 0; i < chunk.length; i++) {
          const work = pairs[chunk[i] * kernel.rows + first + j];
          tile.work += work;
          if (work > tile.longest) tile.longest = work;
        }
        for (let i = 0; i < chunk.length; i += fanOut) {
          const count = Math.min(fanOut, chunk.length - i);
          for (let member = 0; member < count; member++) members[member] = chunk[i + member];
          const alone = pairs[chunk[i] * kernel.rows + first + j];
          tile.kernelWords += count === 1 ? alone : overlap(kernel, first + j, input, members, count);
        }
        outputs += chunk.length;
        sums.extents[j] = Math.max(sums.extents[j], chunk.length);
      }
      tile.inputWords = 0;
      for (let group = 0; group < chunks.length; group += fanOut) {
        tile.inputWords += inputWordsOf(chunks.slice(group, group + fanOut), first + group, input, kernel, pairs, members);
      }
      tile.rectangle = chunks.length * Math.min(rows, most - from);
      tile.fillCycles = switchLevels(sums.parameters) + Math.ceil(outputs / cols);
      addTile(sums, tile);
      sums.deliveries += 2 * sums.growth.stretch * tile.work;
      sums.partialWrites += outputs;
    }
  }
}

/** Words that enter one fan-out group of columns: of each input row, those that some column which holds an output of it needs. */
function inputWordsOf(
  chunks: readonly Uint32Array[],
  firstColumn: number,
  input: BitRows,
  kernel: BitRows,
  pairs: Int32Array,
  members: Int32Array,
): number {
  const next = new Int32Array(chunks.length);
  let words = 0;
  for (;;) {
    let row = input.rows;
    for (let j = 0; j < chunks.length; j++) if (next[j] < chunks[j].length && chunks[j][next[j]] < row) row = chunks[j][next[j]];
    if (row === input.rows) return words;
    let count = 0;
    for (let j = 0; j < chunks.length; j++) {
      if (next[j] >= chunks[j].length || chunks[j][next[j]] !== row) continue;
      members[count++] = firstColumn + j;
      next[j]++;
    }
    words += count === 1 ? pairs[row * kernel.rows + members[0]] : overlap(input, row, kernel, members, count);
  }
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
