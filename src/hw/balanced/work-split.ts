import { countBits, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { gemmSides } from '../gemm-sides.js';
import { balanceRows } from '../parts/balance/balance-rows.js';
import { bestContiguous, evenSplit } from '../parts/balance/contiguous-split.js';
import type { LineWork } from './line-work.js';

/** Kinds of bands: an even split by PEs, Procedure 1 in two readings, the best there is. */
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

/** Items that Procedure 1 moves at most: of more lines it moves several at a time. */
const mostItems = 65_536;

/**
 * Splits the lines of a work into bands, one per partition: rows of the map, and where a border is within a row, images of that row.
 *
 * Procedure 1 goes by the estimate of Eqs. 11 to 13: density of the kernel times density of the input under the windows of the lines.
 * A partition's due goes by its PEs, of which 64 cannot be shared out evenly among nine; but `literal` divides by the number of
 * partitions, as 001 prints it, and its densities do not see how many PEs there are.
 *
 * @param pes PEs of each partition.
 */
export function splitLines(work: GemmWork, lines: LineWork, pes: readonly number[], coarse: Coarse): WorkSplit {
  const positions = lines.rows * lines.images * lines.copies;
  if (coarse === 'even') return { bounds: evenSplit(positions, pes), rounds: 0, moves: 0 };
  const granule = Math.ceil(positions / mostItems);
  const toPositions = (bounds: readonly number[]) => bounds.map((bound) => Math.min(bound * granule, positions));
  const estimate = estimateItems(work, lines, granule);
  if (coarse === 'prefix') return { bounds: toPositions(bestContiguous(estimate.work, pes)), rounds: 0, moves: 0 };
  const { bounds, iterations, moves } = balanceRows(estimate, coarse === 'literal' ? pes.length : pes, { variant: coarse });
  return { bounds: toPositions(bounds), rounds: iterations + 1, moves };
}

/** Per item, a run of `granule` lines: non-zeros under their windows times the kernel's density, and elements under them. */
function estimateItems(work: GemmWork, { rows, images, copies, covered, coveredDense }: LineWork, granule: number) {
  const [, { nonzeros }] = gemmSides(work);
  const kernelDensity = countBits(nonzeros) / sizeOf(nonzeros.shape);
  const items = Math.ceil((rows * images * copies) / granule);
  const estimate = { work: new Float64Array(items), dense: new Float64Array(items) };
  for (let line = 0; line < rows * images; line++) {
    for (let from = line * copies, end = from + copies; from < end; ) {
      const item = Math.floor(from / granule);
      const to = Math.min(end, (item + 1) * granule);
      estimate.work[item] += (to - from) * covered[line] * kernelDensity;
      estimate.dense[item] += (to - from) * coveredDense[line];
      from = to;
    }
  }
  return estimate;
}
