import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { svgChart } from '../../../src/cli/report/svg-chart.js';
import { type Bar, curves, groupedBars, stackedBars } from '../../../src/cli/reproduce/charts.js';

const bars: readonly Bar[] = ['AlexNet', 'VGG11'].flatMap((group) =>
  ['SCNN', 'SIGMA'].map((name, i) => ({ group, name, value: 1.2 + i, error: 0.1 })),
);
const options = { title: 'Time, modelled', label: 'baseline / proposed', names: ['SCNN', 'SIGMA'] };
const charts = {
  grouped: groupedBars(bars, { ...options, baseline: 1 }),
  stacked: stackedBars(bars, options),
  curves: curves(
    [0, 1].flatMap((x) => options.names.map((name) => ({ name, x, y: x }))),
    { ...options, xLabel: 'sparsity' },
  ),
};

describe('a chart', () => {
  it.each(Object.entries(charts))('of %s is one SVG element with its title, label and a legend entry per name', (_, chart) => {
    const svg = svgChart(chart).text;
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const { document } = parseHTML(svg);
    expect(document.querySelectorAll('svg')).toHaveLength(1);
    const texts = Array.from(document.querySelectorAll('text'), ({ textContent }) => textContent);
    for (const text of [options.title, options.label, ...options.names]) expect(texts).toContain(text);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('has a bar per name and group, an error bar on each and a line at the baseline', () => {
    const { document } = parseHTML(svgChart(charts.grouped).text);
    const wide = Array.from(document.querySelectorAll('rect')).filter((rect) => rect.getAttribute('height') === '9');
    expect(wide).toHaveLength(4);
    const widths = wide.map((rect) => Number(rect.getAttribute('width')));
    expect(widths[1] / widths[0]).toBeCloseTo(2.2 / 1.2, 2);
    const lines = Array.from(document.querySelectorAll('line'));
    const [mark, ...others] = lines.filter((line) => line.getAttribute('stroke-dasharray') !== null);
    expect(others).toEqual([]);
    expect(Number(mark.getAttribute('x1')) - Number(wide[0].getAttribute('x'))).toBeCloseTo(widths[0] / 1.2, 0);
    expect(lines.filter((line) => line.getAttribute('y1') === line.getAttribute('y2'))).toHaveLength(4);
  });

  it('stacks negative parts to the left of zero, the others to its right', () => {
    const parts = { A: 3, B: -2, C: 1 };
    const stack = Object.entries(parts).map(([name, value]) => ({ group: 'net', name, value }));
    const { document } = parseHTML(svgChart(stackedBars(stack, { ...options, names: Object.keys(parts) })).text);
    const places = Array.from(document.querySelectorAll('rect'))
      .slice(3)
      .map((rect) => {
        const [x, width] = ['x', 'width'].map((name) => Number(rect.getAttribute(name)));
        return [x, x + width];
      });
    const [a, b, c] = places;
    expect(b[1]).toBeCloseTo(a[0], 0);
    expect(c[0]).toBeCloseTo(a[1], 0);
    expect((b[1] - b[0]) / (a[1] - a[0])).toBeCloseTo(2 / 3, 2);
  });
});
