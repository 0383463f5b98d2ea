import fc from 'fast-check';
import {
  bernoulliBits,
  bitsFrom,
  convNest,
  countBits,
  createAccelerator,
  dadiannao,
  denseNest,
  type FilterLayer,
  filterLayers,
  type GemmWork,
  inScanOrder,
  presets,
  type RowSynchronousArray,
  resourcesOf,
  rowBetaBits,
  scheduleWeights,
  tactical,
  tacticalConnections,
  tacticalCycles,
  tileArray,
  type UpdateWork,
  type WorkCounts,
  withFrontEnd,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { phases, productWorks, sampledWorks, workOf } from './support/small-works.js';
import { slowCycles } from './support/tactical-events.js';

const fast = { dramBytesPerCycle: 1e6 };
const small = { tiles: 2, filters: 4, lanes: 4 };
const run = (accelerator: ReturnType<typeof tactical>, work: GemmWork): WorkCounts =>
  accelerator.start().executeStep([work]).works[0];

/** A layer of 3x3 kernels with channels that do not fill the lanes. */
const nest = convNest({ batch: 2, inSize: [5, 5], inChannels: 20, outChannels: 40, kernelSize: [3, 3], padding: 'same' });

describe('DaDianNao++', () => {
  it('has 4 tiles of 16 elements of 16 multipliers, as many as the other presets', () => {
    for (const name of ['dadiannao', 'tactical-t8-2-5']) {
      expect(resourcesOf(createAccelerator(name).spec)).toMatchObject({ units: 1024, sramKb: 4352, valueBits: 32, clockGhz: 1 });
    }
  });

  it('takes ceil(K / 64) * taps * ceil(C / 16) cycles per window, and tells the slots that padding leaves empty', () => {
    const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    expect(tacticalCycles(work).denseCycles).toBe(2 * 25 * 9 * 2);
    const { idleUnitCycles, macs } = run(dadiannao(fast), work);
    expect(macs.executed).toBe(50 * 40 * 180);
    expect(idleUnitCycles.unfilled).toBe(50 * 40 * 9 * 12); // 12 of 32 lanes have no channel
    expect(idleUnitCycles.underfilled).toBe(900 * 1024 - 50 * 40 * 9 * 32); // one and a half tiles of four have no filter
    expect(idleUnitCycles.imbalance).toBe(0);
  });

  it('reads the weights of a row once for all windows that share it, and again for a last one alone', () => {
    const layer = convNest({ batch: 2, inSize: [9], inChannels: 16, outChannels: 1, kernelSize: [1] });
    const work = workOf(layer, 'forward', { input: 1, kernel: 1 }, 1);
    for (const [machine, words] of [
      [dadiannao, 1],
      [tactical, 1 + 3 / 32], // behind a front end with the source of each slot
    ] as const) {
      const reads = (windows: number) => run(machine({ ...fast, windows }), work).actions.sramSmallAccess as number;
      expect(reads(1)).toBe(2 * 9 * 16 * words);
      expect(reads(4)).toBe(2 * 3 * 16 * words);
      expect(reads(16)).toBe(2 * 16 * words);
    }
  });

  it('multiplies only the taps that meet a pixel where a map is shorter than the stride', () => {
    const shape = { batch: 1, inSize: [1, 1], inChannels: 16, outChannels: 16, kernelSize: [3, 3], stride: [2, 2] };
    const work = workOf(convNest({ ...shape, padding: 'same' }), 'inputGradient', { input: 1, kernel: 1 }, 1);
    for (const accelerator of [dadiannao(fast), tactical(fast)]) {
      const { macs, idleUnitCycles } = run(accelerator, work);
      expect(macs).toEqual({ dense: 256, effectual: 256, executed: 256 });
      expect([idleUnitCycles.ineffectual, idleUnitCycles.unfilled]).toEqual([0, 0]);
    }
  });

  it('uses one lane of sixteen in a depthwise layer, and says so', () => {
    const depthwise = convNest({ batch: 1, inSize: [4, 4], inChannels: 64, outChannels: 64, kernelSize: [3, 3], groups: 64 });
    const work = workOf(depthwise, 'forward', { input: 1, kernel: 1 }, 1);
    const { cycles, denseCycles } = tacticalCycles(work);
    expect(denseCycles).toBe(4 * 4 * 9); // 16 channels at a time, on one tile of four
    const { idleUnitCycles, usefulUnitCycles } = run(dadiannao(fast), work);
    expect(idleUnitCycles.unfilled).toBe(15 * usefulUnitCycles);
    // The empty lanes are room for the weights of the next taps: a front end gains even without zeros.
    expect(cycles).toBe(4 * 4 * 3);
  });

  it('takes groups one after another: tiles share activations, so that a group has no use for more tiles than it has sets', () => {
    const shape = { batch: 1, inSize: [4, 4], inChannels: 32, kernelSize: [3, 3], padding: 'same' } as const;
    const cycles = (outChannels: number, groups: number, tiles: number) =>
      tacticalCycles(workOf(convNest({ ...shape, outChannels, groups }), 'forward', { input: 1, kernel: 1 }, 1), { tiles })
        .denseCycles;
    expect([1, 4, 16].map((tiles) => cycles(32, 32, tiles))).toEqual([288, 288, 288]); // 16 windows * 2 sets * 9 taps
    expect([1, 2, 4].map((tiles) => cycles(96, 2, tiles))).toEqual([864, 576, 288]); // two groups of three sets
    const work = workOf(convNest({ ...shape, outChannels: 96, groups: 2 }), 'forward', { input: 1, kernel: 1 }, 1);
    const array = tileArray({ tiles: 4, filters: 16, lanes: 16, windows: 1 });
    const [layer] = filterLayers(work, array);
    expect(array.time(layer, array.issue(layer)).passes).toBe(2); // one per group
  });

  it('shares the lanes of a tile between the filters of a depthwise layer, and gives groups of channels sets of their own', () => {
    const grouped = (groups: number) =>
      convNest({ batch: 1, inSize: [2], inChannels: 32, outChannels: 32, kernelSize: [1], groups });
    const sets = (groups: number) => {
      const [layer] = filterLayers(workOf(grouped(groups), 'forward', { input: 1, kernel: 1 }, 1), { lanes: 16, filters: 16 });
      return layer.sets.map(({ filters, firstLanes }) => [filters.length, new Set(firstLanes).size]);
    };
    expect(sets(1)).toEqual([
      [16, 1],
      [16, 1],
    ]);
    expect(sets(2)).toEqual([
      [16, 1],
      [16, 1],
    ]);
    expect(sets(8)).toEqual(Array.from({ length: 8 }, () => [4, 1]));
    expect(sets(32)).toEqual([
      [16, 16],
      [16, 16],
    ]);
  });
});

describe('the tactical front end', () => {
  const rules = [
    { options: {}, rule: { lookahead: 2, connections: inScanOrder(tacticalConnections('T', 2, 2), 'by-row') } },
    {
      options: { shape: 'L', lookahead: 3, lookaside: 3, scan: 'listed', policy: 'most-flexible-first' },
      rule: { lookahead: 3, connections: tacticalConnections('L', 3, 3), policy: 'most-flexible-first' },
    },
    {
      options: {
        shape: 'custom',
        lookahead: 1,
        connections: [
          [1, 2],
          [1, 0],
        ],
        scan: 'listed',
        policy: 'greedy',
        synchronise: 'pe',
      },
      rule: {
        lookahead: 1,
        connections: [
          [1, 2],
          [1, 0],
        ],
        policy: 'greedy',
        synchronise: 'pe',
      },
    },
  ] as const;

  it('takes the cycles of a slow simulation, window by window and set by set, with and without its schedule', () => {
    const sizes = fc.record({
      kernel: fc.integer({ min: 1, max: 3 }),
      inChannels: fc.integer({ min: 1, max: 11 }),
      outChannels: fc.integer({ min: 1, max: 19 }),
      density: fc.constantFrom(0, 0.2, 0.5, 1),
      phase: fc.constantFrom('forward' as const, 'inputGradient' as const),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom(...rules), ({ kernel, inChannels, outChannels, density, phase, seed }, one) => {
        const shape = {
          batch: 2,
          inSize: [3, 3],
          inChannels,
          outChannels,
          kernelSize: [kernel, kernel],
          padding: 'same' as const,
        };
        const work = workOf(convNest(shape), phase, { input: 0.5, kernel: density }, seed);
        const counts = tacticalCycles(work, { ...small, lookaside: 2, ...one.options });
        expect(counts.denseCycles).toBe(slowCycles(work, small, undefined));
        expect(counts.cycles).toBe(slowCycles(work, small, one.rule));
      }),
      { numRuns: 60 },
    );
  });

  it('is never slower than DaDianNao++, whatever the work and the memory', () => {
    const names = ['tactical-t8-2-5', 'tactical-t8-1-6', 'tactical-t8-3-4', 'tactical-t8-4-3'];
    const all = fc.record({
      work: sampledWorks,
      name: fc.constantFrom(...names),
      bandwidth: fc.constantFrom(0.5, 8, 64, 1e6),
      weightGradient: fc.constantFrom('dense', 'errors'),
      synchronise: fc.constantFrom('tile', 'pe'),
    });
    fc.assert(
      fc.property(all, ({ work, name, bandwidth, weightGradient, synchronise }) => {
        const spec = { ...small, dramBytesPerCycle: bandwidth };
        const front = createAccelerator({ ...createAccelerator(name).spec, ...spec, lookaside: 2, weightGradient, synchronise });
        const counts = run(front, work);
        expect(counts.cycles).toBeLessThanOrEqual(run(dadiannao(spec), work).cycles);
        const { units, cycles, usefulUnitCycles, idleUnitCycles } = counts;
        const idle = Object.values(idleUnitCycles);
        expect(usefulUnitCycles + idle.reduce((sum, lost) => sum + lost, 0)).toBe(units * cycles);
        expect(Math.min(...idle)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 100 },
    );
  });

  it('takes exactly the time of DaDianNao++ where no weight is zero, and a row for each whole window of h + 1 where all are', () => {
    const full = convNest({ batch: 1, inSize: [4, 4], inChannels: 32, outChannels: 64, kernelSize: [3, 3] });
    for (const lookahead of [1, 2, 3, 4]) {
      const options = { lookahead, lookaside: 7 - lookahead };
      const dense = tacticalCycles(workOf(full, 'forward', { input: 0.5, kernel: 1 }, 1), options);
      expect(dense.cycles).toBe(dense.denseCycles);
      const empty = tacticalCycles(workOf(full, 'forward', { input: 0.5, kernel: 0 }, 1), options);
      expect(empty.cycles).toBe(4 * Math.floor(18 / (lookahead + 1)));
    }
  });

  it('schedules weights forward and backward, and leaves the weight gradient dense unless it is told to look at E', () => {
    const speedups = (weightGradient: 'dense' | 'errors') =>
      phases.map((phase) => {
        const work = workOf(nest, phase, { input: 0.2, kernel: 0.2 }, 3);
        return run(dadiannao(fast), work).cycles / run(tactical({ ...fast, weightGradient }), work).cycles;
      });
    const [forward, backward, gradient] = speedups('dense');
    expect(forward).toBeGreaterThan(1.5);
    expect(backward).toBeGreaterThan(1.5);
    expect(gradient).toBe(1);
    expect(speedups('errors')[2]).toBeGreaterThan(1.2);
  });

  it('schedules E of a transposed layer too, as if the layer were the plain one of the same products', () => {
    const sizes = { batch: 2, inSize: [5, 5], kernelSize: [1, 1] } as const;
    const transposed = convNest({ ...sizes, inChannels: 12, outChannels: 30, transposed: true }); // its E has 12 channels, its A 30
    const plain = convNest({ ...sizes, inChannels: 30, outChannels: 12 });
    const cyclesOf = (A: number, E: number) => {
      const work = workOf(transposed, 'weightGradient', { input: A, kernel: E }, 5);
      const same: GemmWork = { ...work, nest: plain };
      const options = { ...small, lookaside: 2, weightGradient: 'errors' } as const;
      const [turned, straight] = [work, same].map((one) => tacticalCycles(one, options).cycles);
      const counts = run(tactical({ ...fast, ...options }), work);
      expect(counts.usefulUnitCycles + Object.values(counts.idleUnitCycles).reduce((a, b) => a + b, 0)).toBe(
        counts.units * counts.cycles,
      );
      return {
        turned,
        straight,
        decision: counts.decisions.weights,
        dense: tacticalCycles(work, { ...small, lookaside: 2 }).cycles,
      };
    };
    const sparseErrors = cyclesOf(1, 0.1);
    expect(sparseErrors.turned).toBe(sparseErrors.straight);
    expect(sparseErrors.turned).toBeLessThan(sparseErrors.dense / 2);
    expect(sparseErrors.decision).toBe('scheduled');
    // Zeros of A are nothing that the option takes for known.
    expect(cyclesOf(0.1, 1).turned).toBe(Math.min(cyclesOf(0.1, 1).straight, cyclesOf(0.1, 1).dense));
    expect(cyclesOf(0.1, 1).turned).toBeGreaterThan(sparseErrors.turned);
  });

  it('executes no less than is effectual where sampled images stand in the batch unequally often', () => {
    const machine = tactical({ ...fast, ...small, lookaside: 2, weightGradient: 'errors' });
    const layer = denseNest({ batch: 2, inFeatures: 4, outFeatures: 4 });
    const ones = workOf(layer, 'weightGradient', { input: 1, kernel: 1 }, 1);
    const secondOnly = { ...ones.kernel, nonzeros: bitsFrom([0, 0, 0, 0, 1, 1, 1, 1], [2, 4]) };
    // The second of two images stands once among three: 16 products, not one and a half times 16.
    const { macs } = run(machine, { ...ones, kernel: secondOnly, imageScale: 1.5 });
    expect([macs.effectual, macs.executed]).toEqual([16, 16]);
    fc.assert(
      fc.property(sampledWorks, (work) => {
        const { idleUnitCycles, usefulUnitCycles, units, cycles } = run(machine, work);
        expect(Math.min(...Object.values(idleUnitCycles))).toBeGreaterThanOrEqual(0);
        expect(Object.values(idleUnitCycles).reduce((a, b) => a + b, usefulUnitCycles)).toBe(units * cycles);
      }),
    );
  });

  it('writes the weights in the order of each GEMM that has read them, row counts and advance codes included', () => {
    const kernel = bernoulliBits([...nest.kernelSize, 20, 40], 0.3, createRng(9));
    const read = (['forward', 'inputGradient'] as const).map((phase): GemmWork => {
      const work = workOf(nest, phase, { input: 1, kernel: 1 }, 1);
      return { ...work, kernel: { ...work.kernel, nonzeros: kernel } };
    });
    const weights = { role: 'W', source: 'layer', nonzeros: kernel } as const;
    const update = (masked: boolean): UpdateWork => ({
      ...{ kind: 'update', layer: 'layer', phase: 'weightUpdate', slots: 1, masked, weights },
    });
    // A weight gradient reads no weights: its kernel is E.
    const gradient = workOf(nest, 'weightGradient', { input: 1, kernel: 1 }, 1);
    const [elements, kept] = [9 * 20 * 40, countBits(kernel)];
    for (const machine of [tactical(), dadiannao()]) {
      const step = (works: readonly GemmWork[], masked: boolean) =>
        machine
          .start()
          .executeStep([...works, update(masked)])
          .works.map(({ dramBytes }) => dramBytes.W);
      const [forward, backward, written] = step(read, true); // all memory holds them: each is read once
      expect(written).toBe(forward + backward + 4 * kept + 2 * 4 * kept);
      expect(step([...read, gradient], true)[3]).toBe(written);
      expect(step([read[0]], true)[1]).toBe(forward + 3 * 4 * kept); // a first layer has no input gradient
      expect(step(read, false)[2]).toBe(forward + backward + 4 * elements + 3 * 4 * elements); // and the master
      expect(step([], true)[0]).toBe(4 * 4 * kept);
    }
  });

  it('leaves products of two activations in order, which no schedule in software knows', () => {
    fc.assert(
      fc.property(productWorks, (work) => {
        const counts = run(tactical(fast), work);
        expect(counts.decisions).toEqual({ weights: 'in order' });
        expect(counts.cycles).toBe(run(dadiannao(fast), work).cycles);
      }),
      { numRuns: 20 },
    );
  });

  it('makes a training step whose channels fill the lanes 1.8 times as fast at most, as its weight gradient stays dense', () => {
    const same = { inSize: [16, 16], inChannels: 64, outChannels: 64, kernelSize: [3, 3], padding: 'same' } as const;
    const steps = phases.map((phase) =>
      tacticalCycles(workOf(convNest({ batch: 1, ...same }), phase, { input: 1, kernel: 0 }, 1)),
    );
    expect(steps.map(({ denseCycles, cycles }) => denseCycles / cycles)).toEqual([3, 3, 1]);
    const total = (of: 'cycles' | 'denseCycles') => steps.reduce((sum, one) => sum + one[of], 0);
    expect(total('denseCycles') / total('cycles')).toBeCloseTo(3 / (1 / 3 + 1 / 3 + 1), 12);
  });

  it('leaves weights in order where their sources cost more than the schedule saves, and says what it chose', () => {
    const dense = workOf(denseNest({ batch: 1, inFeatures: 512, outFeatures: 512 }), 'forward', { input: 1, kernel: 0.999 }, 1);
    expect(run(tactical({ dramBytesPerCycle: 1 }), dense).decisions).toEqual({ weights: 'in order' });
    const sparse = workOf(denseNest({ batch: 1, inFeatures: 512, outFeatures: 512 }), 'forward', { input: 1, kernel: 0.2 }, 1);
    expect(run(tactical(fast), sparse).decisions).toEqual({ weights: 'scheduled' });
  });

  it('sees where the zeros of weights are, not only how many', () => {
    const pointwise = convNest({ batch: 1, inSize: [1], inChannels: 64, outChannels: 16, kernelSize: [1] });
    const work = workOf(pointwise, 'forward', { input: 1, kernel: 1 }, 1);
    const cycles = (isFull: (channel: number) => boolean) => {
      const values = Array.from({ length: 64 * 16 }, (_, i) => Number(isFull(Math.floor(i / 16))));
      return tacticalCycles({ ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values, [64, 16]) } }).cycles;
    };
    // Four rows: two full ones and two empty ones, every other lane full, and half of the lanes, which is further than weights move.
    expect(cycles((channel) => channel < 32)).toBe(2);
    expect(cycles((channel) => channel % 2 === 0)).toBe(2);
    expect(cycles((channel) => channel % 16 < 8)).toBe(3);
  });

  it('computes the dense convolution from the scheduled weights and their sources', () => {
    const rng = createRng('provenance');
    const [inChannels, outChannels, lanes, side] = [6, 3, 4, 4];
    const kernel = Array.from({ length: 9 * inChannels * outChannels }, () => (rng.uniform() < 0.4 ? rng.integer(9) + 1 : 0));
    const map = Array.from({ length: (side + 2) * (side + 2) * inChannels }, () => rng.integer(10));
    const weightAt = (tap: number, c: number, f: number) =>
      c < inChannels ? kernel[(tap * inChannels + c) * outChannels + f] : 0;
    const valueAt = (y: number, x: number, c: number) => (c < inChannels ? map[(y * (side + 2) + x) * inChannels + c] : 0);
    const pieces = Math.ceil(inChannels / lanes);
    const rows = Array.from({ length: 9 * pieces }, (_, row) =>
      Array.from({ length: outChannels * lanes }, (_, column) =>
        weightAt(Math.floor(row / pieces), (row % pieces) * lanes + (column % lanes), Math.floor(column / lanes)),
      ),
    );
    const connections = inScanOrder(tacticalConnections('T', 2, 3), 'by-row');
    const { weights, sourceRows, sourceColumns, cycles } = scheduleWeights(rows, { lanes, lookahead: 2, connections });
    expect(cycles).toBeLessThan(rows.length);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const found = new Array<number>(outChannels).fill(0);
        weights.forEach((weight, slot) => {
          if (sourceRows[slot] === -1) return;
          const tap = Math.floor(sourceRows[slot] / pieces);
          const channel = (sourceRows[slot] % pieces) * lanes + (sourceColumns[slot] % lanes);
          const filter = Math.floor((slot % (outChannels * lanes)) / lanes);
          found[filter] += weight * valueAt(y + Math.floor(tap / 3), x + (tap % 3), channel);
        });
        const dense = found.map((_, f) => {
          let sum = 0;
          for (let tap = 0; tap < 9; tap++)
            for (let c = 0; c < inChannels; c++) sum += weightAt(tap, c, f) * valueAt(y + Math.floor(tap / 3), x + (tap % 3), c);
          return sum;
        });
        expect(found).toEqual(dense);
      }
    }
  });
});

