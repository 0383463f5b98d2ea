import type { BitRows } from './bit-rows.js';
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
  const { tiles, stretch } = sums.growth;
  const strip = new Uint32Array((rows + Math.ceil(rows / fanOut)) * vectorWords(input.wordsPerRow));
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
      sums.deliveries += 2 * tiles * stretch * tile.work;
      sums.partialWrites += tiles * tile.rectangle;
      for (let j = 0; j < width; j++) sums.extents[j] = Math.max(sums.extents[j], height);
    }
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

function vectorWords(words: number): number {
  return 4 * Math.ceil(words / 4);
}
