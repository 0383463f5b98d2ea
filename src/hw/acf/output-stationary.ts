import { popcount } from '../bits.js';
import { type BitRows, orRow } from './bit-rows.js';
import { countPairs } from './pair-counts.js';
import { addTile, switchLevels, type Tile, type TileSums } from './tile-sums.js';

/**
 * Output-stationary execution of one GEMM whose outputs are all mapped: tiles of rows x cols outputs (the semantics are {@link acf}'s).
 * The work of a tile's SPEs and the words it needs are both counts of row pairs: of the operands' rows, and of rows with the OR of a
 * fan-out group of the other operand. One call per strip of rows gives them all.
 *
 * @param wanted outputs that are wanted, undefined for all; an unwanted one has no work.
 */
export function outputStationary(input: BitRows, kernel: BitRows, wanted: BitRows | undefined, sums: TileSums): void {
  const { rows, cols, fanOut } = sums.parameters;
  const { wordsPerRow } = input;
  const strip = new Uint32Array((rows + Math.ceil(rows / fanOut)) * wordsPerRow);
  const kernels = withGroups(kernel, 0, kernel.rows, cols, fanOut);
  const pairs = new Int32Array((rows + Math.ceil(rows / fanOut)) * kernels.rows);
  const groupsPerTile = Math.ceil(cols / fanOut);
  const tile: Tile = { longest: 0, work: 0, rectangle: 0, inputWords: 0, kernelWords: 0, fillCycles: 0 };
  for (let m = 0; m < input.rows; m += rows) {
    const height = Math.min(rows, input.rows - m);
    const inputs = withGroups(input, m, height, rows, fanOut, strip);
    countPairs(inputs, kernels, pairs);
    for (let n = 0; n < kernel.rows; n += cols) {
      const width = Math.min(cols, kernel.rows - n);
      const group = kernel.rows + (n / cols) * groupsPerTile;
      tile.longest = 0;
      tile.work = 0;
      tile.inputWords = 0;
      tile.kernelWords = 0;
      for (let i = 0; i < height; i++) {
        const at = i * kernels.rows;
        for (let j = n; j < n + width; j++) {
          if (wanted && !isWanted(wanted, m + i, j)) continue;
          const work = pairs[at + j];
          tile.work += work;
          if (work > tile.longest) tile.longest = work;
        }
        for (let g = group; g < group + Math.ceil(width / fanOut); g++) tile.inputWords += pairs[at + g];
      }
      for (let g = height; g < inputs.rows; g++) {
        for (let j = n; j < n + width; j++) tile.kernelWords += pairs[g * kernels.rows + j];
      }
      tile.rectangle = height * width;
      tile.fillCycles = switchLevels(sums.parameters) + Math.ceil(tile.rectangle / cols);
      addTile(sums, tile);
      sums.deliveries += 2 * tile.work;
      sums.partialWrites += tile.rectangle;
      for (let j = 0; j < width; j++) sums.extents[j] = Math.max(sums.extents[j], height);
    }
  }
}

/**
 * Output-stationary execution of the wanted outputs only (a sampled weight gradient, ledger E2): array column `n` takes the wanted
 * outputs of kernel row `n`, from the first to the last, `rows` at a time.
 *
 * @param pairs effectual pairs of each output, [input.rows, kernel.rows].
 */
export function packedOutputStationary(
  input: BitRows,
  kernel: BitRows,
  wanted: BitRows,
  pairs: Int32Array,
  sums: TileSums,
): void {
  const { rows, cols, fanOut } = sums.parameters;
  const mapped = wantedRows(wanted, kernel.rows);
  const union = new Uint32Array(input.wordsPerRow);
  const tile: Tile = { longest: 0, work: 0, rectangle: 0, inputWords: 0, kernelWords: 0, fillCycles: 0 };
  for (let first = 0; first < kernel.rows; first += cols) {
    const columns = mapped.slice(first, first + cols);
    const most = Math.max(...columns.map((column) => column.length));
    for (let from = 0; from < most; from += rows) {
      const chunks = columns.map((column) => column.subarray(from, from + rows));
      tile.longest = 0;
      tile.work = 0;
      tile.kernelWords = 0;
      let outputs = 0;
      for (let j = 0; j < chunks.length; j++) {
        const chunk = chunks[j];
        outputs += chunk.length;
        for (let i = 0; i < chunk.length; i++) {
          const work = pairs[chunk[i] * kernel.rows + first + j];
          tile.work += work;
          if (work > tile.longest) tile.longest = work;
          orRow(input, chunk[i], union, 0);
          if ((i + 1) % fanOut === 0 || i === chunk.length - 1) tile.kernelWords += takeOverlap(kernel, first + j, union);
        }
        sums.extents[j] = Math.max(sums.extents[j], chunk.length);
      }
      tile.inputWords = sharedInputWords(input, kernel, chunks, first, fanOut, union);
      tile.rectangle = chunks.length * Math.min(rows, most - from);
      tile.fillCycles = switchLevels(sums.parameters) + Math.ceil(outputs / cols);
      addTile(sums, tile);
      sums.deliveries += 2 * tile.work;
      sums.partialWrites += outputs;
    }
  }
}

