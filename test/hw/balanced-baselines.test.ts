import * as fc from 'fast-check';
import {
  type Accelerator,
  balanced,
  convNest,
  type GemmWork,
  type LoopNest,
  scnn001,
  sigma001,
  sparseTrain001,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { lineWork } from '../../src/hw/balanced/line-work.js';
import { partitionPes } from '../../src/hw/balanced/partition-pes.js';
import type { Scnn001Spec } from '../../src/hw/balanced/scnn001.js';
import type { Sigma001Spec } from '../../src/hw/balanced/sigma001.js';
import { stationaryFolds } from '../../src/hw/balanced/stationary-folds.js';
import { balancedEvents } from './support/balanced-events.js';
import { scnn001Events, sigma001Events } from './support/baseline-events.js';
import { metPairs } from './support/line-units.js';
import { sampledWorks, workOf } from './support/small-works.js';

const onePe = { pes: 1, torusRows: 1, torusCols: 1, multipliers: 4, multiplyInitiationInterval: 10 };

const compute = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;

const interval = fc.constantFrom(1, 2, 10);

const torus = fc
  .record({ torusRows: fc.integer({ min: 1, max: 3 }), torusCols: fc.integer({ min: 1, max: 4 }) })
  .map((sides) => ({ ...sides, pes: sides.torusRows * sides.torusCols }));

function agrees(counts: WorkCounts, events: { cycles: number; executed: number; effectual: number; idle: object }): void {
  const { memory, ...idle } = counts.idleUnitCycles;
  expect(memory).toBeGreaterThanOrEqual(0);
  expect(counts.macs).toMatchObject({ executed: events.executed, effectual: events.effectual });
  expect(idle).toEqual(events.idle);
  expect(compute(counts)).toBe(events.cycles);
}

describe('the fast modes of the baselines and their event-level references', () => {
  it('agree for SCNN on cycles, idle causes and counts', () => {
    const machines = fc.record({
      torus,
      weightsPerCycle: fc.constantFrom(1, 2, 4),
      activationsPerCycle: fc.integer({ min: 1, max: 4 }),
      banks: fc.integer({ min: 1, max: 6 }),
      interval,
    });
    fc.assert(
      fc.property(sampledWorks, machines, (work, { torus: sides, weightsPerCycle, activationsPerCycle, banks, interval }) => {
        const multipliers = weightsPerCycle * activationsPerCycle;
        const options = { ...sides, weightsPerCycle, multipliers, banks, multiplyInitiationInterval: interval };
        const accelerator = scnn001(options);
        const [counts] = accelerator.start().executeStep([work]).works;
        agrees(counts, scnn001Events(work, accelerator.spec as Scnn001Spec));
      }),
      { numRuns: 250, seed: 33 },
    );
  });

  it('agree for SIGMA on cycles, idle causes and counts, whichever operand stays', () => {
    const machines = fc.record({
      torus,
      multipliers: fc.integer({ min: 1, max: 5 }),
      flexDpeSize: fc.integer({ min: 1, max: 7 }),
      stationary: fc.constantFrom('kernel' as const, 'input' as const),
      interval,
    });
    fc.assert(
      fc.property(sampledWorks, machines, (sampled, { torus: sides, multipliers, flexDpeSize, stationary, interval }) => {
        const work = { ...sampled, imageScale: 1 };
        const options = {
          ...{ ...sides, multipliers, stationary, multiplyInitiationInterval: interval },
          flexDpeSize: Math.min(flexDpeSize, sides.pes * multipliers),
        };
        const accelerator = sigma001(options);
        const [counts] = accelerator.start().executeStep([work]).works;
        const { words, ...events } = sigma001Events(work, accelerator.spec as Sigma001Spec, stationary);
        agrees(counts, events);
        const { heldWords, streamedWords } = stationaryFolds(work, accelerator.spec as Sigma001Spec);
        expect(heldWords + streamedWords).toBe(words);
        const [best] = sigma001({ ...options, stationary: 'best' })
          .start()
          .executeStep([work]).works;
        expect(compute(best)).toBeLessThanOrEqual(compute(counts));
      }),
      { numRuns: 400, seed: 34 },
    );
  });

  it('agree for SparseTrain on cycles, idle causes and counts', () => {
    const machines = fc.record({
      torus,
      multipliers: fc.integer({ min: 1, max: 5 }),
      partitions: fc.integer({ min: 1, max: 4 }),
      interval,
    });
    fc.assert(
      fc.property(sampledWorks, machines, (work, { torus: sides, multipliers, partitions, interval }) => {
        const options = {
          ...{ ...sides, multipliers, multiplyInitiationInterval: interval },
          ...{ partitionRows: Math.min(partitions, sides.pes), partitionCols: 1 },
        };
        const [counts] = sparseTrain001(options).start().executeStep([work]).works;
        const batch = Math.round(work.nest.batch * work.imageScale);
        const positions = lineWork({ ...work, imageScale: 1 }, multipliers).rows * batch;
        const members = partitionPes(options);
        // Lines by the PEs before a partition: down where all partitions are as large, else to the nearest.
        const round = new Set(members.map(({ length }) => length)).size === 1 ? Math.floor : Math.round;
        const bounds = [0, ...members.keys()].map((_, i) =>
          round((positions * members.slice(0, i).flat().length) / members.flat().length),
        );
        const pes = balancedEvents(work, {
          ...{ partitions: members, bounds, multipliers, rowPairsPerCycle: 1, interval },
        });
        const busy = pes.map((pe) =>
          pe.units
            .flatMap(metPairs)
            .reduce((sum, { products }) => sum + interval * Math.max(1, Math.ceil(products / multipliers)), 0),
        );
        const products = pes.reduce((sum, pe) => sum + pe.products, 0);
        const cycles = Math.max(...busy);
        agrees(counts, {
          ...{ cycles, executed: products, effectual: products },
          idle: {
            fragmentation: busy.reduce((sum, own) => sum + own, 0) * multipliers - products * interval,
            initiation: products * (interval - 1),
            imbalance: busy.reduce((sum, own) => sum + cycles - own, 0) * multipliers,
          },
        });
      }),
      { numRuns: 200, seed: 35 },
    );
  });
});

describe('an initiation interval of 10 cycles', () => {
  it.each([
    // 2 x 2 pixels of 4 channels and 4 kernels of 1 x 1, all dense, on one PE of 4 multipliers: 64 products.
    ['scnn-001', scnn001({ ...onePe, weightsPerCycle: 2 }), 4 * 2 * 2 * 10], // 4 channels, 2 vectors of pixels, 2 of weights
    ['sigma-001', sigma001({ ...onePe, flexDpeSize: 4, stationary: 'kernel' }), 4 * (4 * 10 + 4)], // 4 folds of 4 pixels
    ['sparse-train-001', sparseTrain001({ ...onePe, partitionRows: 1, partitionCols: 1 }), 2 * 4 * 4 * 10], // rows, kernels, channels
  ])('holds each batch of multiplications of %s up, and those of an update', (_, accelerator, cycles) => {
    const nest = convNest({ batch: 1, inSize: [2, 2], inChannels: 4, outChannels: 4, kernelSize: [1, 1] });
    const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    const update = { kind: 'update', layer: 'a', phase: 'weightUpdate', weights: work.kernel, slots: 1, masked: false } as const;
    const counts = accelerator.start().executeStep([work, update]).works;
    expect(counts.map(compute)).toEqual([cycles, (16 * 2 * 10) / 4]);
    expect(counts[1].idleUnitCycles).toMatchObject({ underfilled: 0, initiation: 32 * 9 });
    for (const { usefulUnitCycles, idleUnitCycles, units, cycles: all } of counts) {
      expect(Object.values(idleUnitCycles).reduce((sum, lost) => sum + lost, usefulUnitCycles)).toBe(units * all);
    }
  });

  it.each([0, 1.5, 1025])('is refused as %s by every design', (multiplyInitiationInterval) => {
    for (const design of [balanced, scnn001, sigma001, sparseTrain001]) {
      expect(() => design({ multiplyInitiationInterval })).toThrow(/multiplyInitiationInterval/);
    }
  });
});

describe('two maps of equal density and different layout take different cycles', () => {
  /** A forward work over ones whose input has `filled` elements only. */
  const masked = (nest: LoopNest, filled: (pixel: number, channel: number) => boolean): GemmWork => {
    const work = workOf(nest, 'forward', { input: 0, kernel: 1 }, 1);
    const words = new Uint32Array(work.input.nonzeros.words.length);
    const pixels = nest.batch * nest.inSize[1] * nest.inSize[2];
    for (let i = 0; i < pixels * nest.inChannels; i++) {
      if (filled(Math.floor(i / nest.inChannels), i % nest.inChannels)) words[i >>> 5] |= 1 << (i & 31);
    }
    return { ...work, input: { ...work.input, nonzeros: { ...work.input.nonzeros, words } } };
  };
  const cycles = (accelerator: Accelerator, works: readonly GemmWork[]) =>
    works.map((work) => {
      const [counts] = accelerator.start().executeStep([work]).works;
      expect(counts.macs.effectual).toBe(accelerator.start().executeStep([works[0]]).works[0].macs.effectual);
      return compute(counts);
    });

  it('on SCNN: in one tile, or in all', () => {
    const nest = convNest({ batch: 1, inSize: [8, 8], inChannels: 4, outChannels: 4, kernelSize: [1, 1] });
    const accelerator = scnn001({ pes: 4, torusRows: 2, torusCols: 2 });
    const bunched = masked(nest, (pixel) => pixel < 32 && pixel % 8 < 4); // the 16 pixels of the first tile of four
    const spread = masked(nest, (pixel) => pixel % 4 === 0);
    // 4 channels x 16 activations in 4 vectors x 1 vector of weights, against 4 in 1 vector per tile.
    expect(cycles(accelerator, [bunched, spread])).toEqual([16, 4]);
  });

  it('on SparseTrain: in few row pairs that are full, or in many that are not', () => {
    const nest = convNest({ batch: 1, inSize: [9, 16], inChannels: 4, outChannels: 7, kernelSize: [1, 1] });
    const full = masked(nest, (_, channel) => channel === 0);
    const thin = masked(nest, (pixel, channel) => pixel % 4 === channel);
    // A line of 16 columns per partition, a kernel per PE: one pair of 16 products, or four of 4.
    expect(cycles(sparseTrain001(), [full, thin])).toEqual([1, 4]);
  });

  it('on SIGMA: in one group of channels, or in all, which share no Flex-DPE', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 4, outChannels: 4, kernelSize: [1, 1], groups: 4 });
    const accelerator = sigma001({ pes: 1, torusRows: 1, torusCols: 1, multipliers: 16, flexDpeSize: 16, stationary: 'input' });
    const one = masked(nest, (_, channel) => channel === 0);
    const all = masked(nest, (pixel, channel) => pixel % 4 === channel);
    // One fold of one vector, or four: 1 to load, 1 to stream, 1 and 4 through the networks.
    expect(cycles(accelerator, [one, all])).toEqual([7, 28]);
  });
});
