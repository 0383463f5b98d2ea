import { popcount } from '../bits.js';
import { type BitRows, columnCounts, columnWindows } from './bit-rows.js';
import type { AcfSpec } from './options.js';
import { countPairs } from './pair-counts.js';
import { addWords, clearRounds, type Deliveries, emptyRounds } from './rounds.js';
import { addRounds, addTile, switchLevels, type TileSums } from './tile-sums.js';

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
  const { rows, cols, fanOut, queueDepth } = sums.parameters;
  const levels = switchLevels(sums.parameters);
  const tiles = tilesOf(columns, Math.ceil(input.cols / queueDepth), rows, cols);
  addWork(tiles, input, kernel, queueDepth);
  const rounds = emptyRounds(Math.ceil(input.cols / queueDepth), sums.parameters);
  // The outputs of an input row lie in any rows of the array: a group is its columns, and takes a word per row and cycle.
  rounds.input.linkWidth = rows;
  for (const { first, chunks, longest, work } of tiles) {
    clearRounds(rounds);
    rounds.longest.set(longest);
    rounds.work.set(work);
    addKernelWords(rounds.kernel, chunks, first, input, kernel, sums.parameters);
    for (let group = 0; group < chunks.length; group += fanOut) {
      addInputWords(rounds.input, chunks.slice(group, group + fanOut), first + group, input, kernel, queueDepth);
    }
    rounds.rectangle = chunks.length * Math.max(...chunks.map(({ length }) => length));
    addRounds(sums, rounds);
    const outputs = chunks.reduce((sum, { length }) => sum + length, 0);
    addTile(sums, levels + Math.ceil(outputs / cols));
    sums.deliveries += 2 * sums.growth.stretch * work.reduce((sum, slots) => sum + slots, 0);
    sums.partialWrites += outputs;
    chunks.forEach(({ length }, j) => {
      sums.extents[j] = Math.max(sums.extents[j], length);
    });
  }
}

interface PackedTile {
  readonly first: number;
  /** The input rows whose outputs array column `first + j` takes. */
  readonly chunks: readonly Uint32Array[];
  /** Most slots of an SPE, and slots of all, by round. */
  readonly longest: Float64Array;
  readonly work: Float64Array;
}

function tilesOf(columns: readonly Uint32Array[], rounds: number, rows: number, cols: number): PackedTile[] {
  const tiles: PackedTile[] = [];
  for (let first = 0; first < columns.length; first += cols) {
    const tileColumns = columns.slice(first, first + cols);
    const most = Math.max(...tileColumns.map(({ length }) => length));
    for (let from = 0; from < most; from += rows) {
      const chunks = tileColumns.map((column) => column.subarray(from, from + rows));
      tiles.push({ first, chunks, longest: new Float64Array(rounds), work: new Float64Array(rounds) });
    }
  }
  return tiles;
}

/** The slots of each output: what its input row and its kernel row share, round by round. */
function addWork(tiles: readonly PackedTile[], input: BitRows, kernel: BitRows, queueDepth: number): void {
  const pairs = new Int32Array(input.rows * kernel.rows);
  const kernelWindows = columnWindows(kernel, queueDepth);
  columnWindows(input, queueDepth).forEach((window, r) => {
    countPairs(window, kernelWindows[r], pairs);
    for (const { first, chunks, longest, work } of tiles) {
      for (let j = 0; j < chunks.length; j++) {
        const chunk = chunks[j];
        for (let i = 0; i < chunk.length; i++) {
          const slots = pairs[chunk[i] * kernel.rows + first + j];
          work[r] += slots;
          if (slots > longest[r]) longest[r] = slots;
        }
      }
    }
  });
}

/** Sends to each fan-out group of rows in a column, of its kernel row, the words that some input row there needs. */
function addKernelWords(
  deliveries: Deliveries,
  chunks: readonly Uint32Array[],
  first: number,
  input: BitRows,
  kernel: BitRows,
  { fanOut, queueDepth }: AcfSpec,
): void {
  const shared = new Float64Array(deliveries.words.length);
  const members = new Int32Array(fanOut);
  for (let j = 0; j < chunks.length; j++) {
    for (let i = 0; i < chunks[j].length; i += fanOut) {
      const count = Math.min(fanOut, chunks[j].length - i);
      for (let member = 0; member < count; member++) members[member] = chunks[j][i + member];
      shareUnion(kernel, first + j, input, members, count, queueDepth, shared);
      for (let r = 0; r < shared.length; r++) {
        addWords(deliveries, first + j, r, shared[r]);
        if (shared[r] > deliveries.link[r]) deliveries.link[r] = shared[r];
      }
    }
  }
}

/** Sends to one fan-out group of columns, of each input row, the words that some column which holds an output of it needs. */
function addInputWords(
  deliveries: Deliveries,
  chunks: readonly Uint32Array[],
  firstColumn: number,
  input: BitRows,
  kernel: BitRows,
  queueDepth: number,
): void {
  const shared = new Float64Array(deliveries.words.length);
  const before = deliveries.words.slice();
  const columnsOf = new Map<number, number[]>();
  chunks.forEach((chunk, j) => {
    for (const row of chunk) {
      const columns = columnsOf.get(row);
      if (columns) columns.push(firstColumn + j);
      else columnsOf.set(row, [firstColumn + j]);
    }
  });
  const members = new Int32Array(chunks.length);
  for (const [row, columns] of columnsOf) {
    members.set(columns);
    shareUnion(input, row, kernel, members, columns.length, queueDepth, shared);
    for (let r = 0; r < shared.length; r++) addWords(deliveries, row, r, shared[r]);
  }
  for (let r = 0; r < shared.length; r++) deliveries.link[r] = Math.max(deliveries.link[r], deliveries.words[r] - before[r]);
}

/** Ones that a row shares with the OR of `count` member rows of the other operand, into `shared`, round by round. */
function shareUnion(
  a: BitRows,
  row: number,
  b: BitRows,
  members: Int32Array,
  count: number,
  queueDepth: number,
  shared: Float64Array,
): void {
  const { wordsPerRow, words } = a;
  const others = b.words;
  const perRound = queueDepth / 32;
  const at = row * wordsPerRow;
  for (let r = 0, word = 0; r < shared.length; r++) {
    let ones = 0;
    for (const end = Math.min(wordsPerRow, word + perRound); word < end; word++) {
      let union = 0;
      for (let i = 0; i < count; i++) union |= others[members[i] * wordsPerRow + word];
      ones += popcount(words[at + word] & union);
    }
    shared[r] = ones;
  }
}