describe('filter shuffling', () => {
  const pointwise = convNest({ batch: 1, inSize: [1, 1], inChannels: 256, outChannels: 256, kernelSize: [1, 1] });
  const withKernel = (bits: GemmWork['kernel']['nonzeros']): GemmWork => {
    const work = workOf(pointwise, 'forward', { input: 1, kernel: 1 }, 1);
    return { ...work, kernel: { ...work.kernel, nonzeros: bits } };
  };
  const speedup = (work: GemmWork, synchronise: 'tile' | 'pe') => {
    const cycles = (filterShuffling: boolean) => tacticalCycles(work, { synchronise, filterShuffling }).cycles;
    return cycles(false) / cycles(true);
  };

  it('is never slower, and faster where filters differ in density', () => {
    const shape = [1, 1, 1, 256, 256];
    for (const synchronise of ['tile', 'pe'] as const) {
      for (let seed = 0; seed < 4; seed++) {
        const even = bernoulliBits(shape, 0.3, createRng(seed));
        const spread = rowBetaBits(shape, { density: 0.3, spread: 0.6, rowAxes: [4] }, createRng(seed));
        expect(speedup(withKernel(even), synchronise)).toBeGreaterThanOrEqual(1);
        expect(speedup(withKernel(spread), synchronise)).toBeGreaterThan(1.05);
      }
    }
  });

  it('puts one long filter and fifteen short ones of each tile with their like', () => {
    // Of 16 sets every filter 0 is full and the others are empty: shuffled, one set is full and 15 are empty.
    const columns = Array.from({ length: 256 * 256 }, (_, i) => Number(i % 16 === 0));
    const work = withKernel(bitsFrom(columns, [1, 1, 1, 256, 256]));
    expect(tacticalCycles(work, { synchronise: 'pe' }).cycles).toBe(4 * 16);
    expect(tacticalCycles(work, { synchronise: 'pe', filterShuffling: true }).cycles).toBe(16 + 3 * 5);
  });
});

