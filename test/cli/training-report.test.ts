import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { LayerMaskMap, RunLogLine } from 'tfjs-sparsity/callbacks';
import { htmlFigures, htmlPage, type MapChart, maskCharts, svgChart } from 'tfjs-sparsity/report';
import { describe, expect, it } from 'vitest';
import { readReported } from '../../src/cli/read-reported.js';
import { htmlReport } from '../../src/cli/report/html-report.js';
import { textReport } from '../../src/cli/report/text-report.js';
import { temporaryDirectory } from '../support/temporary.js';

const rates = (sparsity: number, churn: number, iou: number, itop: number) => ({ sparsity, churn, iou, itop });
const update = (step: number, all: ReturnType<typeof rates>, names = ['conv', 'fc']): RunLogLine => ({
  type: 'masks',
  step,
  all,
  layers: names.map((layer, i) => ({ layer, weights: 10 + i, ...all })),
});
const map: LayerMaskMap = {
  layer: 'fc',
  mask: 'forward',
  shape: [2, 3],
  rows: 2,
  columns: 3,
  cells: 'ff0000808000',
  occupancy: [1, 2, 0],
};
const lines: readonly RunLogLine[] = [
  { type: 'run', config: { model: 'lenet5', seed: 1 } },
  update(0, rates(0.5, 0, 1, 0.5)),
  { type: 'step', step: 0, epoch: 0, logs: { loss: 2, size: 4 } },
  { type: 'step', step: 1, epoch: 0, logs: { loss: Number.NaN, size: 4 } },
  update(2, rates(0.5, 0.2, 0.6, 0.6)),
  { type: 'step', step: 2, epoch: 0, logs: { loss: 1, size: 4 } },
  update(3, rates(0.5, 0.1, 0.8, 0.65)),
  { type: 'epoch', step: 3, epoch: 0, logs: { loss: 1.5, mask_churn: 0.15 } },
  { type: 'maskMaps', step: 3, layers: [map, { ...map, mask: 'backward' }] },
  { type: 'end', step: 3 },
];

