import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type Bar, curves, groupedBars, stackedBars } from '../../bench/reproduce/charts.js';

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
  it.each(Object.entries(charts))('of %s is one SVG element with its title, label and a legend entry per name', (_, svg) => {
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const { document } = parseHTML(svg);
    expect(document.querySelectorAll('svg')).toHaveLength(1);
    const texts = Array.from(document.querySelectorAll('text'), ({ textContent }) => textContent);
    for (const text of [options.title, options.label, ...options.names]) expect(texts).toContain(text);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('has a bar per name and group, and the same bytes every time', () => {
    const { document } = parseHTML(charts.grouped);
    expect(document.querySelectorAll('g[aria-label="bar"] rect')).toHaveLength(4);
    expect(groupedBars(bars, { ...options, baseline: 1 })).toBe(charts.grouped);
  });
});
