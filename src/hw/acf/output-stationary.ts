import { type BitRows, columnWindows, vectorWords } from './bit-rows.js';
import { countPairs } from './pair-counts.js';
import { addRound, addTile, addWords, clearRound, type Delivery, emptyRound, switchLevels, type TileSums } from './tile-sums.js';

/**
 * Output-stationary execution of one GEMM whose outputs are all mapped: tiles of rows x cols outputs (the semantics are {@link acf}'s).
 * The work of a tile's SPEs and the words it needs are both counts of row pairs: of the operands' rows, and of rows with the OR of a
 * fan-out group of the other operand. One call per strip of rows and round gives them all.
 *
 * @param wanted outputs that are wanted, undefined for all; an unwanted one has no work.
 */
export function outputStationary(input: BitRows, kernel: BitRows, wanted: BitRows | undefined, sums: TileSums): void {
  const { rows, cols, fanOut, queueDepth } = sums.parameters;
  const { tiles } = sums.growth;
  const inputWindows = columnWindows(input, queueDepth);
  const kernelWindows = columnWindows(kernel, queueDepth).map((window) => withGroups(window, 0, kernel.rows, cols, fanOut));
  const levels = switchLevels(sums.parameters);
  for (let m = 0; m < input.rows; m += rows) {
    const height = Math.min(rows, input.rows - m);
    inputWindows.forEach((window, i) => {
      addStrip(withGroups(window, m, height, rows, fanOut), height, m, kernelWindows[i], kernel.rows, wanted, sums);
    });
    for (let n = 0; n < kernel.rows; n += cols) {
      const width = Math.min(cols, kernel.rows - n);
      addTile(sums, levels + Math.ceil((height * width) / cols));
      sums.partialWrites += tiles * height * width;
      for (let j = 0; j < width; j++) sums.extents[j] = Math.max(sums.extents[j], height);
    }
  }
}

/** One round of each tile of a strip of rows. */
function addStrip(
  inputs: BitRows,
  height: number,
  m: number,
  kernels: BitRows,
  kernelRows: number,
  wanted: BitRows | undefined,
  sums: TileSums,
): void {
  const { cols, fanOut } = sums.parameters;
  const { tiles, stretch } = sums.growth;
  const pairs = new Int32Array(inputs.rows * kernels.rows);
  countPairs(inputs, kernels, pairs);
  const groupsPerTile = Math.ceil(cols / fanOut);
  const round = emptyRound(sums.parameters);
  for (let n = 0; n < kernelRows; n += cols) {
    const width = Math.min(cols, kernelRows - n);
    const group = kernelRows + (n / cols) * groupsPerTile;
    clearRound(round);
    round.rectangle = height * width;
    for (let i = 0; i < height; i++) {
      const at = i * kernels.rows;
      for (let j = n; j < n + width; j++) {
        if (wanted && !isWanted(wanted, m + i, j)) continue;
        const work = pairs[at + j];
        round.work += work;
        if (work > round.longest) round.longest = work;
      }
      for (let g = group; g < group + Math.ceil(width / fanOut); g++) send(round.input, m + i, pairs[at + g]);
    }
    for (let g = height; g < inputs.rows; g++) {
      for (let j = n; j < n + width; j++) send(round.kernel, j, pairs[g * kernels.rows + j]);
    }
    addRound(sums, round);
    sums.deliveries += 2 * tiles * stretch * round.work;
  }
}

/** Sends words of a row over the link of one fan-out group. */
function send(delivery: Delivery, row: number, words: number): void {
  addWords(delivery, row, words);
  if (words > delivery.link) delivery.link = words;
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
): BitRows {
  const tiles = Math.ceil(count / tileRows);
  const groups = (tiles - 1) * Math.ceil(tileRows / fanOut) + Math.ceil((count - (tiles - 1) * tileRows) / fanOut);
  const stride = vectorWords(wordsPerRow);
  const all = new Uint32Array((count + groups) * stride);
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