/** A log in a file, one line for each text or object. */
async function logOf(all: readonly (RunLogLine | string)[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'run.jsonl');
  writeFileSync(path, all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('the report of a training', () => {
  it('has its epochs, its curves, its masks and every update, by hand', async () => {
    const { result, report } = await readReported([await logOf(lines.filter((line) => !('logs' in line && line.step === 1)))]);
    expect(result).toHaveLength(lines.length - 1);
    expect(report.conditions).toEqual(['model lenet5, seed 1', '3 steps, training has ended']);
    expect(report.charts.map(({ title }) => title)).toEqual([
      ...['Loss', 'Sparsity', 'Mask churn', 'Mask overlap', 'Explored weights'],
      ...['fc, forward', 'fc, backward'],
    ]);
    const text = textReport(report);
    expect(text).toMatch(/^1 +1\.5 +15\.0 %$/m);
    expect(text).toMatch(/^conv +10 +50\.0 % +15\.0 % +70\.0 % +65\.0 %$/m);
    expect(report.data.rows).toHaveLength(6);
    expect(report.data.rows[2]).toEqual([2, 'conv', 10, 0.5, 0.2, 0.6, 0.6]);
    expect(htmlReport(report)).not.toMatch(/NaN|undefined|<script|<link|(href|src)=|url\(/);
  });

  it('gives each figure of an epoch its unit, whatever the accelerator is called', async () => {
    const logs = { acc: 0.5, val_acc: 0.25, sparsity: 0.9, loss: 0.5, accrued: 3, cycles_accel: 12345, energy_acc: 2e6 };
    const { report } = await readReported([await logOf([lines[0] as RunLogLine, { type: 'epoch', step: 3, epoch: 0, logs }])]);
    expect(textReport(report)).toMatch(/^1 +50\.0 % +25\.0 % +90\.0 % +0\.5 +3 +12\.35k +2uJ$/m);
  });

  it.each([
    ['lenet', ['lenet', '0 steps, training has not ended']],
    [
      ['lenet', 7],
      ['["lenet",7]', '0 steps, training has not ended'],
    ],
    [7, ['7', '0 steps, training has not ended']],
    [null, ['0 steps, training has not ended']],
  ])('shows a configuration of any form: %j', async (config, conditions) => {
    const { report } = await readReported([await logOf([{ type: 'run', config }])]);
    expect(report.conditions).toEqual(conditions);
  });

  it('takes the last run of a log, and one that crashed', async () => {
    const path = await logOf([
      ...lines,
      { type: 'run', config: {} },
      { type: 'step', step: 0, epoch: 0, logs: { loss: 'NaN' as never } },
    ]);
    const { report } = await readReported([path]);
    expect(report.conditions).toEqual(['1 step, training has not ended']);
    expect([report.charts, report.tables]).toEqual([[], []]);
  });

  it.each<[string, RunLogLine | string, RegExp]>([
    ['no JSON', 'rubbish', /run\.jsonl:2: got rubbish/],
    ['a line of another kind', '{"type":"steps"}', /run\.jsonl:2: got no valid type/],
    ['a rate above 1', update(0, rates(1.5, 0, 1, 1)), /run\.jsonl:2: got no valid all\.sparsity/],
    ['a map that is cut short', { type: 'maskMaps', step: 1, layers: [{ ...map, cells: 'ff' }] }, /no valid layers\.0\.cells/],
    ['a step that is none', { type: 'end', step: -1 }, /run\.jsonl:2: got no valid step/],
  ])('names the line of a log that has %s', async (_, line, message) => {
    await expect(readReported([await logOf([lines[0] as RunLogLine, line, { type: 'end', step: 1 }])])).rejects.toThrow(message);
  });

  it('is not made of a file without a whole line', async () => {
    const [empty, cut] = [await logOf([]), join(await temporaryDirectory(), 'cut.jsonl')];
    writeFileSync(cut, '{"id":');
    for (const path of [empty, cut]) {
      await expect(readReported([path])).rejects.toThrow(
        `${path}: got no whole line, expected the points of a sweep, or the log`,
      );
    }
  });

  it('names the update that has other layers than the first', async () => {
    const path = await logOf([...lines.slice(0, 2), update(2, rates(0.5, 0, 1, 0.5), ['conv'])]);
    await expect(readReported([path])).rejects.toThrow(/run\.jsonl:3: got 1 layers after 2/);
    await expect(readReported([path, path])).rejects.toThrow('one log of a training, or .jsonl files of a sweep');
    await expect(readReported([`${path}.jsonl`])).rejects.toThrow('got no such file');
  });
});

describe('charts of masks', () => {
  it('are none without statistics, and curves only where masks moved twice', () => {
    expect(maskCharts(lines.filter(({ type }) => type === 'step'))).toEqual([]);
    expect(maskCharts(lines.slice(0, 5))).toEqual([]);
  });

  it('leave out what the first masks are not compared with', () => {
    const [sparsity, churn, overlap, explored] = maskCharts(lines);
    const points = (chart: typeof sparsity) => chart?.kind === 'curves' && chart.series.map(({ points: own }) => own.length);
    expect([sparsity, churn, overlap, explored].map(points)).toEqual([
      [3, 3, 3],
      [2, 2, 2],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });

  it('draw the largest layers only, and say so', () => {
    const names = Array.from({ length: 11 }, (_, i) => `layer${i}`);
    const [chart] = maskCharts([0, 1, 2].map((step) => update(step, rates(0.5, 0, 1, 0.5), names)));
    expect(chart?.kind === 'curves' && chart.series.map(({ name }) => name)).toEqual(['all', ...names.slice(3)]);
    expect(chart?.note).toContain('Without the 3 smallest layers');
  });

  const maps = fc.integer({ min: 1, max: 12 }).chain((columns) =>
    fc.integer({ min: 1, max: 12 }).chain((rows) =>
      fc.record({
        kind: fc.constant('map' as const),
        title: fc.string({ maxLength: 60 }),
        subtitle: fc.constant('a mask'),
        rows: fc.constant(rows),
        columns: fc.constant(columns),
        cells: fc.array(fc.constantFrom(0, 0, 0.1, 0.5, 1), { minLength: rows * columns, maxLength: rows * columns }),
        occupancy: fc.array(fc.nat(), { minLength: 2, maxLength: 17 }),
      }),
    ),
  );

  it('draw each cell that keeps something once, at its place, the fuller the darker', () => {
    fc.assert(
      fc.property(maps, (chart: MapChart) => {
        const drawn = new Map<number, number>();
        for (const [, d, opacity] of svgChart(chart).text.matchAll(/<path d="([^"]*)" stroke-opacity="([^"]*)"/g)) {
          for (const [, x, y, length] of (d as string).matchAll(/M(\d+) ([\d.]+)h(\d+)/g)) {
            for (let c = Number(x); c < Number(x) + Number(length); c++) {
              const cell = (Number(y) - 0.5) * chart.columns + c;
              expect(drawn.has(cell)).toBe(false);
              drawn.set(cell, Number(opacity));
            }
          }
        }
        const most = Math.max(...chart.cells);
        chart.cells.forEach((density, cell) => {
          expect(drawn.get(cell)).toBe(density === 0 ? undefined : Math.ceil((8 * density) / most - 1e-9) / 8);
        });
      }),
    );
  });

  it('are figures of a page that is whole in itself', () => {
    const page = htmlPage({ title: 'a < b', lead: ['x & y'], body: htmlFigures(maskCharts(lines)), foot: 'npm run demo' });
    expect(page).not.toMatch(/<script|<link|(href|src)=|url\(|NaN|undefined/);
    expect(page).toContain('<h1>a &lt; b</h1><p>x &amp; y</p>');
    expect(page.match(/<figure>/g)).toHaveLength(6);
    expect(page).toMatch(/<div class="maps"><figure><svg/);
    expect(htmlFigures([])).toBe('');
  });
});
