import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** One curve: a name, its colour is its place in the list. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Distinguishable also for the colour-blind (Okabe and Ito 2008). */
export const palette = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#7f7f7f',
  '#b2a100',
  '#8c564b',
  '#332288',
];

const size = { width: 460, height: 250, marginLeft: 58, marginBottom: 38, marginTop: 24, marginRight: 14 };
const style = { fontFamily: 'inherit', fontSize: '11px', background: 'transparent', color: 'currentColor' };

function toSvg(options: Plot.PlotOptions): string {
  const svg = Plot.plot({ ...size, style, ...options, document } as unknown as Plot.PlotOptions);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}

/** At most `limit` points: means over equal bins of steps, so that a long run stays a small page. */
export function thin(points: Series['points'], limit = 240): Series['points'] {
  if (points.length <= limit) return points;
  const bin = points.length / limit;
  return Array.from({ length: limit }, (_, i) => {
    const part = points.slice(Math.floor(i * bin), Math.floor((i + 1) * bin));
    const mean = (axis: 0 | 1) => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)] as const;
  });
}

/** Curves over training steps as SVG text. `percent` draws fractions as per cent. */
export function lineChart(options: {
  readonly series: readonly Series[];
  readonly label: string;
  readonly percent?: boolean;
  readonly fromZero?: boolean;
}): string {
  const data = options.series.flatMap(({ name, points }) => thin(points).map(([x, y]) => ({ name, x, y })));
  const names = options.series.map(({ name }) => name);
  return toSvg({
    color: { domain: names, range: palette.slice(0, names.length) },
    x: { label: 'step', grid: false, ticks: 6, labelArrow: 'none' },
    y: {
      label: options.label,
      grid: true,
      ticks: 5,
      labelArrow: 'none',
      zero: options.fromZero ?? false,
      ...(options.percent ? { percent: true } : { tickFormat: 's' }),
    },
    marks: [Plot.line(data, { x: 'x', y: 'y', z: 'name', stroke: 'name', strokeWidth: 1.6 }), Plot.ruleY([], {})],
  } as Plot.PlotOptions);
}

/** Curves with both axes in logarithms as SVG text, a dot per point. */
export function logLogChart(options: {
  readonly series: readonly Series[];
  readonly xLabel: string;
  readonly yLabel: string;
}): string {
  const data = options.series.flatMap(({ name, points }) => points.map(([x, y]) => ({ name, x, y })));
  const names = options.series.map(({ name }) => name);
  const place = { x: 'x', y: 'y' };
  return toSvg({
    color: { domain: names, range: palette.slice(0, names.length), legend: false },
    x: { label: options.xLabel, type: 'log', grid: true, ticks: 5, tickFormat: 's', labelArrow: 'none' },
    y: { label: options.yLabel, type: 'log', grid: true, ticks: 5, tickFormat: 's', labelArrow: 'none' },
    marks: [
      Plot.line(data, { ...place, stroke: 'name', strokeWidth: 1.6 }),
      Plot.dot(data, { ...place, stroke: 'name', r: 2.5 }),
      Plot.text(data, Plot.selectLast({ ...place, fill: 'name', z: 'name', text: 'name', dx: -6, dy: -8 })),
    ],
  } as Plot.PlotOptions);
}

/** Horizontal stacked bars as SVG text: one bar a row, one colour a part. */
export function stackedBars(options: {
  readonly rows: readonly { readonly name: string; readonly parts: Readonly<Record<string, number>> }[];
  readonly parts: readonly string[];
  readonly label: string;
  readonly percent?: boolean;
}): string {
  const data = options.rows.flatMap(({ name, parts }) => options.parts.map((part) => ({ name, part, value: parts[part] ?? 0 })));
  return toSvg({
    height: 62 + 30 * options.rows.length,
    marginLeft: 16 + 6 * Math.max(...options.rows.map(({ name }) => name.length)),
    color: { domain: [...options.parts], range: palette.slice(0, options.parts.length) },
    x: {
      label: options.label,
      grid: true,
      ticks: 5,
      labelArrow: 'none',
      ...(options.percent ? { percent: true } : { tickFormat: 's' }),
    },
    y: { label: null, domain: options.rows.map(({ name }) => name) },
    marks: [Plot.barX(data, { x: 'value', y: 'name', fill: 'part', order: [...options.parts], insetTop: 2, insetBottom: 2 })],
  } as Plot.PlotOptions);
}

/** The parts of bars with the smallest together as `other`, so that there are `most` at the most. */
export function foldParts(bars: readonly Readonly<Record<string, number>>[], most: number): Readonly<Record<string, number>>[] {
  const names = [...new Set(bars.flatMap((bar) => Object.keys(bar)))];
  if (names.length <= most) return [...bars];
  const largest = (name: string) => Math.max(...bars.map((bar) => bar[name] ?? 0));
  const small = new Set(names.toSorted((a, b) => largest(b) - largest(a)).slice(most - 1));
  return bars.map((bar) => {
    const [kept, rest] = [false, true].map((isSmall) => Object.entries(bar).filter(([name]) => small.has(name) === isSmall));
    return { ...Object.fromEntries(kept), other: rest.reduce((sum, [, value]) => sum + value, 0) };
  });
}
