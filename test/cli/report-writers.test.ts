import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report, Table, Unit } from '../../src/cli/report/contracts.js';
import { formatCell } from '../../src/cli/report/format-cell.js';
import { htmlReport } from '../../src/cli/report/html-report.js';
import { markdownReport } from '../../src/cli/report/markdown-report.js';
import { parquetReport } from '../../src/cli/report/parquet-report.js';
import { axisOf } from '../../src/cli/report/svg-axis.js';
import { svgChart, svgReport } from '../../src/cli/report/svg-chart.js';
import { textReport } from '../../src/cli/report/text-report.js';
import { textTable, wrapped } from '../../src/cli/report/text-table.js';
import { network } from '../../src/hw/index.js';

const table: Table = {
  title: 'Sizes',
  columns: [
    { name: 'name', label: 'name', unit: 'text' },
    { name: 'cycles', label: 'cycles', unit: 'count' },
    { name: 'energyPj', label: 'energy', unit: 'energyPj' },
  ],
  rows: [
    ['a<b', 1234, 2e6],
    ['c|d', null, 0],
  ],
  notes: ['A note.'],
};
const series = [{ name: 'x & y', points: Array.from({ length: 1000 }, (_, i) => [i, Math.sin(i)] as const) }];
const axis = { label: 'step', unit: 'plain' } as const;
const report: Report = {
  title: 'A <report>',
  conditions: ['seed 1'],
  tables: [table],
  charts: [
    {
      kind: 'bars',
      title: 'Bars',
      label: 'cycles',
      unit: 'count',
      parts: ['p', 'q'],
      bars: [{ name: 'a', parts: { p: 3, q: 1 } }],
    },
    { kind: 'curves', title: 'Curves', x: axis, y: axis, series },
    { kind: 'points', title: 'Points', x: axis, y: axis, series: [{ name: 'none', points: [] }, ...series] },
  ],
  data: table,
};

