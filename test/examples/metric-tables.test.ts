import { balanced, costMetrics, emptyCost, resourcesOf } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { metricTables, stepsToConvergence } from '../../examples/lib/metric-tables.js';
import type { RunResult } from '../../examples/lib/run-result.js';

const epochs = [0.5, 0.98, 0.984, 0.9849].map((accuracy, i) => ({ step: 10 * (i + 1), accuracy }));

describe('the metrics on the report page', () => {
  it('take a run for converged at the first epoch within half a point of its best', () => {
    expect(stepsToConvergence({ epochs })).toBe(20);
    expect(stepsToConvergence({ epochs: epochs.slice(0, 1) })).toBe(10);
    expect(stepsToConvergence({ epochs: [] })).toBeUndefined();
  });

  it('show seconds, joule per sample, power by component and the time to convergence of each run', () => {
    const cost = { ...emptyCost(), cycles: 4e9, energyPj: 8e12, byComponentPj: { dram: 6e12, sram: 2e12 }, units: 1 };
    const metrics = costMetrics(cost, cost, 40, { clockGhz: 1, dramBytesPerCycle: 64, areaMm2: 2 });
    const { spec } = balanced();
    const series = Array.from({ length: 40 }, (_, step) => ({ step, accelerators: { balanced: { cycles: 1e8 } } }));
    const run = {
      method: 'dense',
      epochs,
      cost: { accelerators: [{ name: 'balanced', spec, resources: resourcesOf(spec), metrics }], series },
    };
    const page = metricTables([run as unknown as RunResult]);
    for (const cell of [
      'dense on balanced',
      '10 /s',
      '200 mJ',
      '5 /s',
      '2.000, 20 steps',
      '2.00 W',
      '1.50 W',
      'dram',
      'modelled',
      '16 nm without SRAM',
    ]) {
      expect(page).toContain(cell);
    }
  });

  it('are absent without accelerators', () => {
    expect(metricTables([{ epochs } as unknown as RunResult])).toBe('');
  });
});
