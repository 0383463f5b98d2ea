import { popcount } from '../bits.js';
import { type BitRows, columnCounts } from './bit-rows.js';
import type { AcfSpec } from './options.js';
import { addWords, clearRounds, type Deliveries, emptyRounds, type Rounds } from './rounds.js';
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
  const rounds = emptyRounds(Math.ceil(input.cols / queueDepth), sums.parameters);
  // The outputs of an input row lie in any rows of the array: a group is its columns, and takes a word per row and cycle.
  rounds.input.linkWidth = rows;
  for (let first = 0; first < kernel.rows; first += cols) {
    const tileColumns = columns.slice(first, first + cols);
    const most = Math.max(...tileColumns.map(({ length }) => length));
    for (let from = 0; from < most; from += rows) {
      const chunks = tileColumns.map((column) => column.subarray(from, from + rows));
      clearRounds(rounds);
      addWork(rounds, chunks, first, input, kernel, queueDepth);
      addKernelWords(rounds.kernel, chunks, first, input, kernel, sums.parameters);
      for (let group = 0; group < chunks.length; group += fanOut) {
        addInputWords(rounds.input, chunks.slice(group, group + fanOut), first + group, input, kernel, queueDepth);
      }
      rounds.rectangle = chunks.length * Math.min(rows, most - from);
      addRounds(sums, rounds);
      const outputs = chunks.reduce((sum, { length }) => sum + length, 0);
      addTile(sums, levels + Math.ceil(outputs / cols));
      sums.deliveries += 2 * sums.growth.stretch * rounds.work.reduce((sum, work) => sum + work, 0);
      sums.partialWrites += outputs;
      chunks.forEach(({ length }, j) => {
        sums.extents[j] = Math.max(sums.extents[j], length);
      });
    }
  }
}

/** The slots of each output: what its input row and its kernel row share, round by round. */
function addWork(
  { longest, work }: Rounds,
  chunks: readonly Uint32Array[],
  first: number,
  input: BitRows,
  kernel: BitRows,
  queueDepth: number,
): void {
  const shared = new Float64Array(work.length);
  for (let j = 0; j < chunks.length; j++) {
    for (let i = 0; i < chunks[j].length; i++) {
      overlap(input, chunks[j][i], kernel, [first + j], queueDepth, shared);
      for (let r = 0; r < shared.length; r++) {
        work[r] += shared[r];
        if (shared[r] > longest[r]) longest[r] = shared[r];
      }
    }
  }
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
  for (let j = 0; j < chunks.length; j++) {
    for (let i = 0; i < chunks[j].length; i += fanOut) {
      overlap(kernel, first + j, input, chunks[j].subarray(i, i + fanOut), queueDepth, shared);
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
  for (const [row, columns] of columnsOf) {
    overlap(input, row, kernel, columns, queueDepth, shared);
    for (let r = 0; r < shared.length; r++) addWords(deliveries, row, r, shared[r]);
  }
  for (let r = 0; r < shared.length; r++) deliveries.link[r] = Math.max(deliveries.link[r], deliveries.words[r] - before[r]);
}

/** Ones that a row shares with the OR of the member rows of the other operand, into `shared`, round by round. */
function overlap(
  a: BitRows,
  row: number,
  b: BitRows,
  members: ArrayLike<number>,
  queueDepth: number,
  shared: Float64Array,
): void {
  const { wordsPerRow } = a;
  const other = b.words;
  const wordsPerRound = queueDepth / 32;
  for (let r = 0, word = 0; r < shared.length; r++) {
    let ones = 0;
    for (const end = Math.min(wordsPerRow, word + wordsPerRound); word < end; word++) {
      let union = 0;
      for (let i = 0; i < members.length; i++) union |= other[members[i] * wordsPerRow + word];
      ones += popcount(a.words[row * wordsPerRow + word] & union);
    }
    shared[r] = ones;
  }
}
