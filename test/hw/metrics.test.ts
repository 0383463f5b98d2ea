import * as fc from 'fast-check';
import {
  acf,
  addCosts,
  areasOf,
  balanced,
  type Cost,
  costMetrics,
  costOf,
  createAccelerator,
  denseArray,
  denseNest,
  emptyCost,
  presets,
  ratesOf,
  resourcesOf,
  scaleCost,
  secondsToConvergence,
  unequalResources,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { smallWorks, workOf } from './support/small-works.js';

/** Two thousand cycles of eight units at 2 GHz, 600 pJ. */
const cost: Cost = {
  ...emptyCost(),
  cycles: 2000,
  energyPj: 600,
  byComponentPj: { compute: 200, dram: 400 },
  dramBytes: { W: 1000, A: 3000, E: 0, G: 0 },
  usefulUnitCycles: 4000,
  idleUnitCycles: { fill: 12_000 },
  units: 8,
};
const rates = { clockGhz: 2, dramBytesPerCycle: 8, areaMm2: 4 };

describe('metrics of a run', () => {
  it('are what a hand computes', () => {
    const forward = { ...cost, cycles: 500, energyPj: 100 };
    const metrics = costMetrics(cost, forward, 10, rates);
    expect(metrics.seconds).toBeCloseTo(1e-6, 18);
    expect(metrics.trainingSamplesPerSecond).toBeCloseTo(1e7, 3);
    expect(metrics.inferenceSamplesPerSecond).toBeCloseTo(4e7, 3);
    expect(metrics.trainingJoulePerSample).toBeCloseTo(60e-12, 20);
    expect(metrics.inferenceJoulePerSample).toBeCloseTo(10e-12, 20);
    expect(metrics.energyDelayJouleSeconds).toBeCloseTo(600e-18, 26);
    expect(metrics.kilowattHours).toBeCloseTo(600e-12 / 3.6e6, 24);
    expect(metrics.powerWatt).toBeCloseTo(600e-6, 12);
    expect(metrics.powerByComponentWatt.dram).toBeCloseTo(400e-6, 12);
    expect(metrics.computeUtilisationPercent).toBe(25);
    expect(metrics.bandwidthUtilisationPercent).toBe(25);
    expect(metrics.trainingSamplesPerSecondPerMm2).toBeCloseTo(2.5e6, 3);
  });

  it('do not depend on how long the same step goes on, but time, energy and their product', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), (times) => {
        const once = costMetrics(cost, cost, 10, rates);
        const often = costMetrics(scaleCost(cost, times), scaleCost(cost, times), 10 * times, rates);
        const { seconds, kilowattHours, energyDelayJouleSeconds, powerByComponentWatt: _parts, ...steady } = once;
        for (const [name, value] of Object.entries(steady)) {
          expect((often[name as keyof typeof steady] as number) / (value as number)).toBeCloseTo(1, 9);
        }
        expect(often.seconds / seconds).toBeCloseTo(times, 6);
        expect(often.kilowattHours / kilowattHours).toBeCloseTo(times, 6);
        expect(often.energyDelayJouleSeconds / energyDelayJouleSeconds).toBeCloseTo(times * times, 3);
      }),
    );
  });

  it('agree with the accelerators: power by component adds up, no utilisation is above 100 %', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom(acf(), denseArray()), (work, accelerator) => {
        const total = costOf(accelerator.start().executeStep([work]), accelerator.energyTable);
        const metrics = costMetrics(total, total, work.nest.batch, ratesOf(accelerator.spec) as typeof rates);
        const parts = Object.values(metrics.powerByComponentWatt).reduce((a, b) => a + b, 0);
        expect(parts / metrics.powerWatt).toBeCloseTo(1, 9);
        expect(metrics.computeUtilisationPercent).toBeLessThanOrEqual(100);
        expect(metrics.bandwidthUtilisationPercent).toBeLessThanOrEqual(100);
      }),
      { numRuns: 100 },
    );
  });

  it('take inference for the forward works alone', () => {
    const nest = denseNest({ batch: 4, inFeatures: 50, outFeatures: 20 });
    const works = (['forward', 'weightGradient'] as const).map((phase) => workOf(nest, phase, { input: 0.5, kernel: 0.5 }, 1));
    const accelerator = denseArray();
    const [forward, gradient] = accelerator.start().executeStep(works).works;
    const [first, second] = [forward, gradient].map((counts) => costOf(counts, accelerator.energyTable));
    const metrics = costMetrics(addCosts(first, second), first, 4, { clockGhz: 1, dramBytesPerCycle: null, areaMm2: null });
    expect(metrics.inferenceSamplesPerSecond).toBeCloseTo(4e9 / forward.cycles, 3);
    expect(metrics.bandwidthUtilisationPercent).toBeNull();
    expect(metrics.trainingSamplesPerSecondPerMm2).toBeNull();
  });

  it('name what is wrong: no samples, no step before convergence', () => {
    expect(() => costMetrics(cost, cost, 0, rates)).toThrow('samples of a run');
    expect(() => secondsToConvergence([{ step: 9, cycles: 1 }], 5, 1)).toThrow('one before step 5');
  });

  it('take time to convergence from the steps before it, the missing ones as their mean', () => {
    const series = [0, 1, 2, 3].map((step) => ({ step, cycles: (4 - step) * 1e9 }));
    expect(secondsToConvergence(series, 4, 1)).toBe(10);
    expect(secondsToConvergence(series, 2, 1)).toBe(7);
    expect(secondsToConvergence(series.slice(0, 1), 2, 2)).toBe(4);
  });
});

