import { type CostMetrics, secondsToConvergence } from 'tfjs-sparsity/hw';
import { joule, percent, si } from './format.js';
import { table } from './html-parts.js';
import type { RunResult } from './run-result.js';

/** Steps after which the test accuracy first was within half a point of the run's best; undefined for a run without a whole epoch. */
export function stepsToConvergence({ epochs }: Pick<RunResult, 'epochs'>): number | undefined {
  const best = Math.max(...epochs.map(({ accuracy }) => accuracy));
  return epochs.find(({ accuracy }) => accuracy >= best - 0.005)?.step;
}

/** Throughput, energy per sample, power, utilisation and area of each run on each accelerator as tables of the report page. */
export function metricTables(runs: readonly RunResult[]): string {
  const rows = runs.flatMap((run) =>
    (run.cost?.accelerators ?? []).flatMap(({ name, spec, resources, metrics }) =>
      metrics
        ? [
            {
              name: `${run.method} on ${name}`,
              area: resources?.areaBasis ?? '-',
              metrics,
              converged: converged(run, name, spec),
            },
          ]
        : [],
    ),
  );
  if (rows.length === 0) return '';
  const part = (heads: readonly string[], cells: (metrics: CostMetrics, row: (typeof rows)[number]) => readonly string[]) =>
    table(
      heads,
      rows.map((row) => [row.name, ...cells(row.metrics, row)]),
    );
  const joules = (value: number) => joule(value * 1e12);
  return [
    '<h2>Speed, energy and power, modelled</h2>',
    part(['per sample', 'training', 'inference', 'training', 'inference', 'training per mm2', 'mm2'], (m, { area }) => [
      si(m.trainingSamplesPerSecond, '/s'),
      si(m.inferenceSamplesPerSecond, '/s'),
      joules(m.trainingJoulePerSample),
      joules(m.inferenceJoulePerSample),
      m.trainingSamplesPerSecondPerMm2 === null ? '-' : si(m.trainingSamplesPerSecondPerMm2, '/s'),
      area,
    ]),
    part(['whole run', 'seconds', 'to convergence', 'kWh', 'J s', 'useful', 'bandwidth'], (m, { converged }) => [
      m.seconds.toPrecision(4),
      converged,
      m.kilowattHours.toPrecision(4),
      m.energyDelayJouleSeconds.toPrecision(4),
      percent(m.computeUtilisationPercent / 100, 1),
      m.bandwidthUtilisationPercent === null ? '-' : percent(m.bandwidthUtilisationPercent / 100, 1),
    ]),
    part(['power', 'all', ...components(rows[0].metrics)], (m) => [
      `${m.powerWatt.toPrecision(3)} W`,
      ...components(rows[0].metrics).map((component) => `${(m.powerByComponentWatt[component] ?? 0).toPrecision(3)} W`),
    ]),
    '<p>Inference is the forward pass alone. Converged: test accuracy within half a point of the best of the run. Areas of different nodes, or with and without SRAM, are not comparable.</p>',
  ].join('');
}

function components({ powerByComponentWatt }: CostMetrics): string[] {
  return Object.keys(powerByComponentWatt);
}

function converged(run: RunResult, accelerator: string, spec: object): string {
  const steps = stepsToConvergence(run);
  const { clockGhz } = spec as { clockGhz?: number };
  if (steps === undefined || clockGhz === undefined) return '-';
  const series = (run.cost?.series ?? []).map((step) => ({ step: step.step, cycles: step.accelerators[accelerator].cycles }));
  return `${secondsToConvergence(series, steps, clockGhz).toPrecision(4)}, ${steps} steps`;
}
