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
  /** Rows moved across a border. */
  readonly moves: number;
}

/**
 * Splits the lines of a work into bands, one per partition. A map of at least as many rows as partitions is cut between rows, with all
 * images in each band; of a lower one (and of a dense layer) the lines (row, image) are dealt out one by one.
 *
 * Procedure 1 goes by the estimate of Eqs. 11 to 13: density of the kernel times density of the input under the windows of the rows.
 */
export function splitLines(work: GemmWork, lines: LineWork, partitions: number, coarse: Coarse): WorkSplit {
  const batch = lines.images * lines.copies;
  const granule = lines.rows >= partitions ? batch : 1;
  const items = (lines.rows * batch) / granule;
  const positions = (bounds: readonly number[]) => bounds.map((bound) => bound * granule);
  if (coarse === 'even') return { bounds: positions(evenSplit(items, partitions)), rounds: 0, moves: 0 };
  const estimate = estimateItems(work, lines, granule);
  if (coarse === 'prefix') return { bounds: positions(bestContiguous(estimate.work, partitions)), rounds: 0, moves: 0 };
  const { bounds, iterations, moves } = balanceRows(estimate, partitions, { variant: coarse });
  return { bounds: positions(bounds), rounds: iterations + 1, moves };
}

/** Per item (a row with all images, or a line): non-zeros under its windows times the kernel's density, and elements under them. */
function estimateItems(work: GemmWork, { rows, images, copies, covered, coveredDense }: LineWork, granule: number) {
  const kernelDensity = countBits(work.kernel.nonzeros) / sizeOf(work.kernel.nonzeros.shape);
  const items = (rows * images * copies) / granule;
  const estimate = { work: new Float64Array(items), dense: new Float64Array(items) };
  for (let position = 0; position < rows * images * copies; position++) {
    const item = Math.floor(position / granule);
    const line = Math.floor(position / copies);
    estimate.work[item] += covered[line] * kernelDensity;
    estimate.dense[item] += coveredDense[line];
  }
  return estimate;
}
