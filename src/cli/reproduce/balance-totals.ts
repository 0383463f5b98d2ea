import { type GemmWork, loadBalance, workDeviation } from '../../hw/index.js';

/** Load balance over the PEs in a training step: means over its GEMMs, each with the weight of its multiplications. */
export interface BalanceTotals {
  /** Standard deviation over mean of the multiplications of the PEs, after an even split, the coarse level, and both levels. */
  readonly even: number;
  readonly coarse: number;
  readonly twoLevel: number;
  /** Share of the GEMMs in whose bands all neighbours are within 10 % of the mean work per PE, as Procedure 1 estimates work ... */
  readonly within: number;
  /** ... and as it is. */
  readonly productsWithin: number;
}

/** The spec of a balanced accelerator. */
export type BalancedSpec = Parameters<typeof loadBalance>[1];

interface Entry {
  readonly weight: number;
  readonly balance: BalanceTotals;
}

/** Balance of one GEMM. */
export function balanceOf(work: GemmWork, spec: BalancedSpec): Entry {
  const { dimension, coarse, twoLevel, bands } = loadBalance(work, spec);
  return {
    weight: dimension.reduce((sum, multiplications) => sum + multiplications, 0),
    balance: {
      even: workDeviation(dimension),
      coarse: workDeviation(coarse),
      twoLevel: workDeviation(twoLevel),
      within: Number(isBalanced(bands.estimated)),
      productsWithin: Number(isBalanced(bands.products)),
    },
  };
}

/** The weighted means. */
export function balanceTotals(entries: readonly Entry[]): BalanceTotals {
  const all = entries.reduce((sum, { weight }) => sum + weight, 0);
  const mean = (of: keyof BalanceTotals) => entries.reduce((sum, { weight, balance }) => sum + weight * balance[of], 0) / all;
  return {
    even: mean('even'),
    coarse: mean('coarse'),
    twoLevel: mean('twoLevel'),
    within: mean('within'),
    productsWithin: mean('productsWithin'),
  };
}

/** Whether neighbours differ by at most a tenth of the mean. */
function isBalanced(loads: readonly number[]): boolean {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  return loads.slice(1).every((load, i) => Math.abs(load - loads[i]) <= 0.1 * mean * (1 + 1e-9));
}
