import type { Phase } from 'tfjs-sparsity/hw';
import { joule, percent, si, textTable } from './format.js';
import type { RunResult } from './run-result.js';

export const phases: readonly (readonly [phase: Phase, label: string])[] = [
  ['forward', 'forward'],
  ['inputGradient', 'grad A'],
  ['weightGradient', 'grad W'],
  ['weightUpdate', 'update'],
];

/** One run on one accelerator: modelled cycles and energy of the whole training, by phase. */
export interface PhaseRow {
  readonly name: string;
  readonly cycles: readonly number[];
  readonly energyPj: readonly number[];
  readonly totalCycles: number;
  readonly totalEnergyPj: number;
  /** Cycles and energy of the first run on the dense array over those of this row. */
  readonly speedup: number;
  readonly energyGain: number;
}

/** A row for each run on each accelerator. */
export function phaseRows(runs: readonly RunResult[]): PhaseRow[] {
  const rows = runs.flatMap(({ method, cost }) =>
    (cost?.accelerators ?? []).map((accelerator) => {
      const sums = phases.map(([phase]) => {
        const own = accelerator.rows.filter((row) => row.phase === phase);
        const sum = (of: 'cycles' | 'energyPj') => own.reduce((total, row) => total + row.cost[of], 0);
        return { cycles: sum('cycles'), energyPj: sum('energyPj') };
      });
      return {
        name: `${method} on ${accelerator.name}`,
        kind: accelerator.spec.kind,
        cycles: sums.map(({ cycles }) => cycles),
        energyPj: sums.map(({ energyPj }) => energyPj),
        totalCycles: accelerator.total.cycles,
        totalEnergyPj: accelerator.total.energyPj,
      };
    }),
  );
  const base = rows.find(({ kind }) => kind === 'denseArray') ?? rows[0];
  return rows.map(({ kind: _, ...row }) => ({
    ...row,
    speedup: base.totalCycles / row.totalCycles,
    energyGain: base.totalEnergyPj / row.totalEnergyPj,
  }));
}

/** The sparsity of all kernels of a run together. */
export function totalSparsity({ layers }: RunResult): number {
  const sum = (of: 'kept' | 'weights') => layers.reduce((total, layer) => total + layer[of], 0);
  return layers.length === 0 ? 0 : 1 - sum('kept') / sum('weights');
}

/** What the terminal shows at the end, 80 columns wide. */
export function summary(runs: readonly RunResult[]): string {
  const accuracy = textTable([
    ['run', 'test accuracy', 'test loss', 'sparsity', 'seconds'],
    ...runs.map((run) => [
      run.name,
      percent(run.accuracy),
      run.loss.toFixed(4),
      percent(totalSparsity(run)),
      run.seconds.toFixed(1),
    ]),
  ]);
  const layers = runs.flatMap(({ name, layers }) =>
    layers.length === 0
      ? []
      : [
          textTable([
            [`layers of ${name}`, 'weights', 'kept', 'sparsity', ''],
            ...layers.map((row) => [row.layer, `${row.weights}`, `${row.kept}`, percent(row.sparsity), row.skipped ?? '']),
          ]),
        ],
  );
  const rows = phaseRows(runs);
  const part = (title: string, cells: (row: PhaseRow) => string[]) =>
    textTable([[title, ...phases.map(([, label]) => label), 'total'], ...rows.map((row) => [row.name, ...cells(row)])]);
  const cost =
    rows.length === 0
      ? []
      : [
          part('modelled cycles', (row) => [...row.cycles, row.totalCycles].map((cycles) => si(cycles))),
          part('modelled energy', (row) => [...row.energyPj, row.totalEnergyPj].map(joule)),
          textTable([
            [`against ${rows.find(({ speedup }) => speedup === 1)?.name ?? rows[0].name}`, 'fewer cycles', 'less energy'],
            ...rows.map((row) => [row.name, `${row.speedup.toFixed(2)}x`, `${row.energyGain.toFixed(2)}x`]),
          ]),
        ];
  return [accuracy, ...layers, ...cost].join('\n\n');
}
