import type { Phase, Role } from '../../hw/index.js';
import type { BalanceTotals } from './balance-totals.js';
import { mean } from './mean.js';
import type { SatStep } from './sat-steps.js';
import type { TacticalResults } from './tactical-results.js';
import type { WayName } from './ways.js';

/** A training step of a batch on one accelerator. */
export interface AcceleratorTotals {
  readonly cycles: number;
  readonly cyclesByPhase: Readonly<Record<Phase, number>>;
  readonly energyPj: number;
  readonly dramBytes: Readonly<Record<Role, number>>;
  readonly interconnectPj: number;
  /** Words over links of the on-chip network. */
  readonly nocHops: number;
  readonly macs: { readonly dense: number; readonly effectual: number };
}

/** What one draw of synthetic maps gave for one network: plain data, a line of the results file. */
export interface Draw {
  readonly network: string;
  readonly way: WayName;
  /** 0, 1 ...: which image, with maps of its own. */
  readonly draw: number;
  readonly accelerators: Readonly<Record<string, AcceleratorTotals>>;
  /** Of the proposed accelerator, in each of its readings that were run. */
  readonly balance: Readonly<Record<string, BalanceTotals>>;
  /** Share of zeros. */
  readonly sparsity: Readonly<Record<Role, number>>;
  /** Share of rows for which RP-CSR is the smaller format. */
  readonly csrRows: Readonly<Record<Role, number>>;
  readonly seconds: number;
}

/** All draws of a run; empty when none was asked for. */
export interface Simulations {
  readonly draws: readonly Draw[];
  /** Of paper 002. */
  readonly satSteps?: readonly SatStep[];
  /** What paper 003 needs. */
  readonly tactical?: TacticalResults;
}

/** The draws that stand for the paper's figures. */
export function drawsOfClaims({ draws }: Simulations): readonly Draw[] {
  return draws.filter(({ way }) => way === 'claims');
}

/** A mean with the standard error of it; no error from a single draw. */
export interface Mean {
  readonly mean: number;
  readonly error: number;
  readonly count: number;
}

/** Mean and standard error of values, one per draw. */
export function meanOf(values: readonly number[]): Mean {
  const average = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
  const error = values.length > 1 ? Math.sqrt(squares / (values.length - 1) / values.length) : 0;
  return { mean: average, error, count: values.length };
}

/** The draws of each network, in the order of the first. */
export function byNetwork(draws: readonly Draw[]): ReadonlyMap<string, readonly Draw[]> {
  const names = [...new Set(draws.map(({ network }) => network))];
  return new Map(names.map((name) => [name, draws.filter(({ network }) => network === name)]));
}
