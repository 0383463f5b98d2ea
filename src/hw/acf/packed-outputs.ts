import { packedRounds, roundNumbers, roundPlaces } from '../../kernels/index.js';
import { type BitRows, columnCounts } from './bit-rows.js';
import type { AcfSpec } from './options.js';
import { outputGrid } from './output-grid.js';
import { addRound, addTile, switchLevels, type TileSums } from './tile-sums.js';

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
  const { growth, extents } = sums;
  const levels = switchLevels(sums.parameters);
  const rounds = Math.ceil(input.cols / queueDepth);
  packedRounds(input, kernel, columns, outputGrid(sums.parameters), ({ first, from }, numbers) => {
    const tileColumns = columns.slice(first, first + cols);
    const lengths = tileColumns.map(({ length }) => Math.min(rows, Math.max(0, length - from)));
    // The outputs of an input row lie in any rows of the array: a group is its columns, and takes a word per row and cycle.
    const shape = { rectangle: lengths.length * Math.max(...lengths), laneSums: 0, inputWidth: rows };
    let slots = 0;
    for (let round = 0, at = 0; round < rounds; round++, at += roundNumbers) {
      addRound(sums, numbers, at, shape);
      slots += numbers[at + roundPlaces.work];
    }
    const outputs = lengths.reduce((sum, length) => sum + length, 0);
    addTile(sums, levels + Math.ceil(outputs / cols));
    sums.deliveries += 2 * growth.stretch * slots;
    sums.partialWrites += outputs;
    lengths.forEach((length, j) => {
      extents[j] = Math.max(extents[j], length);
    });
  });
}
