import type { AcceleratorReport, CostReportData } from '../../callbacks/cost-report.js';
import { type Phase, secondsOf } from '../../hw/index.js';
import type { Column, Table } from '../report/contracts.js';
import { formatCell } from '../report/format-cell.js';
import { largestIdle } from '../run/task.js';

/** Phases of a training step and their short names. */
export const phaseLabels: readonly (readonly [phase: Phase, label: string])[] = [
  ['forward', 'FP'],
  ['inputGradient', 'BP'],
  ['weightGradient', 'WG'],
  ['weightUpdate', 'WU'],
];

/** What ratios are against: the dense array where there is one, else the first. */
function baselineOf(accelerators: readonly AcceleratorReport[]): AcceleratorReport {
  return (
    accelerators.find(({ name }) => name === 'dense-array') ??
    accelerators.find(({ spec }) => spec.kind === 'denseArray') ??
    accelerators[0]
  );
}

/** Seconds; at 1 GHz where no clock is declared. */
function timeOf({ cycles, resources }: AcceleratorReport): number {
  return secondsOf(cycles.value, resources?.clockGhz ?? 1);
}

/** Accelerators side by side: cycles, energy, gains, distance to ideal, and what idles most. */
export function comparisonTable({ accelerators }: CostReportData): Table {
  const base = baselineOf(accelerators);
  const errors = accelerators.flatMap(({ cycles }) => cycles.error ?? []);
  const hasErrors = errors.some((error) => error > 0);
  const columns: readonly Column[] = [
    { name: 'accelerator', label: 'accelerator', unit: 'text' },
    { name: 'cycles', label: 'cycles', unit: 'count' },
    ...(hasErrors ? [{ name: 'cyclesError', label: '+-', unit: 'share' } as const] : []),
    { name: 'energyPj', label: 'energy', unit: 'energyPj' },
    { name: 'speedup', label: 'faster', unit: 'times' },
    { name: 'energyGain', label: 'less J', unit: 'times' },
    { name: 'ofIdeal', label: 'of ideal', unit: 'share' },
    { name: 'limitedBy', label: 'limited by', unit: 'text' },
  ];
  return {
    title: 'Accelerators, modelled',
    columns,
    rows: accelerators.map((one) => {
      const { name, cycles, energyPj, total, idle } = one;
      const cause = largestIdle(idle);
      return [
        name,
        cycles.value,
        ...(hasErrors ? [cycles.error === null ? null : cycles.error / cycles.value] : []),
        energyPj.value,
        timeOf(base) / timeOf(one),
        base.energyPj.value / energyPj.value,
        total.idealCycles / total.cycles,
        cause === 'none' ? cause : `${cause} ${formatCell(idle[cause], 'share')}`,
      ];
    }),
    notes: [
      `Faster, each at its clock, and less energy than ${base.name}. Of ideal: the least cycles that units and off-chip bandwidth allow, as a share of all. Limited by: what idles most unit-cycles.`,
    ],
  };
}

/** Cycles or energy by phase. */
export function phaseTable(of: 'cycles' | 'energyPj', accelerators: readonly AcceleratorReport[]): Table {
  const unit = of === 'cycles' ? 'count' : 'energyPj';
  return {
    title: `${of === 'cycles' ? 'Cycles' : 'Energy'} by phase`,
    columns: [
      { name: 'accelerator', label: 'accelerator', unit: 'text' },
      ...phaseLabels.map(([name, label]) => ({ name, label, unit }) as const),
      { name: 'total', label: 'total', unit },
    ],
    rows: accelerators.map(({ name, rows, total }) => [
      name,
      ...phaseLabels.map(([phase]) => rows.reduce((sum, row) => (row.phase === phase ? sum + row.cost[of] : sum), 0)),
      total[of],
    ]),
    notes: of === 'cycles' ? ['FP forward, BP input gradient, WG weight gradient, WU weight update.'] : [],
  };
}

/** What each accelerator has to work with; nothing where no kind is known. */
export function resourceTable({ accelerators, unequalResources }: CostReportData): Table[] {
  const known = accelerators.flatMap(({ name, resources }) => (resources ? [{ name, ...resources }] : []));
  if (known.length === 0) return [];
  const unequal = unequalResources.filter((name) => name !== 'area basis'); // no ratio of this report is per mm2
  return [
    {
      title: 'Resources',
      columns: [
        { name: 'accelerator', label: 'accelerator', unit: 'text' },
        { name: 'units', label: 'units', unit: 'plain' },
        { name: 'dramBytesPerCycle', label: 'DRAM B/cycle', unit: 'plain' },
        { name: 'sramKb', label: 'SRAM KB', unit: 'plain' },
        { name: 'valueBits', label: 'bits', unit: 'plain' },
        { name: 'clockGhz', label: 'GHz', unit: 'plain' },
        { name: 'energyTable', label: 'energy', unit: 'text' },
      ],
      rows: known.map((one) => [
        one.name,
        one.units,
        one.dramBytesPerCycle,
        one.sramKb,
        one.valueBits,
        one.clockGhz,
        one.energyTable,
      ]),
      notes: unequal.length === 0 ? [] : [`Unequal, so that ratios compare these as well: ${unequal.join(', ')}.`],
    },
  ];
}
