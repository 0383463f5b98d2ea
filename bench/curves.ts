import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { palette } from '../examples/lib/charts.js';

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const svgNamespace = 'http://www.w3.org/2000/svg';
const style = { fontFamily: 'sans-serif', fontSize: '11px', background: 'white', color: 'black' };

interface CurveOptions {
  readonly title: string;
  readonly label: string;
  readonly xLabel: string;
  /** In the order of the legend. */
  readonly names: readonly string[];
}

/** Curves as SVG text. */
export function curves(
  points: readonly { readonly name: string; readonly x: number; readonly y: number }[],
  { title, label, xLabel, names }: CurveOptions,
): string {
  const svg = Plot.plot({
    width: 640,
    height: 360,
    marginLeft: 60,
    marginRight: 24,
    marginTop: 52,
    marginBottom: 36,
    style,
    color: { domain: [...names], range: palette.slice(0, names.length) },
    x: { label: xLabel, grid: true, labelArrow: 'none' },
    y: { label, grid: true, labelAnchor: 'center', labelArrow: 'none' },
    marks: [Plot.line(points, { x: 'x', y: 'y', stroke: 'name', strokeWidth: 1.6 })],
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
