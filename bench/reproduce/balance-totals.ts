import { balanceRows, estimateWork, type GemmWork, loadBalance, type RowWork, workDeviation } from 'tfjs-sparsity/hw';

/** Load balance over the PEs in a training step: means over its GEMMs, each with the weight of its multiplications. */
export interface BalanceTotals {
  /** Standard deviation over mean of the multiplications of the PEs, after an even split, Procedure 1, and both procedures. */
  readonly even: number;
  readonly coarse: number;
  readonly twoLevel: number;
  /** Share of the GEMMs in which Procedure 1 leaves all neighbours within 10 % of the mean work, as printed and as repaired. */
  readonly withinLiteral: number;
  readonly withinRepaired: number;
}

/** The spec of a balanced accelerator. */
export type BalancedSpec = Parameters<typeof loadBalance>[1];

interface Entry extends BalanceTotals {
  readonly weight: number;
}

/** Balance of one GEMM. */
export function balanceOf(work: GemmWork, spec: BalancedSpec): Entry {
  const { dimension, coarse, twoLevel } = loadBalance(work, spec);
  const { rows } = estimateWork(work);
  const within = (variant: 'literal' | 'repaired') =>
    isBalanced(rows, balanceRows(rows, spec.partitionRows * spec.partitionCols, { variant }).bounds) ? 1 : 0;
  return {
    weight: dimension.reduce((sum, multiplications) => sum + multiplications, 0),
    even: workDeviation(dimension),
    coarse: workDeviation(coarse),
    twoLevel: workDeviation(twoLevel),
    withinLiteral: within('literal'),
    withinRepaired: within('repaired'),
  };
}

/** The weighted means. */
export function balanceTotals(entries: readonly Entry[]): BalanceTotals {
  const all = entries.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: keyof BalanceTotals) => entries.reduce((sum, entry) => sum + entry.weight * entry[of], 0) / all;
  return {
    even: mean('even'),
    coarse: mean('coarse'),
    twoLevel: mean('twoLevel'),
    withinLiteral: mean('withinLiteral'),
    withinRepaired: mean('withinRepaired'),
  };
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
