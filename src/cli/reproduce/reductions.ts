import type { Role } from '../../hw/index.js';
import { type AcceleratorTotals, byNetwork, type Draw, type Mean, meanOf } from './simulations.js';

/** The baselines of 001, by the names of its claims. */
export const baselines = { SCNN: 'scnn-001', SIGMA: 'sigma-001', SparseTrain: 'sparse-train-001' } as const;
export type Baseline = keyof typeof baselines;
export const baselineNames = Object.keys(baselines) as readonly Baseline[];

/** Accelerators that are the proposed one by how many PEs it has (ledger 1.2.7). */
export const readings = {
  '64 PEs': 'balanced',
  '54 PEs (864 multipliers)': 'balanced-54',
  '81 PEs (1296)': 'balanced-81',
} as const;

export const roles: readonly Role[] = ['W', 'G', 'A', 'E'];

/** What of an accelerator's totals is compared. */
export type Measured = Pick<AcceleratorTotals, 'cycles' | 'energyPj' | 'dramBytes'>;

export const measures = {
  traffic: ({ dramBytes }) => roles.reduce((sum, role) => sum + dramBytes[role], 0),
  time: ({ cycles }) => cycles,
  energy: ({ energyPj }) => energyPj,
} satisfies Record<string, (totals: Measured) => number>;
export type Measure = keyof typeof measures;

/** By how many per cent ours is below a baseline: 100 (1 - P/B), mean and error over draws of one network. */
export function reduction(draws: readonly Draw[], measure: Measure, baseline: Baseline, ours = 'balanced'): Mean {
  const of = measures[measure];
  return meanOf(draws.map(({ accelerators }) => 100 * (1 - of(accelerators[ours]) / of(accelerators[baselines[baseline]]))));
}

/** The mean over networks of their reductions. */
export function averageReduction(draws: readonly Draw[], measure: Measure, baseline: Baseline, ours = 'balanced'): Mean {
  return meanOfMeans([...byNetwork(draws).values()].map((own) => reduction(own, measure, baseline, ours)));
}

/** The mean of independent means; errors add in squares. */
function meanOfMeans(means: readonly Mean[]): Mean {
  const mean = means.reduce((sum, one) => sum + one.mean, 0) / means.length;
  const error = Math.sqrt(means.reduce((sum, one) => sum + one.error ** 2, 0)) / means.length;
  return { mean, error, count: means.reduce((sum, { count }) => sum + count, 0) };
}

/** The part of each tensor in the traffic that ours saves, in per cent of the baseline's traffic; they add up to the reduction. */
export function savedByRole(draws: readonly Draw[], baseline: Baseline, ours = 'balanced'): Readonly<Record<Role, number>> {
  const part = (role: Role) =>
    meanOf(
      draws.map(({ accelerators }) => {
        const theirs = accelerators[baselines[baseline]];
        return (100 * (theirs.dramBytes[role] - accelerators[ours].dramBytes[role])) / measures.traffic(theirs);
      }),
    ).mean;
  return { W: part('W'), G: part('G'), A: part('A'), E: part('E') };
}
