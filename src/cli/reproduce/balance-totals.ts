import { balanceRows, estimateWork, type GemmWork, loadBalance, type RowWork, workDeviation } from '../../hw/index.js';

/** Load balance over the PEs in a training step: means over its GEMMs, each with the weight of its multiplications. */
export interface BalanceTotals {
  /** Standard deviation over mean of the multiplications of the PEs, after an even split, Procedure 1, and both procedures. */
  readonly even: number;
  readonly coarse: number;
  readonly twoLevel: number;
  /** Share of the convolutions in which Procedure 1 leaves all neighbours within 10 % of the mean work, as printed and as repaired. */
  readonly withinLiteral: number;
  readonly withinRepaired: number;
  /** The latter of maps of at least {@link tallRows} rows; absent where there are none. */
  readonly withinTall?: number;
}

/** Rows of a map of which a partition of nine has six or more. */
export const tallRows = 56;

/** The spec of a balanced accelerator. */
export type BalancedSpec = Parameters<typeof loadBalance>[1];

interface Entry {
  readonly weight: number;
  /** Rows of the map that is split; 1 for a dense layer. */
  readonly rows: number;
  readonly deviations: Pick<BalanceTotals, 'even' | 'coarse' | 'twoLevel'>;
  readonly within: Readonly<Record<'literal' | 'repaired', boolean>>;
}

/** Balance of one GEMM. */
export function balanceOf(work: GemmWork, spec: BalancedSpec): Entry {
  const { dimension, coarse, twoLevel } = loadBalance(work, spec);
  const { rows } = estimateWork(work);
  const within = (variant: 'literal' | 'repaired') =>
    isBalanced(rows, balanceRows(rows, spec.partitionRows * spec.partitionCols, { variant }).bounds);
  return {
    weight: dimension.reduce((sum, multiplications) => sum + multiplications, 0),
    rows: rows.work.length / work.nest.batch,
    deviations: { even: workDeviation(dimension), coarse: workDeviation(coarse), twoLevel: workDeviation(twoLevel) },
    within: { literal: within('literal'), repaired: within('repaired') },
  };
}

/** The weighted means. */
export function balanceTotals(entries: readonly Entry[]): BalanceTotals {
  const convolutions = entries.filter(({ rows }) => rows > 1);
  const tall = entries.filter(({ rows }) => rows >= tallRows);
  return {
    even: mean(entries, ({ deviations }) => deviations.even),
    coarse: mean(entries, ({ deviations }) => deviations.coarse),
    twoLevel: mean(entries, ({ deviations }) => deviations.twoLevel),
    withinLiteral: mean(convolutions, ({ within }) => Number(within.literal)),
    withinRepaired: mean(convolutions, ({ within }) => Number(within.repaired)),
    ...(tall.length > 0 && { withinTall: mean(tall, ({ within }) => Number(within.repaired)) }),
  };
}

function mean(entries: readonly Entry[], of: (entry: Entry) => number): number {
  const all = entries.reduce((sum, { weight }) => sum + weight, 0);
  return entries.reduce((sum, entry) => sum + entry.weight * of(entry), 0) / all;
}

function isBalanced({ work }: RowWork, bounds: readonly number[]): boolean {
  const loads = bounds.slice(1).map((end, i) => {
    let load = 0;
    for (let row = bounds[i]; row < end; row++) load += work[row];
    return load;
  });
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  return loads.slice(1).every((load, i) => Math.abs(load - loads[i]) <= 0.1 * mean);
}