/** Tiles that the packed mapping needs, to be held against ceil(m / rows) per column tile of the plain one. */
export function packedTiles(wanted: BitRows, { rows, cols }: { rows: number; cols: number }): number {
  const mapped = wantedRows(wanted, wanted.cols);
  let tiles = 0;
  for (let first = 0; first < mapped.length; first += cols) {
    tiles += Math.max(...mapped.slice(first, first + cols).map((column) => Math.ceil(column.length / rows)));
  }
  return tiles;
}

/** Words of the input network: an input row is sent once to each fan-out group of columns that hold one of its outputs. */
function sharedInputWords(
  input: BitRows,
  kernel: BitRows,
  chunks: readonly Uint32Array[],
  firstKernel: number,
  fanOut: number,
  union: Uint32Array,
): number {
  let sent = 0;
  for (let group = 0; group < chunks.length; group += fanOut) {
    const members = chunks.slice(group, group + fanOut);
    const next = new Uint32Array(members.length);
    for (;;) {
      let row = input.rows;
      for (let j = 0; j < members.length; j++) if (next[j] < members[j].length) row = Math.min(row, members[j][next[j]]);
      if (row === input.rows) break;
      for (let j = 0; j < members.length; j++) {
        if (next[j] >= members[j].length || members[j][next[j]] !== row) continue;
        orRow(kernel, firstKernel + group + j, union, 0);
        next[j]++;
      }
      sent += takeOverlap(input, row, union);
    }
  }
  return sent;
}

/** Common ones of a row and the union, which is cleared. */
function takeOverlap({ wordsPerRow, words }: BitRows, row: number, union: Uint32Array): number {
  let count = 0;
  for (let word = 0, at = row * wordsPerRow; word < wordsPerRow; word++) {
    count += popcount(words[at + word] & union[word]);
    union[word] = 0;
  }
  return count;
}

/** Per output column, the rows whose outputs are wanted, ascending. */
function wantedRows({ rows, wordsPerRow, words }: BitRows, columns: number): Uint32Array[] {
  return Array.from({ length: columns }, (_, column) => {
    const found: number[] = [];
    for (let row = 0; row < rows; row++) if ((words[row * wordsPerRow + (column >> 5)] >>> (column & 31)) & 1) found.push(row);
    return Uint32Array.from(found);
  });
}

function isWanted({ wordsPerRow, words }: BitRows, row: number, column: number): boolean {
  return ((words[row * wordsPerRow + (column >> 5)] >>> (column & 31)) & 1) === 1;
}

/** Rows `start .. start + count - 1`, then for each tile of `tileRows` of them the OR of each fan-out group. */
function withGroups(
  { cols, wordsPerRow, words }: BitRows,
  start: number,
  count: number,
  tileRows: number,
  fanOut: number,
  into?: Uint32Array,
): BitRows {
  const tiles = Math.ceil(count / tileRows);
  const groups = (tiles - 1) * Math.ceil(tileRows / fanOut) + Math.ceil((count - (tiles - 1) * tileRows) / fanOut);
  const all = into ?? new Uint32Array((count + groups) * wordsPerRow);
  const rows: BitRows = { rows: count + groups, cols, wordsPerRow, words: all };
  all.set(words.subarray(start * wordsPerRow, (start + count) * wordsPerRow));
  all.fill(0, count * wordsPerRow, rows.rows * wordsPerRow);
  for (let row = 0; row < count; row++) {
    const group = Math.floor(row / tileRows) * Math.ceil(tileRows / fanOut) + Math.floor((row % tileRows) / fanOut);
    orRow(rows, row, all, (count + group) * wordsPerRow);
  }
  return rows;
}
