import * as fc from 'fast-check';
import {
  bernoulliBits,
  bitsFrom,
  convNest,
  createAccelerator,
  denseArray,
  denseNest,
  type GemmWork,
  presets,
  resourcesOf,
  type TensorDashOptions,
  tensorDash,
  unequalResources,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { drainCycles, lanes } from '../../src/hw/tensordash/drain-cycles.js';
import type { TensorDashSpec } from '../../src/hw/tensordash/options.js';
import { createRng } from '../../src/rng.js';
import { smallNests as nestsOfAllKinds, slowMacs } from './support/reference.js';
import { densities, phases, smallWorks, workOf } from './support/small-works.js';
import { tensorDashEvents } from './support/tensor-dash-events.js';

const first = (options: TensorDashOptions, work: GemmWork): WorkCounts =>
  tensorDash(options).start().executeStep([work]).works[0];
const computeCycles = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;

const one = { tiles: 1, tileRows: 1, tileCols: 1 } as const;

/** One dot product whose pairs lie where `rows` of 16 lanes say. */
function dot(...rows: readonly (readonly number[])[]): GemmWork {
  const values = rows.flatMap((row) => Array.from({ length: 16 }, (_, lane) => Number(row.includes(lane))));
  const work = workOf(denseNest({ batch: 1, inFeatures: values.length, outFeatures: 1 }), 'forward', { input: 1, kernel: 1 }, 1);
  return { ...work, input: { ...work.input, nonzeros: bitsFrom(values, [1, values.length]) } };
}

const all = Array.from({ length: 16 }, (_, lane) => lane);

describe('one processing element, by hand', () => {
  it.each([
    ['takes a row per cycle when none is zero', [all, all, all, all], 4],
    ['passes three rows of zeros at a time', [[], [], [], [], []], 2],
    ['spreads a lane over its neighbours: (1, 0) to lane 1, (2, 0) to lane 2', [[0], [0], [0], [0], [0], [0]], 2],
    ['brings nothing forward while all multipliers have pairs of their own', [all, [3], [3]], 2],
    ['brings (1, 0) to lane 0 and (2, 13), two lanes down, to lane 15', [all.slice(1, 15), [0], [13]], 1],
    ['reaches three lanes down on a ring: (1, 13) to lane 0', [all.slice(1), [13]], 1],
    ['does not reach three lanes up: (1, 3) stays behind lane 0', [all.slice(1), [3]], 2],
    ['works a dense row behind a sparse one off as far as it reaches', [[], all, all], 2],
  ])('%s', (_, rows, cycles) => {
    for (const skip of ['both', 'oneSide'] as const) expect(computeCycles(first({ ...one, skip }, dot(...rows)))).toBe(cycles);
  });

  it('accounts for its multipliers and bytes', () => {
    const counts = first(one, dot([0], [0], [0], [0], [0], [0]));
    expect(counts.macs).toEqual({ dense: 96, effectual: 6, executed: 6 });
    expect(counts.idleUnitCycles).toMatchObject({ ineffectual: 0, lanes: 2 * 16 - 6, underfilled: 0, imbalance: 0 });
    // A: 6 values and 96 bits; W: 96 values and 96 bits; one value leaves.
    expect(counts.dramBytes).toEqual({ A: 24 + 12 + 4, W: 384 + 12, E: 0, G: 0 });
  });
});

describe('a tile', () => {
  const twoRows = (): GemmWork => {
    const work = workOf(denseNest({ batch: 2, inFeatures: 96, outFeatures: 2 }), 'forward', { input: 1, kernel: 1 }, 1);
    const values = Array.from({ length: 192 }, (_, i) => Number(i < 96));
    return { ...work, input: { ...work.input, nonzeros: bitsFrom(values, [2, 96]) } };
  };

  it('waits for its densest row, and tiles do not wait for each other before the end', () => {
    const together = first({ tiles: 1, tileRows: 2, tileCols: 2 }, twoRows());
    expect(computeCycles(together)).toBe(6);
    expect(together.idleUnitCycles.lanes).toBe(2 * 6 * 16);
    const apart = first({ tiles: 2, tileRows: 1, tileCols: 2 }, twoRows());
    expect(computeCycles(apart)).toBe(6);
    expect(apart.idleUnitCycles.imbalance).toBe(4 * 2 * 16);
    expect(computeCycles(first({ tiles: 1, tileRows: 1, tileCols: 2 }, twoRows()))).toBe(6 + 2);
  });

  it('skips the sparser operand if only one, and multiplies zeros of the other', () => {
    const nest = convNest({ batch: 1, inSize: [6, 6], inChannels: 32, outChannels: 8, kernelSize: [3, 3] });
    for (const phase of phases) {
      for (const [input, kernel, expected] of [
        [0.8, 0.2, 'kernel'],
        [0.2, 0.8, 'input'],
      ] as const) {
        const work = workOf(nest, phase, { input, kernel }, 3);
        const counts = first({ skip: 'oneSide' }, work);
        expect(counts.decisions).toEqual({ skipped: expected });
        expect(counts.idleUnitCycles.ineffectual).toBeGreaterThan(0);
        expect(first({}, work).idleUnitCycles.ineffectual).toBe(0);
      }
    }
  });
});

describe('the scheduler on bits and the event-level reference', () => {
  const machines = fc.record({
    tiles: fc.integer({ min: 1, max: 3 }),
    tileRows: fc.integer({ min: 1, max: 4 }),
    tileCols: fc.integer({ min: 1, max: 4 }),
    skip: fc.constantFrom('both' as const, 'oneSide' as const),
  });

  function agree(work: GemmWork, options: TensorDashOptions): void {
    const accelerator = tensorDash(options);
    const [counts] = accelerator.start().executeStep([work]).works;
    const events = tensorDashEvents(work, accelerator.spec as TensorDashSpec);
    expect(computeCycles(counts)).toBe(events.cycles);
    expect(counts.macs).toMatchObject({ executed: events.executed, effectual: events.effectual });
    expect(counts.idleUnitCycles).toMatchObject({
      ...{ lanes: events.lanes, underfilled: events.underfilled, imbalance: events.imbalance },
      ineffectual: events.executed - events.effectual,
    });
    expect(events.effectual).toBe(slowMacs(work).effectual);
  }

  it('agree exactly on cycles, idle causes and counts, for all phases and tiles', () => {
    fc.assert(fc.property(smallWorks, machines, agree), { numRuns: 150 });
  });

  it('agree on dilated, unevenly padded and deep layers', () => {
    const works = fc
      .record({
        nest: nestsOfAllKinds,
        phase: fc.constantFrom(...phases),
        input: densities,
        kernel: densities,
        seed: fc.integer(),
      })
      .filter(({ nest }) => nest.inSize[0] * nest.inSize[1] * nest.inSize[2] <= 16 && nest.batch * nest.inChannels <= 40)
      .map(({ nest, phase, input, kernel, seed }) => workOf(nest, phase, { input, kernel }, seed));
    fc.assert(fc.property(works, machines, agree), { numRuns: 40 });
  });

  it('agree where reductions are long enough to run ahead', () => {
    for (const skip of ['both', 'oneSide'] as const) {
      for (const [input, kernel] of [
        [0.5, 0.4],
        [0.9, 0.9],
        [0.2, 1],
      ]) {
        agree(workOf(denseNest({ batch: 5, inFeatures: 300, outFeatures: 6 }), 'forward', { input, kernel }, 7), {
          tiles: 2,
          skip,
        });
      }
    }
  });
});

describe('the speed-up', () => {
  it('is at least 1 and at most 3: all pairs are worked off in between a third of their rows and all of them', () => {
    const blocks = fc.record({ rows: fc.integer({ min: 1, max: 40 }), density: densities, seed: fc.integer() });
    fc.assert(
      fc.property(blocks, ({ rows, density, seed }) => {
        const rng = createRng(seed);
        const slots = new Int32Array((rows + 2) * lanes);
        for (let slot = 0; slot < rows * lanes; slot++)
          for (let element = 0; element < 32; element++) if (rng.uniform() < density) slots[slot] |= 1 << element;
        const cycles = drainCycles(slots, rows);
        expect(cycles).toBeGreaterThanOrEqual(Math.ceil(rows / 3));
        expect(cycles).toBeLessThanOrEqual(rows);
      }),
      { numRuns: 40 },
    );
  });

  it('reaches 3 on zeros, and takes dense operands as an array of 16-lane rows does', () => {
    const nest = convNest({ batch: 1, inSize: [8, 8], inChannels: 48, outChannels: 16, kernelSize: [1, 1] });
    const cycles = (density: number) => computeCycles(first({}, workOf(nest, 'forward', { input: density, kernel: 1 }, 1)));
    expect(cycles(1)).toBe(((64 / 4) * (16 / 4) * (48 / 16)) / 4);
    expect(cycles(1) / cycles(0)).toBe(3);
  });

  it('is larger when both operands are skipped than when one is', () => {
    const nest = convNest({ batch: 2, inSize: [8, 8], inChannels: 64, outChannels: 32, kernelSize: [3, 3], padding: 'same' });
    const work = workOf(nest, 'forward', { input: 0.5, kernel: 0.5 }, 11);
    expect(computeCycles(first({}, work))).toBeLessThan(computeCycles(first({ skip: 'oneSide' }, work)));
  });
});

describe('sampled images', () => {
  it('tell what the whole batch costs, to 8 percent', () => {
    const nest = convNest({ batch: 8, inSize: [12, 12], inChannels: 16, outChannels: 16, kernelSize: [3, 3], padding: 'same' });
    const quarter = { ...nest, batch: 2 };
    for (const phase of phases) {
      const whole = first({}, workOf(nest, phase, { input: 0.4, kernel: 0.3 }, 5));
      const part = first({}, { ...workOf(quarter, phase, { input: 0.4, kernel: 0.3 }, 6), imageScale: 4 });
      expect(Math.abs(computeCycles(part) / computeCycles(whole) - 1)).toBeLessThan(0.08);
      expect(part.macs.dense).toBe(whole.macs.dense);
    }
  });
});

describe('the presets', () => {
  it('have the resources of the dense array, and its 1024 multipliers', () => {
    for (const name of ['tensordash', 'tensordash-one-side']) {
      const { spec } = createAccelerator(name);
      expect(resourcesOf(spec)?.units).toBe(1024);
      expect(unequalResources([denseArray().spec, spec])).toEqual([]);
      expect(Object.keys(presets[name].sources).sort()).toEqual(
        Object.keys(presets[name])
          .filter((field) => !['kind', 'name', 'sources'].includes(field))
          .sort(),
      );
    }
  });

  it('refuse a tile of more than 32 processing elements', () => {
    expect(() => tensorDash({ tileRows: 8, tileCols: 8 })).toThrow(
      'tensorDash.tileCols: got 8, expected at most 32 processing elements in a tile',
    );
  });

  it('update the kept weights of a masked layer only', () => {
    const nonzeros = bernoulliBits([64, 64], 0.25, createRng(3));
    const update = {
      kind: 'update',
      layer: 'fc',
      phase: 'weightUpdate',
      slots: 1,
      weights: { role: 'W', source: 'fc', nonzeros },
    } as const;
    const [kept, every] = [true, false].map(
      (masked) =>
        tensorDash()
          .start()
          .executeStep([{ ...update, masked }]).works[0],
    );
    expect(every.macs.executed).toBe(2 * 64 * 64);
    expect(kept.macs.executed).toBe(kept.macs.effectual);
    expect(kept.dramBytes.W + kept.dramBytes.G).toBeLessThan(every.dramBytes.W + every.dramBytes.G);
  });

  it('write a dense master, and beside it the weights as the next step reads them', () => {
    // 8 weights, 6 zero: a bit map of a byte and two values.
    const update = (values: readonly number[], masked: boolean) => {
      const weights = { role: 'W', source: 'fc', nonzeros: bitsFrom(values, [8]) } as const;
      const [counts] = tensorDash()
        .start()
        .executeStep([{ kind: 'update', layer: 'fc', phase: 'weightUpdate', slots: 1, masked, weights }]).works;
      return { W: counts.dramBytes.W, G: counts.dramBytes.G };
    };
    const sparse = [0, 1, 0, 0, 0, 2, 0, 0];
    expect(update(sparse, false)).toEqual({ W: 2 * 2 * 32 + (1 + 2 * 4), G: 32 }); // master and slot both ways
    expect(update(sparse, true)).toEqual({ W: 2 * (1 + 2 * 4) + 2 * 8, G: 8 });
    expect(update(new Array(8).fill(1), false)).toEqual({ W: 2 * 2 * 32, G: 32 }); // nothing is hidden: no master
  });
});
