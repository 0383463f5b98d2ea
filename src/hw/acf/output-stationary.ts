import { roundNumbers, roundPlaces, tileRounds } from '../../kernels/index.js';
import type { BitRows } from './bit-rows.js';
import { outputGrid } from './output-grid.js';
import { addRound, addTile, switchLevels, type TileSums } from './tile-sums.js';

/**
 * Output-stationary execution of one GEMM whose outputs are all mapped: tiles of rows x cols outputs (the semantics are {@link acf}'s).
 *
 * @param wanted outputs that are wanted, undefined for all; an unwanted one has no work.
 */
export function outputStationary(input: BitRows, kernel: BitRows, wanted: BitRows | undefined, sums: TileSums): void {
  const { rows, cols, queueDepth } = sums.parameters;
  const { growth, extents } = sums;
  const levels = switchLevels(sums.parameters);
  const rounds = Math.ceil(input.cols / queueDepth);
  tileRounds(input, kernel, wanted?.words, outputGrid(sums.parameters), (m, numbers) => {
    const height = Math.min(rows, input.rows - m);
    for (let round = 0, at = 0; round < rounds; round++) {
      for (let n = 0; n < kernel.rows; n += cols, at += roundNumbers) {
        addRound(sums, numbers, at, { rectangle: height * Math.min(cols, kernel.rows - n), laneSums: 0, inputWidth: 1 });
        sums.deliveries += 2 * growth.tiles * growth.stretch * numbers[at + roundPlaces.work];
      }
    }
    for (let n = 0; n < kernel.rows; n += cols) {
      const width = Math.min(cols, kernel.rows - n);
      addTile(sums, levels + Math.ceil((height * width) / cols));
      sums.partialWrites += growth.tiles * height * width;
      for (let j = 0; j < width; j++) extents[j] = Math.max(extents[j], height);
    }
  });
}
