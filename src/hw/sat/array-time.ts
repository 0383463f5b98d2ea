import type { SatSpec } from './options.js';

/** How a GEMM lies on the array: what stays in it, and under OS of which side a USPE takes several tiles in turn. */
export interface Mapping {
  readonly dataflow: 'OS' | 'WS';
  readonly interleave: 'rows' | 'columns';
}

/** The mappings that the offline schedule chooses from. WS has no sums to wait for: each weight meets another row in each cycle. */
export const mappings: readonly Mapping[] = [
  { dataflow: 'WS', interleave: 'rows' },
  { dataflow: 'OS', interleave: 'rows' },
  { dataflow: 'OS', interleave: 'columns' },
];

/** A GEMM as it is streamed: m rows, n columns, and the length of the reduction in each block of columns. */
export interface StreamedGemm {
  readonly m: number;
  readonly n: number;
  readonly slots: readonly number[];
}

type ArraySpec = Pick<SatSpec, 'rows' | 'cols' | 'interleave' | 'addLatencyCycles'>;

/** What the array does for a GEMM, memory aside. Unit-cycles: `executed + underfilled + accumulation + fill = rows * cols * cycles`. */
export interface ArrayTime {
  readonly cycles: number;
  /** Slots of USPEs that hold an output and a place of the reduction. */
  readonly executed: number;
  readonly underfilled: number;
  /** Waiting for the adder, where a USPE has fewer outputs in turn than it has stages. */
  readonly accumulation: number;
  /** Skew of the array, and under OS the outputs shifted out. */
  readonly fill: number;
  /** Times that the array is filled. */
  readonly folds: number;
  /** Columns times slots that pass into the array, with repetitions: reads of the kernel where it is the compact operand. */
  readonly kernelReads: number;
  /** Partial sums written to and read from the output buffer. */
  readonly sums: number;
}

/** Columns that the array holds at once. */
export function blockWidth({ dataflow, interleave }: Mapping, { cols, interleave: outputs }: ArraySpec): number {
  return dataflow === 'OS' && interleave === 'columns' ? cols * outputs : cols;
}

/**
 * Cycles of a GEMM (ledger 1.3.3), per block of columns with `s` slots:
 *
 *     WS   ceil(s / rows) folds of m + rows + cols - 2
 *     OS   s * max(t, addLatencyCycles) + rows + cols - 2 + t * rows    for t outputs in turn, whose sums leave down the columns
 */
export function arrayTime({ m, n, slots }: StreamedGemm, mapping: Mapping, spec: ArraySpec): ArrayTime {
  const { rows, cols, addLatencyCycles } = spec;
  const units = rows * cols;
  const width = blockWidth(mapping, spec);
  const skew = rows + cols - 2;
  let [cycles, executed, streamed, stalled, folds, kernelReads, sums] = [0, 0, 0, 0, 0, 0, 0];
  slots.forEach((length, block) => {
    const columns = Math.min(width, n - block * width);
    executed += m * columns * length;
    if (mapping.dataflow === 'WS') {
      const deep = Math.ceil(length / rows);
      folds += deep;
      streamed += deep * m;
      cycles += deep * (m + skew);
      kernelReads += columns * length;
      sums += m * columns * (2 * deep - 1);
      return;
    }
    for (const { turn, count } of turnsOf(m, columns, mapping, spec)) {
      folds += count;
      streamed += count * length * turn;
      stalled += count * length * Math.max(0, addLatencyCycles - turn);
      cycles += count * (length * Math.max(turn, addLatencyCycles) + skew + turn * rows);
      kernelReads += count * columns * length;
    }
    sums += m * columns;
  });
  const fill = units * (cycles - streamed - stalled);
  return {
    cycles,
    executed,
    underfilled: units * streamed - executed,
    accumulation: units * stalled,
    fill,
    folds,
    kernelReads,
    sums,
  };
}

/** How many outputs a USPE takes in turn, and how often. */
function turnsOf(m: number, columns: number, { interleave }: Mapping, spec: ArraySpec): { turn: number; count: number }[] {
  const rowTiles = Math.ceil(m / spec.rows);
  if (interleave === 'columns') return [{ turn: Math.ceil(columns / spec.cols), count: rowTiles }];
  const rest = rowTiles % spec.interleave;
  const full = { turn: spec.interleave, count: (rowTiles - rest) / spec.interleave };
  return [full, { turn: rest, count: rest > 0 ? 1 : 0 }].filter(({ count }) => count > 0);
}
