import {
  type Chart,
  escapeXml,
  foldParts,
  htmlFigures,
  htmlPage,
  maskCharts,
  palette,
  type Unit,
  type XyChart,
} from 'tfjs-sparsity/report';
import type { Dataset } from './dataset.js';
import { joule, percent, si } from './format.js';
import { paragraph, table, tile } from './html-parts.js';
import { metricTables } from './metric-tables.js';
import type { RunOptions } from './options.js';
import type { RunResult } from './run-result.js';
import { phaseRows, phases, resourceHeads, resourceRows, totalSparsity, unequalNote } from './summary.js';

/** The report of one or two runs as a self-contained HTML page, `command` at its foot; the same runs give the same bytes. */
export function reportPage(options: RunOptions, data: Dataset, runs: readonly RunResult[], command: string): string {
  const pruned = runs[runs.length - 1];
  const title = `${options.model} on ${data.name}, ${pruned.name}`;
  const optimizer = options.optimizer?.name ?? 'adam';
  const lead = `${data.train.count} training images, ${options.epochs} epochs, batch ${options.batchSize}, ${optimizer}, seed ${options.seed}.`;
  const modelled = pruned.cost ? ' Cycles and energy are modelled from the real tensors of the run.' : '';
  const cost = pruned.cost ? [costCharts(runs, pruned)] : [];
  const body = [tiles(runs), training(runs), masks(runs), ...cost, tables(runs)].join('');
  return htmlPage({ title, lead: [lead + modelled], body, foot: command });
}

function tiles(runs: readonly RunResult[]): string {
  const rows = phaseRows(runs);
  const best = rows.length > 0 ? rows.reduce((a, b) => (b.speedup > a.speedup ? b : a)) : undefined;
  const base = rows.find(({ speedup }) => speedup === 1);
  const pruned = runs[runs.length - 1];
  const dense = runs.length > 1 ? runs[0] : undefined;
  const cost =
    best && base
      ? [
          tile(`${best.speedup.toFixed(2)}x`, 'fewer cycles, modelled', `${best.name}, against ${base.name}`),
          tile(
            `${best.energyGain.toFixed(2)}x`,
            'less energy, modelled',
            `${joule(best.totalEnergyPj)} against ${joule(base.totalEnergyPj)}`,
          ),
        ]
      : [];
  const weights = (of: 'kept' | 'weights') => si(pruned.layers.reduce((sum, layer) => sum + layer[of], 0));
  const zeros =
    pruned.layers.length > 0
      ? [tile(percent(totalSparsity(pruned), 1), 'of the weights are zero', `${weights('kept')} of ${weights('weights')} stay`)]
      : [];
  return `<section class="tiles">${[
    tile(percent(pruned.accuracy), 'test accuracy', dense ? `dense: ${percent(dense.accuracy)}` : pruned.name),
    ...zeros,
    ...cost,
  ].join('')}</section>`;
}

/** Curves over the steps of a training. */
function curves(title: string, y: XyChart['y'], series: XyChart['series'], note: string): Chart {
  return { kind: 'curves', title, x: { label: 'step', unit: 'plain' }, y, series, note };
}

function training(runs: readonly RunResult[]): string {
  const curve = (of: 'loss' | 'accuracy' | 'sparsity') =>
    runs.map(({ name, steps }) => ({ name, points: steps.map((step) => [step.step, step[of]] as const) }));
  const tested = runs.map(({ name, epochs }) => ({
    name,
    points: epochs.map(({ step, accuracy }) => [step, accuracy] as const),
  }));
  const ofImages = { label: 'of the images', unit: 'share', fromZero: false } as const;
  return `<h2>Training</h2>${htmlFigures([
    curves('Loss', { label: 'cross-entropy', unit: 'plain', fromZero: false }, curve('loss'), 'Training batches.'),
    curves('Accuracy', ofImages, curve('accuracy'), 'Training batches.'),
    curves('Test accuracy', ofImages, tested, 'After each epoch, of the first 2,000 test images.'),
    curves(
      'Weight sparsity',
      { label: 'of the weights', unit: 'share' },
      curve('sparsity'),
      'Forward masks of all prunable layers together.',
    ),
  ])}`;
}

