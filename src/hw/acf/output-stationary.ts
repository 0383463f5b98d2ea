import { type BitRows, columnWindows, vectorWords } from './bit-rows.js';
import { countPairs } from './pair-counts.js';
import { addWords, clearRounds, type Deliveries, emptyRounds, type Rounds } from './rounds.js';
import { addRounds, addTile, switchLevels, type TileSums } from './tile-sums.js';

/**
 * Output-stationary execution of one GEMM whose outputs are all mapped: tiles of rows x cols outputs (the semantics are {@link acf}'s).
 * The work of a tile's SPEs and the words it needs are both counts of row pairs: of the operands' rows, and of rows with the OR of a
 * fan-out group of the other operand. One call per strip of rows and round gives them all.
 *
 * @param wanted outputs that are wanted, undefined for all; an unwanted one has no work.
 */
export function outputStationary(input: BitRows, kernel: BitRows, wanted: BitRows | undefined, sums: TileSums): void {
  const { rows, cols, fanOut, queueDepth } = sums.parameters;
  const inputWindows = columnWindows(input, queueDepth);
  const kernelWindows = columnWindows(kernel, queueDepth).map((window) => withGroups(window, 0, kernel.rows, cols, fanOut));
  const levels = switchLevels(sums.parameters);
  const round = emptyRounds(1, sums.parameters);
  const strip = new Uint32Array((rows + Math.ceil(rows / fanOut)) * vectorWords(inputWindows[0].wordsPerRow));
  const pairs = new Int32Array((rows + Math.ceil(rows / fanOut)) * kernelWindows[0].rows);
  for (let m = 0; m < input.rows; m += rows) {
    const height = Math.min(rows, input.rows - m);
    for (let i = 0; i < inputWindows.length; i++) {
      const inputs = withGroups(inputWindows[i], m, height, rows, fanOut, strip);
      const kernels = kernelWindows[i];
      countPairs(inputs, kernels, pairs);
      for (let n = 0; n < kernel.rows; n += cols) {
        const width = Math.min(cols, kernel.rows - n);
        const tile = { m, n, height, width, inputGroups: kernel.rows + (n / cols) * Math.ceil(cols / fanOut) };
        clearRounds(round);
        addWork(round, tile, pairs, kernels.rows, wanted);
        addInputWords(round.input, tile, pairs, kernels.rows, fanOut);
        addKernelWords(round.kernel, tile, pairs, kernels.rows, inputs.rows);
        addRounds(sums, round);
        sums.deliveries += 2 * sums.growth.tiles * sums.growth.stretch * round.work[0];
      }
    }
    for (let n = 0; n < kernel.rows; n += cols) {
      const width = Math.min(cols, kernel.rows - n);
      addTile(sums, levels + Math.ceil((height * width) / cols));
      sums.partialWrites += sums.growth.tiles * height * width;
      for (let j = 0; j < width; j++) sums.extents[j] = Math.max(sums.extents[j], height);
    }
  }
}

/** A tile of outputs: its place, its size, and the row of pairs at which the groups of its columns begin. */
interface OutputTile {
  readonly m: number;
  readonly n: number;
  readonly height: number;
  readonly width: number;
  readonly inputGroups: number;
}

function addWork(round: Rounds, tile: OutputTile, pairs: Int32Array, stride: number, wanted: BitRows | undefined): void {
  const { m, n, height, width } = tile;
  let all = 0;
  let longest = 0;
  for (let i = 0; i < height; i++) {
    for (let j = n; j < n + width; j++) {
      if (wanted && !isWanted(wanted, m + i, j)) continue;
      const work = pairs[i * stride + j];
      all += work;
      if (work > longest) longest = work;
    }
  }
  round.work[0] = all;
  round.longest[0] = longest;
  round.rectangle = height * width;
}

/** Input rows to the fan-out groups of the tile's columns. */
function addInputWords(input: Deliveries, tile: OutputTile, pairs: Int32Array, stride: number, fanOut: number): void {
  const { m, height, width, inputGroups } = tile;
  for (let i = 0; i < height; i++) {
    let rowWords = 0;
    for (let g = inputGroups; g < inputGroups + Math.ceil(width / fanOut); g++) {
      const words = pairs[i * stride + g];
      rowWords += words;
      if (words > input.link[0]) input.link[0] = words;
    }
    addWords(input, m + i, 0, rowWords);
  }
}

/** Kernel rows to the fan-out groups of the tile's rows, which stand behind the strip's rows. */
function addKernelWords(kernel: Deliveries, tile: OutputTile, pairs: Int32Array, stride: number, stripRows: number): void {
  const { n, height, width } = tile;
  for (let j = n; j < n + width; j++) {
    let columnWords = 0;
    for (let g = height; g < stripRows; g++) {
      const words = pairs[g * stride + j];
      columnWords += words;
      if (words > kernel.link[0]) kernel.link[0] = words;
    }
    addWords(kernel, j, 0, columnWords);
  }
}

function isWanted({ wordsPerRow, words }: BitRows, row: number, column: number): boolean {
  return ((words[row * wordsPerRow + (column >> 5)] >>> (column & 31)) & 1) === 1;
}

/**
 * Rows `start .. start + count - 1`, then for each tile of `tileRows` of them the OR of each fan-out group. The copies have whole vectors
 * of four words, as the pair kernel reads them.
 */
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
  const stride = vectorWords(wordsPerRow);
  const all = into ?? new Uint32Array((count + groups) * stride);
  all.fill(0, count * stride, (count + groups) * stride);
  for (let row = 0; row < count; row++) {
    const group = Math.floor(row / tileRows) * Math.ceil(tileRows / fanOut) + Math.floor((row % tileRows) / fanOut);
    const copy = row * stride;
    const union = (count + group) * stride;
    for (let word = 0, from = (start + row) * wordsPerRow; word < wordsPerRow; word++) {
      all[copy + word] = words[from + word];
      all[union + word] |= words[from + word];
    }
  }
  return { rows: count + groups, cols, wordsPerRow: stride, words: all };
}
