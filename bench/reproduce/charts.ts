import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { palette } from 'tfjs-sparsity/report';

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const svgNamespace = 'http://www.w3.org/2000/svg';
const style = { fontFamily: 'sans-serif', fontSize: '11px', background: 'white', color: 'black' };

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

/** Bars of several names side by side in each group, as SVG text. `baseline` draws a line where ours stands. */
export function groupedBars(bars: readonly Bar[], options: ChartOptions & { readonly baseline?: number }): string {
  const groups = [...new Set(bars.map(({ group }) => group))];
  const lines = bars
    .filter(({ error }) => error)
    .map((bar) => ({ ...bar, low: bar.value - (bar.error ?? 0), high: bar.value + (bar.error ?? 0) }));
  return chart(options, {
    height: 80 + groups.length * (10 * options.names.length + 8),
    fy: { domain: groups, label: null, padding: 0.15 },
    y: { domain: [...options.names], axis: null, padding: 0.1 },
    marks: [
      Plot.barX(bars, { x: 'value', y: 'name', fy: 'group', fill: 'name' }),
      Plot.ruleY(lines, { x1: 'low', x2: 'high', y: 'name', fy: 'group', strokeWidth: 1.2 }),
      Plot.ruleX([options.baseline ?? 0], { strokeDasharray: options.baseline ? '3,2' : '' }),
    ],
  });
}

/** Bars stacked in each group, negative parts to the left of zero, as SVG text. */
export function stackedBars(bars: readonly Bar[], options: ChartOptions): string {
  const groups = [...new Set(bars.map(({ group }) => group))];
  return chart(options, {
    height: 80 + groups.length * 22,
    y: { domain: groups, label: null, padding: 0.2 },
    marks: [Plot.barX(bars, { x: 'value', y: 'group', fill: 'name', order: [...options.names] }), Plot.ruleX([0])],
  });
}

/** Curves as SVG text. */
export function curves(
  points: readonly { readonly name: string; readonly x: number; readonly y: number }[],
  options: ChartOptions & { readonly xLabel: string },
): string {
  return chart(
    { ...options, label: options.xLabel },
    {
      height: 360,
      marginLeft: 60,
      y: { label: options.label, grid: true, labelAnchor: 'center', labelArrow: 'none' },
      marks: [Plot.line(points, { x: 'x', y: 'y', stroke: 'name', strokeWidth: 1.6 })],
    },
  );
}

function chart({ title, label, names }: ChartOptions, options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    width: 640,
    marginLeft: 110,
    marginRight: 24,
    marginTop: 52,
    marginBottom: 36,
    style,
    color: { domain: [...names], range: palette.slice(0, names.length) },
    x: { label, grid: true, labelArrow: 'none' },
    ...options,
    document,
  } as unknown as Plot.PlotOptions);
  svg.setAttribute('xmlns', svgNamespace);
  text(svg, { x: '10', y: '16', 'font-weight': 'bold', 'font-size': '12', 'text-anchor': 'start' }, title);
  let x = 10;
  for (const [i, name] of names.entries()) {
    element(svg, 'rect', { x: String(x), y: '25', width: '10', height: '10', fill: palette[i] });
    text(svg, { x: String(x + 14), y: '34', 'text-anchor': 'start' }, name);
    x += 30 + 6.2 * name.length;
  }
  return svg.outerHTML;
}

function text(svg: Element, attributes: Readonly<Record<string, string>>, content: string): void {
  element(svg, 'text', attributes).textContent = content;
}

function element(svg: Element, tag: string, attributes: Readonly<Record<string, string>>): Element {
  const child = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) child.setAttribute(name, value);
  svg.appendChild(child);
  return child;
}
