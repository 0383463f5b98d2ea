import type { AcceleratorReport } from '../../callbacks/cost-report.js';
import type { Cell, Column, Report, Table } from '../report/contracts.js';
import { comparisonTable, phaseTable, resourceTable } from './comparison-tables.js';
import { estimateTable } from './estimates.js';
import { layerTable } from './layer-table.js';
import type { Simulation } from './simulation.js';
import { simulationCharts } from './simulation-charts.js';

/** What a person reads of a simulation: accelerators side by side, then each layer by layer. */
export function simulationReport(simulation: Simulation): Report {
  const { report, conditions, notRun } = simulation;
  const { accelerators, sample } = report;
  return {
    title: `Modelled cost of ${sample.steps === 1 ? 'a training step' : `${sample.steps} training steps`}`,
    conditions: [
      ...conditions,
      ...(sample.unseenLayers.length > 0 ? [`not seen, in no figure: ${sample.unseenLayers.join(', ')}`] : []),
      ...notRun.map(({ name, why }) => `${name} is left out: ${why}`),
    ],
    tables: [
      comparisonTable(report),
      phaseTable('cycles', accelerators),
      phaseTable('energyPj', accelerators),
      ...estimateTable(simulation.estimates, accelerators),
      ...resourceTable(report),
      ...accelerators.map(layerTable),
    ],
    charts: simulationCharts(report),
    data: dataTable(accelerators),
  };
}

/** The report of `compare`: without the layers. */
export function comparisonReport(simulation: Simulation): Report {
  const report = simulationReport(simulation);
  return { ...report, tables: report.tables.slice(0, report.tables.length - simulation.report.accelerators.length) };
}

const sums: readonly Column[] = [
  { name: 'cycles', label: 'cycles', unit: 'count' },
  { name: 'energyPj', label: 'energy', unit: 'energyPj' },
  { name: 'idealCycles', label: 'ideal cycles', unit: 'count' },
  { name: 'units', label: 'units', unit: 'plain' },
  { name: 'usefulUnitCycles', label: 'useful unit-cycles', unit: 'count' },
];
const macs = ['dense', 'effectual', 'executed'] as const;
const roles = ['W', 'A', 'E', 'G'] as const;

/** A row for each accelerator, layer and phase. */
function dataTable(accelerators: readonly AcceleratorReport[]): Table {
  const all = accelerators.flatMap(({ name, rows }) => rows.map((row) => ({ name, ...row })));
  const causes = [...new Set(all.flatMap(({ cost }) => Object.keys(cost.idleUnitCycles)))];
  const count = (name: string): Column => ({ name, label: name, unit: 'count' });
  const text = (name: string): Column => ({ name, label: name, unit: 'text' });
  return {
    title: 'Layers and phases',
    columns: [
      ...['accelerator', 'layer', 'phase'].map(text),
      ...sums,
      ...macs.map((kind) => count(`${kind}Macs`)),
      ...roles.map((role) => count(`dramBytes${role}`)),
      ...causes.map((cause) => count(`idle_${cause}`)),
    ],
    rows: all.map(({ name, layer, phase, cost }): Cell[] => [
      ...[name, layer, phase],
      ...[cost.cycles, cost.energyPj, cost.idealCycles, cost.units, cost.usefulUnitCycles],
      ...macs.map((kind) => cost.macs[kind]),
      ...roles.map((role) => cost.dramBytes[role]),
      ...causes.map((cause) => cost.idleUnitCycles[cause] ?? 0),
    ]),
    notes: [],
  };
}
