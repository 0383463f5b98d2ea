import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { palette, type XyChart } from 'tfjs-sparsity/report';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

const size = { width: 460, height: 250, marginLeft: 58, marginBottom: 38, marginTop: 24, marginRight: 14 };
const style = { fontFamily: 'inherit', fontSize: '11px', background: 'transparent', color: 'currentColor' };

function toSvg(options: Plot.PlotOptions): string {
  const svg = Plot.plot({ ...size, style, ...options, document } as unknown as Plot.PlotOptions);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return svg.outerHTML;
}

/** Curves with both axes in logarithms as SVG text, a dot per point. */
export function logLogChart(options: {
  readonly series: XyChart['series'];
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
