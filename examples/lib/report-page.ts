import { foldParts, lineChart, palette, type Series, stackedBars } from './charts.js';
import type { Dataset } from './dataset.js';
import { joule, percent, si } from './format.js';
import { figure, page, paragraph, table, tile } from './html-page.js';
import { metricTables } from './metric-tables.js';
import type { RunOptions } from './options.js';
import type { RunResult } from './run-result.js';
import { phaseRows, phases, resourceHeads, resourceRows, totalSparsity, unequalNote } from './summary.js';

/** The report of one or two runs as a self-contained HTML page, `command` at its foot; the same runs give the same bytes. */
export function reportPage(options: RunOptions, data: Dataset, runs: readonly RunResult[], command: string): string {
  const pruned = runs[runs.length - 1];
  const title = `${options.model} on ${data.name}, ${pruned.name}`;
  const lead = `${data.train.count} training images, ${options.epochs} epochs, batch ${options.batchSize}, Adam, seed ${options.seed}. Cycles and energy are modelled from the real tensors of the run.`;
  const body = [tiles(runs), training(runs), ...(pruned.cost ? [costCharts(runs, pruned)] : []), tables(runs)].join('');
  return page(title, lead, body, command);
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
  return `<section class="tiles">${[
    tile(percent(pruned.accuracy), 'test accuracy', dense ? `dense: ${percent(dense.accuracy)}` : pruned.name),
    tile(
      percent(totalSparsity(pruned), 1),
      'of the weights are zero',
      `${si(pruned.layers.reduce((sum, layer) => sum + layer.kept, 0))} of ${si(pruned.layers.reduce((sum, layer) => sum + layer.weights, 0))} stay`,
    ),
    ...cost,
  ].join('')}</section>`;
}

const curve = (run: RunResult, of: 'loss' | 'accuracy' | 'sparsity'): Series => ({
  name: run.name,
  points: run.steps.map((step) => [step.step, step[of]]),
});

function training(runs: readonly RunResult[]): string {
  const names = runs.map(({ name }) => name);
  const tested = runs.map(({ name, epochs }) => ({
    name,
    points: epochs.map(({ step, accuracy }) => [step, accuracy] as const),
  }));
  return `<h2>Training</h2><div class="grid">${[
    figure(
      'Loss',
      names,
      lineChart({ series: runs.map((run) => curve(run, 'loss')), label: 'cross-entropy' }),
      'Training batches.',
    ),
    figure(
      'Accuracy',
      names,
      lineChart({ series: runs.map((run) => curve(run, 'accuracy')), label: 'per cent', percent: true }),
      'Training batches.',
    ),
    figure(
      'Test accuracy',
      names,
      lineChart({ series: tested, label: 'per cent', percent: true }),
      'After each epoch, of the first 2,000 test images.',
    ),
    figure(
      'Weight sparsity',
      names,
      lineChart({ series: runs.map((run) => curve(run, 'sparsity')), label: 'per cent', percent: true, fromZero: true }),
      'Forward masks of all prunable layers together.',
    ),
  ].join('')}</div>`;
}

function costCharts(runs: readonly RunResult[], pruned: RunResult): string {
  const series = pruned.cost?.series ?? [];
  const zeros = (['W', 'G', 'A', 'E'] as const).map((role) => ({
    name: role,
    points: series.map((step) => [step.step, step.sparsity[role]] as const),
  }));
  const perStep = (of: 'cycles' | 'energyPj', scale: number): Series[] =>
    runs.flatMap(({ name, cost }) =>
      (cost?.accelerators ?? []).map((accelerator) => ({
        name: `${name} on ${accelerator.name}`,
        points: (cost?.series ?? []).map((step) => [step.step, step.accelerators[accelerator.name][of] * scale] as const),
      })),
    );
  const cycles = perStep('cycles', 1);
  const energy = perStep('energyPj', 1e-9);
  const names = cycles.map(({ name }) => name);
  const accelerators = runs.flatMap(({ name, cost }) =>
    (cost?.accelerators ?? []).map((accelerator) => ({ name: `${name} on ${accelerator.name}`, accelerator })),
  );
  const partsOf = (records: readonly Readonly<Record<string, number>>[]) => [
    ...new Set(records.flatMap((record) => Object.keys(record))),
  ];
  const idle = foldParts(
    accelerators.map(({ accelerator }) => accelerator.idle),
    palette.length - 1,
  );
  const causes = accelerators.map(({ name, accelerator }, i) => ({
    name,
    parts: { useful: accelerator.utilisation, ...idle[i] },
  }));
  const components = accelerators.map(({ name, accelerator }) => ({
    name,
    parts: scaled(accelerator.total.byComponentPj, 1e-12),
  }));
  const causeNames = partsOf(causes.map(({ parts }) => parts));
  const componentNames = partsOf(components.map(({ parts }) => parts));
  return `<h2>On the accelerators, modelled</h2><div class="grid">${[
    figure(
      'Zeros in the tensors',
      ['W weights', 'G weight gradients', 'A activations', 'E errors'],
      lineChart({ series: zeros, label: 'per cent', percent: true, fromZero: true }),
      `All layers of ${pruned.name} together, each sampled step.`,
    ),
    figure(
      'Cycles per step',
      names,
      lineChart({ series: cycles, label: 'cycles', fromZero: true }),
      'Forward, both gradients and the update.',
    ),
    figure(
      'Energy per step',
      names,
      lineChart({ series: energy, label: 'millijoule', fromZero: true }),
      'Compute, memories, interconnect and DRAM.',
    ),
    figure(
      'Energy by component',
      componentNames,
      stackedBars({ rows: components, parts: componentNames, label: 'joule, whole run' }),
      "Priced by the accelerator's energy table.",
    ),
    figure(
      'Where the unit-cycles go',
      causeNames,
      stackedBars({ rows: causes, parts: causeNames, label: 'per cent of units x cycles', percent: true }),
      'Useful work and idle causes add up to all unit-cycles.',
    ),
  ].join('')}</div>`;
}

function scaled(record: Readonly<Record<string, number>>, factor: number): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, value * factor]));
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
