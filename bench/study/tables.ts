import { svgChart } from 'tfjs-sparsity/report';
import { label, type PlannedRun } from './plan.js';
import type { FinishedRun } from './results.js';
import { interval, verdict } from './statistics.js';

/** What the literature says of two methods: the first is better, or the two are near each other. */
const pairs: readonly { readonly better: string; readonly worse: string; readonly source: string; readonly near?: boolean }[] = [
  { better: 'rigl', worse: 'set', source: 'Evci et al. 2020' },
  { better: 'set', worse: 'static', source: 'Mocanu et al. 2018' },
  { better: 'gradual', worse: 'one-shot', source: 'Zhu and Gupta 2017' },
  { better: 'granet', worse: 'rigl', source: 'Liu et al. 2021' },
  { better: 'bdwp', worse: 'sr-ste', source: 'Fang et al. 2023', near: true },
];

const percent = (value: number) => (100 * value).toFixed(2);
const signed = (value: number) => `${value < 0 ? '' : '+'}${percent(value)}`;
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

/** The runs of one method at one setting. */
function groups(results: readonly FinishedRun[]): ReadonlyMap<string, readonly FinishedRun[]> {
  const found = new Map<string, FinishedRun[]>();
  for (const run of results) found.set(label(run), [...(found.get(label(run)) ?? []), run]);
  return found;
}

/** Accuracy of each method: all seeds, mean, and the mean difference to dense with its 95 % interval over pairs of one seed. */
export function accuracyTable(planned: readonly PlannedRun[], results: readonly FinishedRun[]): string {
  const seeds = [...new Set(planned.map(({ seed }) => seed))];
  const dense = results.filter(({ name }) => name === 'dense');
  const lines = [...groups(results)].map(([name, runs]) => {
    const gaps = paired(runs, dense);
    const { mean, halfWidth } = interval(gaps);
    return row([
      name,
      percent(interval(runs.map(({ sparsity }) => sparsity)).mean),
      ...seeds.map((seed) => {
        const run = runs.find((other) => other.seed === seed);
        return run ? percent(run.accuracy) : '';
      }),
      percent(interval(runs.map(({ accuracy }) => accuracy)).mean),
      name === 'dense' || gaps.length === 0
        ? ''
        : `${signed(mean)}${Number.isFinite(halfWidth) ? ` ± ${percent(halfWidth)}` : ''}`,
      Math.round(interval(runs.map(({ seconds }) => seconds)).mean),
    ]);
  });
  const head = ['method', 'zeros %', ...seeds.map((seed) => `seed ${seed}`), 'mean', 'against dense', 'seconds'];
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

/** The pairs whose order the literature states: our difference, its 95 % interval over pairs of one seed, and what that says. */
export function orderTable(results: readonly FinishedRun[]): string {
  const by = groups(results);
  const lines = [...by].flatMap(([name, runs]) =>
    pairs.flatMap(({ better, worse, source, near }) => {
      if (runs[0]?.name !== better) return [];
      const gaps = paired(runs, by.get(name.replace(better, worse)) ?? []);
      if (gaps.length < 2) return [];
      const difference = interval(gaps);
      const said = near ? `${better} near ${worse}` : `${better} above ${worse}`;
      const order = verdict(difference);
      const found = near && order !== 'not separable' ? 'separable' : order;
      const at = name.slice(better.length + 1);
      return [row([said, at, source, `${signed(difference.mean)} ± ${percent(difference.halfWidth)}`, gaps.length, found])];
    }),
  );
  const head = ['stated', 'at', 'by', 'difference, points', 'pairs', 'found'];
  return [row(head), row(head.map(() => '---')), ...lines].join('\n');
}

/** Mean accuracy against the sparsity that was asked for, as SVG text. */
export function accuracyChart(title: string, results: readonly FinishedRun[]): string {
  const points = [...groups(results).values()].flatMap((runs) => {
    const [{ name, setting }] = runs as [FinishedRun];
    if (setting.sparsity === undefined) return [];
    return [{ name, at: [setting.sparsity, interval(runs.map(({ accuracy }) => accuracy)).mean] as const }];
  });
  const names = [...new Set(points.map(({ name }) => name))];
  return svgChart({
    kind: 'curves',
    title,
    x: { label: 'sparsity', unit: 'share' },
    y: { label: 'test accuracy', unit: 'share', fromZero: false },
    series: names.map((name) => ({ name, points: points.filter((point) => point.name === name).map(({ at }) => at) })),
  }).text;
}

/** Differences of accuracy between runs of one seed. */
function paired(runs: readonly FinishedRun[], others: readonly FinishedRun[]): number[] {
  return runs.flatMap(({ accuracy, seed }) => {
    const other = others.find((run) => run.seed === seed);
    return other ? [accuracy - other.accuracy] : [];
  });
}