/** How the masks of the pruned networks moved, and where they lie at the end. */
function masks(runs: readonly RunResult[]): string {
  return runs
    .map(({ name, masks: lines }) => ({ name, charts: maskCharts(lines) }))
    .filter(({ charts }) => charts.length > 0)
    .map(({ name, charts }) => `<h2>Masks of ${escapeXml(name)}</h2>${htmlFigures(charts)}`)
    .join('');
}

function costCharts(runs: readonly RunResult[], pruned: RunResult): string {
  const series = pruned.cost?.series ?? [];
  const roles = { W: 'W weights', G: 'G weight gradients', A: 'A activations', E: 'E errors' } as const;
  const zeros = (['W', 'G', 'A', 'E'] as const).map((role) => ({
    name: roles[role],
    points: series.map((step) => [step.step, step.sparsity[role]] as const),
  }));
  const perStep = (of: 'cycles' | 'energyPj') =>
    runs.flatMap(({ name, cost }) =>
      (cost?.accelerators ?? []).map((accelerator) => ({
        name: `${name} on ${accelerator.name}`,
        points: (cost?.series ?? []).map((step) => [step.step, step.accelerators[accelerator.name][of]] as const),
      })),
    );
  const accelerators = runs.flatMap(({ name, cost }) =>
    (cost?.accelerators ?? []).map((accelerator) => ({ name: `${name} on ${accelerator.name}`, accelerator })),
  );
  const bars = (
    title: string,
    label: string,
    unit: Unit,
    parts: readonly Readonly<Record<string, number>>[],
    note: string,
  ): Chart => ({
    kind: 'bars',
    title,
    label,
    unit,
    parts: [...new Set(parts.flatMap((record) => Object.keys(record)))],
    bars: accelerators.map(({ name }, i) => ({ name, parts: parts[i] })),
    note,
  });
  const idle = foldParts(
    accelerators.map(({ accelerator }) => accelerator.idle),
    palette.length - 1,
  );
  const causes = accelerators.map(({ accelerator }, i) => ({ useful: accelerator.utilisation, ...idle[i] }));
  const components = accelerators.map(({ accelerator }) => accelerator.total.byComponentPj);
  return `<h2>On the accelerators, modelled</h2>${htmlFigures([
    curves(
      'Zeros in the tensors',
      { label: 'of the values', unit: 'share' },
      zeros,
      `All layers of ${pruned.name} together, each sampled step.`,
    ),
    curves('Cycles per step', { label: 'cycles', unit: 'count' }, perStep('cycles'), 'Forward, both gradients and the update.'),
    curves(
      'Energy per step',
      { label: 'energy', unit: 'energyPj' },
      perStep('energyPj'),
      'Compute, memories, interconnect and DRAM.',
    ),
    bars('Energy by component', 'whole run', 'energyPj', components, "Priced by the accelerator's energy table."),
    bars(
      'Where the unit-cycles go',
      'of units x cycles',
      'share',
      causes,
      'Useful work and idle causes add up to all unit-cycles.',
    ),
  ])}`;
}

function tables(runs: readonly RunResult[]): string {
  const rows = phaseRows(runs);
  const labels = phases.map(([, label]) => label);
  const cost =
    rows.length === 0
      ? ''
      : `<h2>Cycles and energy by phase, modelled</h2>${table(
          ['cycles', ...labels, 'total', 'fewer'],
          rows.map((row) => [
            row.name,
            ...row.cycles.map((cycles) => si(cycles)),
            si(row.totalCycles),
            `${row.speedup.toFixed(2)}x`,
          ]),
        )}${table(
          ['energy', ...labels, 'total', 'less'],
          rows.map((row) => [row.name, ...row.energyPj.map(joule), joule(row.totalEnergyPj), `${row.energyGain.toFixed(2)}x`]),
        )}`;
  const own = resourceRows(runs);
  const resources = own.length === 0 ? '' : table(resourceHeads, own) + paragraph(unequalNote(runs) ?? '');
  const layers = runs
    .filter((run) => run.layers.length > 0)
    .map(
      (run) =>
        `<h2>Layers of ${run.name}</h2>${table(
          ['layer', 'weights', 'kept', 'sparsity'],
          run.layers.map((row) => [row.layer, `${row.weights}`, `${row.kept}`, row.skipped ?? percent(row.sparsity)]),
        )}`,
    );
  return cost + resources + metricTables(runs) + layers.join('');
}