describe('resources', () => {
  it('are 1024 multipliers in the designs of 001 and 003 and in those compared with them: one dense reference does (ledger A15)', () => {
    const units = (name: string) => resourcesOf(createAccelerator(name).spec)?.units;
    for (const name of ['tactical-t8-2-5', 'balanced', 'sigma-001', 'acf', 'dense-array']) expect(units(name)).toBe(4 * 16 * 16);
  });
});

describe('areas', () => {
  it('are sums of declared components with a source each', () => {
    for (const { spec } of [acf(), denseArray()]) {
      const areas = areasOf(spec);
      expect(areas?.nodeNm).toBe(45);
      expect(areas?.totalMm2).toBeCloseTo(
        areas?.components.reduce((sum, part) => sum + part.count * part.areaMm2, 0) as number,
        12,
      );
      for (const part of areas?.components ?? []) expect(part.source).not.toBe('');
    }
  });

  it('grow with what they are made of, and an ACF is larger than the dense array of as many multipliers', () => {
    const total = (options: Parameters<typeof acf>[0]) => areasOf(acf(options).spec)?.totalMm2 as number;
    const base = total({});
    for (const more of [
      { rows: 64 },
      { queueDepth: 256 },
      { linkWords: 2 },
      { sramKb: 768 },
      { injectors: 256 },
      { writeWords: 32 },
    ]) {
      expect(total(more)).toBeGreaterThan(base);
    }
    expect(total({ sparseMemoryController: false })).toBeLessThan(base);
    expect(base).toBeGreaterThan(areasOf(denseArray().spec)?.totalMm2 as number);
  });

  it('are those of Table IV for the designs of 001, and grow with the PEs', () => {
    const printed = { balanced: 20.16, 'scnn-001': 19.62, 'sigma-001': 22.55, 'sparse-train-001': 19.78 };
    for (const [name, totalMm2] of Object.entries(printed)) {
      const areas = areasOf(createAccelerator(name).spec);
      expect(areas?.nodeNm).toBe(16);
      expect(areas?.totalMm2).toBeCloseTo(totalMm2, 9);
      for (const part of areas?.components ?? []) expect(part.source).toContain('001');
    }
    // 54 of 64 PEs and routers, and the controller: (9.47 + 9.41) * 54 / 64 + 1.28.
    expect(areasOf(createAccelerator('balanced-54').spec)?.totalMm2).toBeCloseTo(17.21, 9);
    expect(ratesOf(balanced().spec)?.areaMm2).toBeCloseTo(20.16, 9);
    expect(areasOf(balanced({ multipliers: 8 }).spec)).toBeUndefined();
    expect(areasOf(balanced({ valueBits: 16 }).spec)).toBeUndefined();
  });

  it('say of which node they are and whether SRAM is in them, and make accelerators unequal where that differs', () => {
    expect(areasOf(denseArray().spec)).toMatchObject({ nodeNm: 45, withSram: true });
    expect(areasOf(balanced().spec)).toMatchObject({ nodeNm: 16, withSram: false });
    const basis = (name: string) => resourcesOf(createAccelerator(name).spec)?.areaBasis;
    expect(['acf', 'sat', 'sigma-001', 'balanced-3mb', 'tensordash'].map(basis)).toEqual([
      '45 nm',
      '45 nm',
      '16 nm without SRAM',
      '16 nm without SRAM',
      null,
    ]);
    const differences = (...all: string[]) => unequalResources(all.map((name) => createAccelerator(name).spec));
    expect(differences('tensordash', 'acf', 'balanced')).toContain('area basis');
    expect(differences('acf', 'dense-array', 'tensordash')).not.toContain('area basis');
  });

  it('are unknown for kinds that declare none', () => {
    expect(areasOf({ kind: 'mine', name: 'mine' })).toBeUndefined();
    expect(ratesOf({ kind: 'mine', name: 'mine' })).toBeUndefined();
    expect(Object.keys(presets)).toContain('acf-literal');
  });
});
