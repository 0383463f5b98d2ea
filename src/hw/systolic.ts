import { SparsityError } from '../errors.js';

/** What stays in the array: the kernel (WS), the outputs (OS) or the input (IS). */
export type Dataflow = 'WS' | 'OS' | 'IS';

/** A GEMM on a systolic array: m x k (input) by k x n (kernel) on rows x cols units. */
export interface SystolicGemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly rows: number;
  readonly cols: number;
  readonly dataflow: Dataflow;
}

/** What {@link systolic} answers. */
export interface SystolicCounts {
  /** Times the array is filled: ceil(mapped rows / rows) * ceil(mapped cols / cols). */
  readonly folds: number;
  /** Dimension of the GEMM along the rows, along the columns, and streamed through. */
  readonly mapped: { readonly rows: number; readonly cols: number; readonly streamed: number };
  /** Every fold takes as long as a full one. */
  readonly cyclesPerFold: number;
  /** folds * cyclesPerFold, without memory stalls. */
  readonly cycles: number;
  /** cycles - 1: the index of the last cycle, which SCALE-Sim reports as its total. */
  readonly lastCycle: number;
  /** Values read from the input and kernel buffers, and written to the output buffer, partial sums included. */
  readonly sramInputReads: number;
  readonly sramKernelReads: number;
  readonly sramOutputWrites: number;
  /** m * n * k / (lastCycle * rows * cols), in [0, 1]: SCALE-Sim's overall utilisation. */
  readonly utilisation: number;
  /** Share of the array that holds something, averaged over the folds. */
  readonly mappingEfficiency: number;
}

/**
 * Cycles and buffer traffic of a dense GEMM on a systolic array, in closed form (SCALE-Sim v3).
 *
 * | dataflow | rows | cols | streamed T | cycles per fold |
 * |---|---|---|---|---|
 * | WS | k | n | m | 2 rows + cols + T - 2 |
 * | IS | k | m | n | 2 rows + cols + T - 2 |
 * | OS | m | n | k | rows + cols + T - 2 |
 *
 * Folds do not overlap. Outputs are written m * n times under OS; SCALE-Sim adds rows + cols per fold there, which no hardware writes.
 *
 * @throws SparsityError when a size is not a positive integer.
 * @example
 * ```ts
 * systolic({m: 1, n: 1, k: 1, rows: 32, cols: 32, dataflow: 'WS'}).lastCycle; // 94
 * ```
 */
export function systolic({ m, n, k, rows, cols, dataflow }: SystolicGemm): SystolicCounts {
  for (const [what, value] of Object.entries({ m, n, k, rows, cols })) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new SparsityError({
        what: `systolic GEMM: ${what}`,
        got: value,
        expected: 'a positive integer',
        fix: 'check the shapes',
      });
    }
  }
  const mapped = mappings[dataflow](m, n, k);
  const rowFolds = Math.ceil(mapped.rows / rows);
  const colFolds = Math.ceil(mapped.cols / cols);
  const folds = rowFolds * colFolds;
  const cyclesPerFold = (dataflow === 'OS' ? 1 : 2) * rows + cols + mapped.streamed - 2;
  const cycles = folds * cyclesPerFold;
  return {
    folds,
    mapped,
    cyclesPerFold,
    cycles,
    lastCycle: cycles - 1,
    sramInputReads: m * k * (dataflow === 'IS' ? 1 : colFolds),
    sramKernelReads: k * n * (dataflow === 'WS' ? 1 : dataflow === 'OS' ? rowFolds : colFolds),
    sramOutputWrites: m * n * (dataflow === 'OS' ? 1 : rowFolds),
    utilisation: (m * n * k) / ((cycles - 1) * rows * cols),
    mappingEfficiency: (mapped.rows * mapped.cols) / (folds * rows * cols),
  };
}

const mappings: Record<Dataflow, (m: number, n: number, k: number) => SystolicCounts['mapped']> = {
  WS: (m, n, k) => ({ rows: k, cols: n, streamed: m }),
  OS: (m, n, k) => ({ rows: m, cols: n, streamed: k }),
  IS: (m, n, k) => ({ rows: k, cols: m, streamed: n }),
};