it('a front end stands before any array that takes weights row by row', () => {
  // One multiplier row of eight lanes that works on one filter at a time and needs two cycles per row.
  const plain: RowSynchronousArray = {
    ...{ lanes: 8, filters: 1 },
    issue: ({ sets, rows }) => sets.map(() => Uint32Array.of(rows)),
    time: ({ images, windowsPerImage }: FilterLayer, issued) => {
      const rows = issued.reduce((sum, [count]) => sum + count, 0);
      const windows = images * windowsPerImage;
      return { cycles: 2 * rows * windows, passes: issued.length, issuedSlots: 8 * rows * windows, waitingSlots: 0 };
    },
  };
  const rule = { lookahead: 1, connections: [[1, 0]], policy: 'greedy', decoupled: false, shuffle: false } as const;
  const front = withFrontEnd(plain, rule);
  const twoRows = convNest({ batch: 1, inSize: [1], inChannels: 16, outChannels: 3, kernelSize: [1] });
  const halves = Array.from({ length: 16 * 3 }, (_, i) => Number(i < 12 || i >= 36)); // channels 0 to 3 and 12 to 15
  const work = workOf(twoRows, 'forward', { input: 1, kernel: 1 }, 1);
  const [layer] = filterLayers({ ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(halves, [16, 3]) } }, front);
  expect(plain.time(layer, plain.issue(layer)).cycles).toBe(12);
  expect(front.time(layer, front.issue(layer)).cycles).toBe(6);
});

