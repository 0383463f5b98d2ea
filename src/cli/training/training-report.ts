import type { MaskUpdate, RunLogLine } from '../../callbacks/index.js';
import type { Cell, Chart, Column, Report, Table, Unit } from '../report/contracts.js';
import { maskCharts } from '../report/mask-charts.js';

/** What a person reads of the log of a training: its epochs and curves, and how its masks moved. */
export function trainingReport(lines: readonly RunLogLine[]): Report {
  const updates = lines.flatMap((line) => (line.type === 'masks' ? [line] : []));
  const masks = updates.length > 0 ? [layerTable(updates)] : [];
  return {
    title: 'Training run',
    conditions: conditionsOf(lines),
    tables: [...epochTable(lines), ...masks],
    charts: [...batchCurves(lines), ...maskCharts(lines)],
    data: updateTable(updates),
  };
}

function conditionsOf(lines: readonly RunLogLine[]): string[] {
  const config = lines.flatMap((line) => (line.type === 'run' ? [line.config] : []))[0] ?? {};
  const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const hasNames = typeof config === 'object' && !Array.isArray(config);
  const settings = hasNames ? Object.entries(config).map(([name, value]) => `${name} ${textOf(value)}`) : [textOf(config)];
  const last = lines.findLast(({ type }) => type !== 'run');
  const steps = last && 'step' in last ? last.step + (last.type === 'step' ? 1 : 0) : 0;
  const error = last?.type === 'end' ? last.error : undefined;
  const end =
    last?.type !== 'end' ? 'training has not ended' : error === undefined ? 'training has ended' : `training failed: ${error}`;
  return [...(settings.length > 0 ? [settings.join(', ')] : []), `${steps === 1 ? '1 step' : `${steps} steps`}, ${end}`];
}

const shares = /(^|_)acc$|Accuracy$|^(sparsity|mask_churn|mask_iou|itop)$/;

/** Cycles and energy come first: behind them stands the name of an accelerator, which may be any. */
function unitOf(name: string): Unit {
  if (name.startsWith('cycles_')) return 'count';
  if (name.startsWith('energy_')) return 'energyPj';
  return shares.test(name) ? 'share' : 'plain';
}

function epochTable(lines: readonly RunLogLine[]): Table[] {
  const epochs = lines.flatMap((line) => (line.type === 'epoch' ? [line] : []));
  if (epochs.length === 0) return [];
  const names = [...new Set(epochs.flatMap(({ logs }) => Object.keys(logs)))];
  const columns: Column[] = [
    { name: 'epoch', label: 'epoch', unit: 'plain' },
    ...names.map((name): Column => ({ name, label: name.replaceAll('_', ' '), unit: unitOf(name) })),
  ];
  const rows = epochs.map(({ epoch, logs }): Cell[] => [epoch + 1, ...names.map((name) => finite(logs[name]))]);
  return [{ title: 'Epochs', columns, rows, notes: [] }];
}

/** A curve for each of loss and accuracy of the batches. */
function batchCurves(lines: readonly RunLogLine[]): Chart[] {
  return (['loss', 'acc'] as const).flatMap((name): Chart[] => {
    const points = lines.flatMap((line) => {
      if (line.type !== 'step') return [];
      const value = finite(line.logs[name]);
      return value === null ? [] : [[line.step, value] as const];
    });
    if (points.length < 2) return [];
    const [title, label] = name === 'loss' ? ['Loss', 'loss'] : ['Accuracy', 'accuracy'];
    const x = { label: 'step', unit: 'plain' } as const;
    const series = [{ name: 'training batches', points }];
    return [{ kind: 'curves', title, x, y: { label, unit: unitOf(name) }, series }];
  });
}

const rateColumns: readonly Column[] = [
  { name: 'sparsity', label: 'sparsity', unit: 'share' },
  { name: 'churn', label: 'churn', unit: 'share' },
  { name: 'iou', label: 'overlap', unit: 'share' },
  { name: 'itop', label: 'explored', unit: 'share' },
];
const layerColumns: readonly Column[] = [
  { name: 'layer', label: 'layer', unit: 'text' },
  { name: 'weights', label: 'weights', unit: 'count' },
  ...rateColumns,
];

/** Where the masks of each layer stand, and how much they moved at an update. */
function layerTable(updates: readonly MaskUpdate[]): Table {
  const last = updates[updates.length - 1];
  const moves = updates.slice(1);
  const mean = (of: (update: MaskUpdate) => number, still: number) =>
    moves.length === 0 ? still : moves.reduce((sum, update) => sum + of(update), 0) / moves.length;
  const rows = last.layers.map(({ layer, weights, sparsity, itop }, i): Cell[] => {
    const churn = mean(({ layers }) => layers[i].churn, 0);
    return [layer, weights, sparsity, churn, mean(({ layers }) => layers[i].iou, 1), itop];
  });
  const note = `Churn and overlap: means over ${moves.length} updates of the masks. Explored: ever active, the R_s of ITOP.`;
  return { title: 'Masks', columns: layerColumns, rows, notes: [note] };
}

function updateTable(updates: readonly MaskUpdate[]): Table {
  const rows = updates.flatMap(({ step, layers }) =>
    layers.map(({ layer, weights, sparsity, churn, iou, itop }): Cell[] => [step, layer, weights, sparsity, churn, iou, itop]),
  );
  const columns: Column[] = [{ name: 'step', label: 'step', unit: 'plain' }, ...layerColumns];
  return { title: 'Masks by update', columns, rows, notes: [] };
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
