import type { CostReportData } from 'tfjs-sparsity/callbacks';
import { describe, expect, it } from 'vitest';
import { type MethodName, methodNames, methods } from '../../examples/lib/methods.js';
import type { RunResult } from '../../examples/lib/run-result.js';
import { summary } from '../../examples/lib/summary.js';

const all = { steps: 100, sampledSteps: 100, every: 1, offset: 0, images: null, unseenLayers: [] };

/** A run whose cost is so many cycles a phase, on an accelerator with a long name and on a dense array. */
function result(method: MethodName, cycles: number, sample: CostReportData['sample'] = all, unequal: string[] = []): RunResult {
  const accelerator = (name: string, kind: string, each: number) => ({
    name,
    spec: { kind },
    resources: { units: 1024, dramBytesPerCycle: 1024, sramKb: 458752, valueBits: 32, clockGhz: 1, energyTable: '45nm-lpddr4' },
    rows: ['forward', 'inputGradient', 'weightGradient', 'weightUpdate'].map((phase) => ({
      phase,
      cost: { cycles: each, energyPj: 1e6 * each },
    })),
    total: { cycles: 4 * each, energyPj: 4e6 * each },
  });
  const accelerators = [
    accelerator('acf-of-64-by-64-with-hbm2', 'acf', cycles),
    accelerator('dense-array', 'denseArray', 123456),
  ];
  return {
    name: methods[method].label(0.9),
    method,
    accuracy: 0.9876,
    loss: 0.0543,
    seconds: 123456.7,
    trainingSeconds: 12345.6,
    layers: [
      {
        layer: 'stage3_block1_shortcut',
        weights: 36864,
        kept: 36864,
        sparsity: 0,
        skipped: '1 input channels are fewer than m = 8',
      },
      { layer: 'out', weights: 1000, kept: 100, sparsity: 0.9 },
    ],
    cost: { label: 'modelled', sample, accelerators, unequalResources: unequal, series: [] } as unknown as CostReportData,
    steps: [],
    masks: [],
    epochs: [],
  };
}

describe('the table at the end', () => {
  it.each(methodNames)('of %s is 80 columns wide at most, with no blank at the end of a line', (method) => {
    for (const line of summary([result('dense', 99999), result(method, 54321)]).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(80);
      expect(line).toBe(line.trimEnd());
    }
  });

  it('says what the steps took by themselves, where some were timed, and all of it', () => {
    const { trainingSeconds: _, ...untimed } = result('dense', 1);
    const [, ...lines] = summary([untimed, result('bdwp', 1)])
      .split('\n')
      .slice(0, 3);
    expect(lines.map((line) => line.split('%').pop()?.trim())).toEqual(['123456.7 s', '12345.6 s  123456.7 s']);
  });

  it('has a row for each accelerator below each method, against the first dense array', () => {
    const table = summary([result('dense', 61728), result('bdwp', 30864)]);
    const against = table.slice(table.indexOf('against dense on dense-array')).split('\n\n')[0].split('\n').slice(1);
    expect(against.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['dense'],
      ['acf-of-64-by-64-with-hbm2', '2.00x', '2.00x'],
      ['dense-array', '1.00x', '1.00x'],
      ['bdwp'],
      ['acf-of-64-by-64-with-hbm2', '4.00x', '4.00x'],
      ['dense-array', '1.00x', '1.00x'],
    ]);
  });

  it('says what each accelerator has to work with, and in what they differ', () => {
    const unequal = ['units', 'DRAM bytes per cycle', 'SRAM', 'value width', 'clock', 'energy table'];
    expect(summary([result('dense', 1)])).not.toContain('Ratios between accelerators');
    const table = summary([result('dense', 1, all, unequal), result('bdwp', 1)]);
    expect(table).toContain(
      [
        'resources                  units  DRAM B/cycle  SRAM KB  bits  GHz       energy',
        'acf-of-64-by-64-with-hbm2   1024          1024   458752    32    1  45nm-lpddr4',
        'dense-array                 1024          1024   458752    32    1  45nm-lpddr4',
        '',
        'Ratios between accelerators also compare their units, DRAM bytes per cycle,',
        'SRAM, value width, clock, energy table.',
      ].join('\n'),
    );
  });

  it('says which layers stay dense, and why', () => {
    expect(summary([result('bdwp', 1)])).toContain(
      '\nstage3_block1_shortcut stays dense: 1 input channels are fewer than m = 8\n',
    );
  });

  it('says when cycles and energy stand on a sample', () => {
    expect(summary([result('gradual', 1)])).not.toContain('modelled from');
    expect(summary([result('gradual', 1, { ...all, every: 4, sampledSteps: 25 })])).toContain(
      'modelled from 25 of 100 steps, scaled to the whole run',
    );
    expect(summary([result('gradual', 1, { ...all, images: 8 })])).toContain(
      'modelled from 100 of 100 steps, 8 images of a batch, scaled to the whole run',
    );
  });

  it('has no cost without accelerators', () => {
    const { cost: _, ...bare } = result('gradual', 1);
    expect(summary([bare])).not.toMatch(/modelled|against/);
  });
});