describe('writers of reports', () => {
  it('print a small table as one would by hand', () => {
    const lines = ['Sizes', 'name  cycles  energy', 'a<b   1.234k     2uJ', 'c|d        -      0J', 'A note.'];
    expect(textTable(table)).toBe(lines.join('\n'));
  });

  it('never print more than 80 columns', () => {
    const unit = fc.constantFrom<Unit>('text', 'count', 'plain', 'energyPj', 'share', 'times');
    const column = fc.record({ name: fc.string(), label: fc.stringMatching(/^[a-z]{1,12}([A-Z][a-z]{1,10}){0,3}$/), unit });
    const tables = fc.array(column, { minLength: 1, maxLength: 14 }).chain((columns) =>
      fc.record({
        title: fc.constant('t'),
        columns: fc.constant(columns),
        rows: fc.array(
          fc.tuple(
            ...columns.map(({ unit: one }) =>
              one === 'text' ? fc.stringMatching(/^[a-z -]{0,40}$/) : fc.float({ noNaN: true, min: 0, max: 1e9 }),
            ),
          ),
          { maxLength: 4 },
        ),
        notes: fc.array(fc.lorem({ maxCount: 40 }), { maxLength: 1 }),
      }),
    );
    fc.assert(
      fc.property(tables, (one) => {
        for (const line of textTable(one as Table).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
      }),
      { numRuns: 50 },
    );
  });

  it('break a word that is longer than a line, and lose nothing of it', () => {
    const word = Array.from({ length: 311 }, (_, i) => i % 10).join('');
    for (const sentence of [word, `before ${word} after`, `${'x'.repeat(78)} y`]) {
      const lines = wrapped(sentence).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      expect(lines.map((line) => line.trim()).join('')).toBe(sentence.replaceAll(' ', ''));
    }
    expect(
      wrapped(word)
        .split('\n')
        .map(({ length }) => length),
    ).toEqual([78, 80, 80, 79]);
  });

  it('fold a wide table into bands that each begin with its first column', () => {
    const columns = Array.from({ length: 12 }, (_, i) => ({ name: `c${i}`, label: `column${i}`, unit: 'text' }) as const);
    const lines = textTable({ title: 'wide', columns, rows: [columns.map(({ name }) => name)], notes: [] }).split('\n');
    expect(lines.filter((line) => line.startsWith('c0 ')).length).toBe(2);
    for (const { name } of columns) expect(lines.join(' ')).toContain(` ${name}`);
  });

  it('abbreviate long names word by word where columns need the room, so that those of every network stay apart', () => {
    const column = { name: 'value', label: 'value', unit: 'text' } as const;
    const cells = Array.from({ length: 4 }, () => 'x'.repeat(14));
    const namesOf = (names: readonly string[]) => {
      const columns = [{ ...column, label: 'layer' }, ...cells.map(() => column)];
      const lines = textTable({ title: 't', columns, rows: names.map((name) => [name, ...cells]), notes: [] }).split('\n');
      return lines.slice(2, 2 + names.length).map((line) => line.slice(0, 16).trim());
    };
    expect(namesOf(['stage4_block10_squeeze', 'stage1_block1_dw', 'backward/recurrent', 'x'.repeat(17), '0'.repeat(17)])).toEqual(
      ['s4_b10_squeeze', 'stage1_block1_dw', 'b/recurrent', 'x', '0000000..0000000'],
    );
    for (const name of ['efficientnet-b7', 'nasnet-4a', 'googlenet', 'bert-base']) {
      const layers = network(name).layers.map((layer) => layer.name);
      expect(new Set(namesOf(layers)).size, name).toBe(new Set(layers).size);
    }
  });

  it('format numbers by their unit', () => {
    expect([formatCell(0.4567, 'share'), formatCell(2.5, 'times'), formatCell(1.5e12, 'energyPj')]).toEqual([
      '45.7 %',
      '2.50x',
      '1.5J',
    ]);
    expect([formatCell(999.4, 'times'), formatCell(1023.6, 'times')]).toEqual(['999x', '1024x']);
    expect([formatCell(19.03456, 'plain'), formatCell(12_345_678, 'count')]).toEqual(['19.03', '12.35M']);
  });

  it('make a page that is whole in itself and escapes its text', () => {
    const html = htmlReport(report);
    expect(html).toBe(htmlReport(report));
    expect(html).not.toMatch(/<script|<link|(href|src)=|url\(/);
    expect(html).toContain('a&lt;b');
    expect(html).toContain('A &lt;report&gt;');
    expect(html).toContain('x &amp; y');
    expect(html.match(/<svg /g)?.length).toBe(3);
    expect(html.length).toBeLessThan(100_000);
  });

  it('draw a curve of one point as a point, which a line would not show', () => {
    const one = { kind: 'curves', title: 'One', x: axis, y: axis, series: [{ name: 'one', points: [[3, 0.5]] }] } as const;
    const { text } = svgChart(one);
    expect(text.match(/<circle /g)).toHaveLength(1);
    expect(text).not.toContain('<polyline');
    const points = [0.5, 1].map((value, step) => [step, value] as const);
    const { text: two } = svgChart({ ...one, series: [{ name: 'two', points }] });
    expect([two.includes('<polyline'), two.includes('<circle')]).toEqual([true, false]);
  });

  it('draw charts with finite coordinates only', () => {
    const svg = svgReport(report);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<g /g)?.length).toBe(3);
  });

  it('draw bars of any name and of none inside the chart', () => {
    const bars = { kind: 'bars', title: 'Bars', label: 'cycles', unit: 'count', parts: ['p'] } as const;
    const long = svgChart({ ...bars, bars: [{ name: `a${'x'.repeat(120)}z`, parts: { p: 3 } }] }).text;
    expect(long).not.toMatch(/="-|NaN|Infinity/);
    expect(long).toMatch(/>ax+\.\.x+z</);
    expect(svgChart({ ...bars, bars: [] }).text).not.toMatch(/NaN|Infinity/);
    const groups = [{ name: 'g'.repeat(121), bars: { p: { value: 1, error: 0 } } }];
    expect(svgChart({ ...bars, kind: 'groups', names: ['p'], baseline: 0, groups }).text).not.toMatch(/="-|NaN|Infinity/);
  });

  it('put values on an axis between round ticks that hold them', () => {
    expect(axisOf([0, 97], true).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    const values = fc.array(
      fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 8),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(values, fc.boolean(), (all, fromZero) => {
        const { place, ticks } = axisOf(all, fromZero);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(8);
        for (const value of all) {
          expect(place(value)).toBeGreaterThanOrEqual(-1e-6);
          expect(place(value)).toBeLessThanOrEqual(1 + 1e-6);
        }
      }),
    );
  });

  it('write Markdown whose cells do not break its tables', () => {
    expect(markdownReport(report)).toContain('| c\\|d | - | 0J |');
    const broken = { ...table, rows: [['two\nlines\r\nmore', 1, 0]] };
    expect(markdownReport({ ...report, tables: [broken] })).toContain('| two<br>lines<br>more | 1 | 0J |');
  });

  it('write Parquet that another reader gives back unrounded, with its nulls', async () => {
    const { parquetReadObjects } = await import('hyparquet');
    const bytes = await parquetReport(report);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toEqual([
      { name: 'a<b', cycles: 1234, energyPj: 2e6 },
      { name: 'c|d', cycles: null, energyPj: 0 },
    ]);
  });

  it('print a report with its conditions', () => {
    expect(textReport(report).split('\n').slice(0, 3)).toEqual(['A <report>', 'seed 1', '']);
  });
});
