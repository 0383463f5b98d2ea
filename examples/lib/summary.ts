import type { Phase } from 'tfjs-sparsity/hw';
import { joule, percent, si, textTable, wrap } from './format.js';
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
  readonly method: string;
  readonly accelerator: string;
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
        method,
        accelerator: accelerator.name,
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

export const resourceHeads = ['resources', 'units', 'DRAM B/cycle', 'SRAM KB', 'bits', 'GHz', 'energy'];

/** What each accelerator has to work with: a ratio between unequal ones is not of their designs alone. */
export function resourceRows([{ cost }]: readonly RunResult[]): string[][] {
  return (cost?.accelerators ?? []).flatMap(({ name, resources: own }) => {
    if (!own) return [];
    const numbers = [own.units, own.dramBytesPerCycle, own.sramKb, own.valueBits, own.clockGhz];
    return [[name, ...numbers.map(String), own.energyTable]];
  });
}

/** Says in which resources the accelerators differ; undefined where they are equal. */
export function unequalNote([{ cost }]: readonly RunResult[]): string | undefined {
  const unequal = cost?.unequalResources ?? [];
  return unequal.length === 0 ? undefined : `Ratios between accelerators also compare their ${unequal.join(', ')}.`;
}

function resources(runs: readonly RunResult[]): string[] {
  const rows = resourceRows(runs);
  if (rows.length === 0) return [];
  const note = unequalNote(runs);
  return [textTable([resourceHeads, ...rows]), ...(note === undefined ? [] : [wrap(note)])];
}

/** The sparsity of all kernels of a run together. */
export function totalSparsity({ layers }: Pick<RunResult, 'layers'>): number {
  const sum = (of: 'kept' | 'weights') => layers.reduce((total, layer) => total + layer[of], 0);
  return layers.length === 0 ? 0 : 1 - sum('kept') / sum('weights');
}

/** What the terminal shows at the end, 80 columns wide. */
export function summary(runs: readonly RunResult[]): string {
  const accuracy = textTable([
    ['run', 'test accuracy', 'test loss', 'sparsity', 'training', 'in all'],
    ...runs.map((run) => [
      run.name,
      percent(run.accuracy),
      run.loss.toFixed(4),
      percent(totalSparsity(run)),
      run.trainingSeconds === undefined ? '' : `${run.trainingSeconds.toFixed(1)} s`,
      `${run.seconds.toFixed(1)} s`,
    ]),
  ]);
  const layers = runs.filter((run) => run.layers.length > 0).map(layerTable);
  const rows = phaseRows(runs);
  const base = rows.find(({ speedup }) => speedup === 1);
  const part = (title: string, heads: readonly string[], cells: (row: PhaseRow) => string[]) =>
    textTable([
      [title, ...heads],
      ...rows.flatMap((row, i) => [
        ...(row.method === rows[i - 1]?.method ? [] : [[row.method, ...heads.map(() => '')]]),
        [`  ${row.accelerator}`, ...cells(row)],
      ]),
    ]);
  const phaseLabels = [...phases.map(([, label]) => label), 'total'];
  const cost =
    base === undefined
      ? []
      : [
          ...sampleNote(runs),
          part('modelled cycles', phaseLabels, (row) => [...row.cycles, row.totalCycles].map((cycles) => si(cycles))),
          part('modelled energy', phaseLabels, (row) => [...row.energyPj, row.totalEnergyPj].map(joule)),
          part(`against ${base.name}`, ['fewer cycles', 'less energy'], (row) => [
            `${row.speedup.toFixed(2)}x`,
            `${row.energyGain.toFixed(2)}x`,
          ]),
          ...resources(runs),
        ];
  return [accuracy, ...layers, ...cost].join('\n\n');
}

function layerTable({ name, layers }: RunResult): string {
  const table = textTable([
    [`layers of ${name}`, 'weights', 'kept', 'sparsity'],
    ...layers.map((row) => [row.layer, `${row.weights}`, `${row.kept}`, percent(row.sparsity)]),
  ]);
  const dense = layers.flatMap(({ layer, skipped }) => (skipped ? [`${layer} stays dense: ${skipped}`] : []));
  return [table, ...dense].join('\n');
}

/** Says so when cycles and energy stand on a part of the run; nothing for the whole of it. */
function sampleNote(runs: readonly RunResult[]): string[] {
  const sample = runs[0].cost?.sample;
  if (!sample || (sample.every === 1 && sample.images === null)) return [];
  const images = sample.images === null ? '' : `, ${sample.images} images of a batch`;
  return [`modelled from ${sample.sampledSteps} of ${sample.steps} steps${images}, scaled to the whole run`];
}
