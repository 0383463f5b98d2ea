import type { BarChart, GroupChart, XyChart } from '../report/contracts.js';

/** A bar: its group (a network), its name (its colour), its length, and the half-length of its error bar. */
export interface Bar {
  readonly group: string;
  readonly name: string;
  readonly value: number;
  readonly error?: number;
}

interface ChartOptions {
  readonly title: string;
  readonly label: string;
  /** In the order of the legend. */
  readonly names: readonly string[];
}

/** Bars of several names side by side in each group. `baseline` draws a line where ours stands. */
export function groupedBars(bars: readonly Bar[], options: ChartOptions & { readonly baseline?: number }): GroupChart {
  const groups = byGroup(bars).map(([name, own]) => ({
    name,
    bars: Object.fromEntries(own.map(({ name, value, error = 0 }) => [name, { value, error }])),
  }));
  return { kind: 'groups', unit: 'plain', baseline: 0, ...options, groups };
}

/** Bars stacked in each group, negative parts to the left of zero. */
export function stackedBars(bars: readonly Bar[], { names, ...options }: ChartOptions): BarChart {
  const stacks = byGroup(bars).map(([name, own]) => ({
    name,
    parts: Object.fromEntries(own.map(({ name, value }) => [name, value])),
  }));
  return { kind: 'bars', unit: 'plain', ...options, parts: names, bars: stacks };
}

/** Curves, one for each name. */
export function curves(
  points: readonly { readonly name: string; readonly x: number; readonly y: number }[],
  { title, label, names, xLabel }: ChartOptions & { readonly xLabel: string },
): XyChart {
  const series = names.map((name) => ({
    name,
    points: points.filter((point) => point.name === name).map(({ x, y }) => [x, y] as const),
  }));
  return { kind: 'curves', title, x: { label: xLabel, unit: 'plain' }, y: { label, unit: 'plain' }, series };
}

function byGroup(bars: readonly Bar[]): readonly (readonly [string, readonly Bar[]])[] {
  const groups = [...new Set(bars.map(({ group }) => group))];
  return groups.map((group) => [group, bars.filter((bar) => bar.group === group)]);
}