it.each(['dadiannao', 'tactical-t8-2-5', 'tactical-t8-1-6', 'tactical-t8-3-4', 'tactical-t8-4-3'])(
  'the preset %s says where each of its constants comes from',
  (name) => {
    const fields = Object.keys(presets[name]).filter((field) => !['kind', 'name', 'sources'].includes(field));
    expect(Object.keys(presets[name].sources).sort()).toEqual(fields.sort());
  },
);

describe('a tactical spec', () => {
  it.each<[string, Parameters<typeof tactical>[0], string]>([
    [
      'a connection outside the window',
      { shape: 'custom', connections: [[3, 0]] },
      'tactical.connections: got [[3,0]], expected 1 to 2 rows ahead, the window of the lookahead: [3, 0] leaves it. Leave that one out.',
    ],
    [
      'lanes that it goes around',
      { shape: 'L', lanes: 2, lookaside: 2 },
      'tactical.lookaside: got 2, expected fewer than 2 lanes aside',
    ],
    ['sources that meet around it', { lanes: 4, lookaside: 4 }, 'around 4 lanes [2, -2] is [2, 2]'],
    [
      'fewer lanes than its own lookaside spans',
      { lanes: 4 },
      'tactical.lookaside: got 5, expected each source once: around 4 lanes [2, -2] is [2, 2]. Lower lookaside, or list sources of',
    ],
    [
      'a connection that is no pair',
      { shape: 'custom', connections: [1, 0] as never },
      'tactical.connections.0: got 1, expected [rows ahead, lanes aside], such as [1, -1]. Write [rows ahead, lanes aside]',
    ],
    ['a list that nothing uses', { connections: [[1, 0]] }, 'expected a list of [ahead, aside] with shape: custom, and none'],
    ['custom connections that are missing', { shape: 'custom' }, 'tactical.connections: got'],
    ['lookaside without lookahead', { lookahead: 0 }, 'tactical.lookahead: got 0, expected at least 1 where there is lookaside'],
    ['half a connection', { shape: 'custom', connections: [[1]] as never }, 'tactical.connections.0'],
    ['an unknown shape', { shape: 'Y' as 'T' }, 'tactical.shape: got Y, expected one of L, T, custom'],
  ])('with %s is refused', (_, options, message) => {
    expect(() => tactical(options)).toThrow(message);
  });

  it('without lookahead is DaDianNao++', () => {
    const work = workOf(nest, 'forward', { input: 0.5, kernel: 0.3 }, 1);
    const { cycles, denseCycles } = tacticalCycles(work, { lookahead: 0, lookaside: 0 });
    expect(cycles).toBe(denseCycles);
  });
});
