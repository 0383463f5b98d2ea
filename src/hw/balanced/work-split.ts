import { countBits, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { balanceRows } from '../parts/balance/balance-rows.js';
import { bestContiguous, evenSplit } from '../parts/balance/contiguous-split.js';
import type { LineWork } from './line-work.js';

/** Kinds of bands: an even split, Procedure 1 in two readings, the best there is. */
export type Coarse = 'even' | 'literal' | 'repaired' | 'prefix';

/** How lines are split among partitions. */
export interface WorkSplit {
  /** Where the lines of each partition begin, as positions in the order of lines: row by row, in a row image by image of the real batch. */
  readonly bounds: readonly number[];
  /** Rounds of Procedure 1, the one that finds nothing to move among them; 0 where it does not run. */
  readonly rounds: number;
  /** Lines moved across a border. */
  readonly moves: number;
}

/**
 * Splits the lines of a work into bands, one per partition: rows of the map, and where a border is within a row, images of that row.
 *
 * Procedure 1 goes by the estimate of Eqs. 11 to 13: density of the kernel times density of the input under the windows of the lines.
 */
export function splitLines(work: GemmWork, lines: LineWork, partitions: number, coarse: Coarse): WorkSplit {
  if (coarse === 'even') {
    return { bounds: evenSplit(lines.rows * lines.images * lines.copies, partitions), rounds: 0, moves: 0 };
  }
  const estimate = estimateLines(work, lines);
  if (coarse === 'prefix') return { bounds: bestContiguous(estimate.work, partitions), rounds: 0, moves: 0 };
  const { bounds, iterations, moves } = balanceRows(estimate, partitions, { variant: coarse });
  return { bounds, rounds: iterations + 1, moves };
}

/** Per line: non-zeros under its windows times the kernel's density, and elements under them. */
function estimateLines({ kernel }: GemmWork, { rows, images, copies, covered, coveredDense }: LineWork) {
  const kernelDensity = countBits(kernel.nonzeros) / sizeOf(kernel.nonzeros.shape);
  const length = rows * images * copies;
  return {
    work: Float64Array.from({ length }, (_, position) => covered[Math.floor(position / copies)] * kernelDensity),
    dense: Float64Array.from({ length }, (_, position) => coveredDense[Math.floor(position / copies)]),
  };
}
