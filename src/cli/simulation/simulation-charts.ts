import type { CostReportData } from '../../callbacks/cost-report.js';
import type { BarChart, Chart, Unit, XyChart } from '../report/contracts.js';
import { foldParts } from '../report/fold-parts.js';
import { palette } from '../report/svg-parts.js';
import { phaseLabels } from './comparison-tables.js';

type Parts = Readonly<Record<string, number>>;

/** Cycles by phase, energy by component, where unit-cycles go, and, of several steps, how costs and zeros move. */
export function simulationCharts({ accelerators, series }: CostReportData): Chart[] {
  const bars = (title: string, label: string, unit: Unit, parts: readonly Parts[]): BarChart => {
    const folded = foldParts(parts, palette.length);
    const names = [...new Set(folded.flatMap((bar) => Object.keys(bar)))];
    const named = accelerators.map(({ name }, i) => ({ name, parts: folded[i] }));
    return { kind: 'bars', title, label, unit, parts: names, bars: named };
  };
  const byPhase = accelerators.map(({ rows }): Parts => {
    const sums = phaseLabels.map(([phase, label]) => {
      return [label, rows.reduce((sum, row) => (row.phase === phase ? sum + row.cost.cycles : sum), 0)] as const;
    });
    return Object.fromEntries(sums);
  });
  const energy = accelerators.map(({ total }) => total.byComponentPj);
  const unitCycles = accelerators.map(({ utilisation, idle }) => ({ useful: utilisation, ...idle }));
  return [
    bars('Cycles by phase, modelled', 'cycles', 'count', byPhase),
    bars('Energy by component, modelled', 'energy', 'energyPj', energy),
    bars('Where the unit-cycles go, modelled', 'of units x cycles', 'share', unitCycles),
    ...(series.length > 1 ? curvesOf(accelerators, series) : []),
  ];
}

function curvesOf(accelerators: CostReportData['accelerators'], series: CostReportData['series']): XyChart[] {
  const x = { label: 'step', unit: 'plain' } as const;
  const perStep = (of: 'cycles' | 'energyPj') =>
    accelerators.map(({ name }) => ({
      name,
      points: series.map((step) => [step.step, step.accelerators[name][of]] as const),
    }));
  const zeros = (['W', 'A', 'E', 'G'] as const).map((role) => ({
    name: role,
    points: series.flatMap((step) => (Number.isFinite(step.sparsity[role]) ? [[step.step, step.sparsity[role]] as const] : [])),
  }));
  return [
    { kind: 'curves', title: 'Cycles per step, modelled', x, y: { label: 'cycles', unit: 'count' }, series: perStep('cycles') },
    {
      kind: 'curves',
      title: 'Energy per step, modelled',
      x,
      y: { label: 'energy', unit: 'energyPj' },
      series: perStep('energyPj'),
    },
    { kind: 'curves', title: 'Zeros in the tensors', x, y: { label: 'share', unit: 'share' }, series: zeros },
  ];
}
