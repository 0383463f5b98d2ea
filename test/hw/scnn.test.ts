import {
  type BitTensor,
  bernoulliBits,
  bitsFrom,
  convNest,
  costOf,
  createAccelerator,
  denseMacs,
  denseNest,
  type GemmWork,
  gemmShapes,
  network,
  onesBits,
  type PhaseWork,
  type ScnnOptions,
  scnn,
  scnnCounters,
  sliceBits,
  systolic,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { phases, workOf } from './support/small-works.js';

const first = (options: ScnnOptions, work: PhaseWork): WorkCounts => scnn(options).start().executeStep([work]).works[0];
const computeCycles = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;
const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((a, b) => a + b, 0);

/** One channel of 3 x 3 with its diagonal, two filters of 2 x 2: filter 0 has both corners, filter 1 the upper right weight. */
const diagonal: GemmWork = {
  ...{ kind: 'gemm', layer: 'conv', phase: 'forward', imageScale: 1 },
  nest: convNest({ batch: 1, inSize: [3, 3], inChannels: 1, outChannels: 2, kernelSize: [2, 2] }),
  input: { role: 'A', source: 'conv', nonzeros: bitsFrom([1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 1, 3, 3, 1]) },
  kernel: { role: 'W', source: 'conv', nonzeros: bitsFrom([1, 0, 0, 1, 0, 0, 1, 0], [1, 2, 2, 1, 2]) },
};
const single = { peRows: 1, peCols: 1, activationVector: 2, weightVector: 2 } as const;

describe('one processing element with one channel, by hand', () => {
  // Activations (0,0) (1,1) | (2,2), weights (0,0)k0 (0,1)k1 | (1,1)k0. Products by brick, with their outputs:
  //   1: (0,0)k0, (1,1)k0, (1,0)k1 and one outside    2: (0,0)k0 and one outside    3: two outside    4: (1,1)k0
  it('takes a cycle per brick when no bank is met twice', () => {
    const counts = first(single, diagonal);
    expect(computeCycles(counts)).toBe(4);
    expect(counts.macs).toEqual({ dense: 4 * 4 * 2, effectual: 5, executed: 9 });
    // 14 bytes of A and 14 of W, run-length coded, come in before; 8 outputs go out behind.
    expect(counts.cycles).toBe(1 + 4 + 1);
    expect(counts.dramBytes).toEqual({ W: 14, A: 14 + 32, E: 0, G: 0 });
    expect(counts.usefulUnitCycles).toBe(5);
    expect(counts.idleUnitCycles).toEqual({
      ...{ ineffectual: 0, outside: 4, fragmentation: 16 - 9, conflicts: 0, imbalance: 0, halo: 0, memory: 4 * 2 },
    });
  });

  it('waits where two products of a brick meet the same bank', () => {
    // Banks 0, 12 and 9 of the first brick are 0, 0 and 1 of 4.
    const counts = first({ ...single, banks: 4 }, diagonal);
    expect(computeCycles(counts)).toBe(5);
    expect(counts.idleUnitCycles.conflicts).toBe(4);
  });

  it('streams each filter by itself when the accumulators hold one, and refuses to hold none', () => {
    // Pass 1: weights (0,0) (1,1); the first brick meets output (0,0) twice, the second once. Pass 2: one weight, two bricks.
    expect(computeCycles(first({ ...single, accumulatorEntries: 4 }, diagonal))).toBe(2 + 1 + 2);
    expect(() => first({ ...single, accumulatorEntries: 3 }, diagonal)).toThrow(/at least 4.*Raise accumulatorEntries/s);
  });
});

describe('two maps of equal density and different layout', () => {
  const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 1, outChannels: 4, kernelSize: [1, 1] });
  const grid = { peRows: 2, peCols: 2, activationVector: 1, weightVector: 4 };
  const withInput = (places: readonly number[]): GemmWork => {
    const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    const map = Array.from({ length: 16 }, (_, i) => (places.includes(i) ? 1 : 0));
    return { ...work, input: { ...work.input, nonzeros: bitsFrom(map, [1, 1, 4, 4, 1]) } };
  };

  it('take different cycles: four activations in one tile, or one in each', () => {
    const bunched = first(grid, withInput([0, 1, 4, 5]));
    const spread = first(grid, withInput([0, 3, 12, 15]));
    expect(bunched.macs).toEqual(spread.macs);
    expect([computeCycles(bunched), computeCycles(spread)]).toEqual([4, 1]);
  });
});

describe('strides', () => {
  it('differ between the pairings on odd padding only', () => {
    const strided = (pad: number) => {
      const options = { batch: 1, inSize: [8, 8], inChannels: 2, outChannels: 4, kernelSize: [3, 3], stride: [2, 2] };
      return workOf(convNest({ ...options, padding: [pad, pad] }), 'forward', { input: 0.5, kernel: 0.5 }, 7);
    };
    const counters = (pad: number, pairing: 'repaired' | 'peer') => {
      const { products, idleConflicts } = scnnCounters(strided(pad), { peRows: 1, peCols: 1, pairing });
      return { products, idleConflicts };
    };
    expect(counters(2, 'peer')).toEqual(counters(2, 'repaired'));
    expect(counters(1, 'peer')).not.toEqual(counters(1, 'repaired'));
  });
});

describe('sampled images', () => {
  const sampled = (work: GemmWork, images: number): GemmWork => {
    const cut = (bits: BitTensor): BitTensor => {
      const shape = [images, ...bits.shape.slice(1)];
      return {
        ...sliceBits(
          bits,
          0,
          shape.reduce((product, size) => product * size, 1),
        ),
        shape,
      };
    };
    return {
      ...work,
      nest: { ...work.nest, batch: images },
      imageScale: work.nest.batch / images,
      input: { ...work.input, nonzeros: cut(work.input.nonzeros) },
      kernel: work.phase === 'weightGradient' ? { ...work.kernel, nonzeros: cut(work.kernel.nonzeros) } : work.kernel,
    };
  };
  const layers = {
    convolution: convNest({ batch: 16, inSize: [12, 12], inChannels: 8, outChannels: 16, kernelSize: [3, 3], padding: 'same' }),
    dense: denseNest({ batch: 128, inFeatures: 256, outFeatures: 48 }),
  };

  it.each(Object.keys(layers).flatMap((name) => phases.map((phase) => [name as keyof typeof layers, phase] as const)))(
    'of a %s layer, %s: a quarter of the batch tells what all of it costs, to 5 percent',
    (name, phase) => {
      const work = workOf(layers[name], phase, { input: 0.4, kernel: 0.2 }, 5);
      const whole = first({}, work);
      const part = first({}, sampled(work, work.nest.batch / 4));
      expect(Math.abs(part.cycles / whole.cycles - 1)).toBeLessThan(0.05);
      expect(part.macs.dense).toBe(whole.macs.dense);
      expect(part.usefulUnitCycles + sum(part.idleUnitCycles)).toBe(part.units * part.cycles);
    },
  );
});

describe('operands at the limits', () => {
  const nests = {
    'a kernel larger than the map': convNest({
      ...{ batch: 1, inSize: [2, 2], inChannels: 3, outChannels: 5, kernelSize: [5, 5], padding: 'same' },
    }),
    'a map of one pixel': convNest({ batch: 3, inSize: [1, 1], inChannels: 7, outChannels: 4, kernelSize: [1, 1] }),
    'a depthwise layer': convNest({
      ...{ batch: 2, inSize: [5, 5], inChannels: 4, outChannels: 8, kernelSize: [3, 3], groups: 4, stride: [2, 2] },
    }),
  };

  it.each(Object.entries(nests))('%s: all-zero operands take memory time only, all-dense ones do all their work', (_, nest) => {
    for (const phase of phases) {
      const empty = first({}, workOf(nest, phase, { input: 0, kernel: 0 }, 1));
      expect(computeCycles(empty) - empty.idleUnitCycles.halo / empty.units).toBe(0);
      const full = first({}, workOf(nest, phase, { input: 1, kernel: 1 }, 1));
      expect(full.macs.effectual).toBe(denseMacs(nest));
      expect(full.usefulUnitCycles).toBe(denseMacs(nest));
    }
  });

  it('updates the kept weights of a masked layer only', () => {
    const nonzeros = bernoulliBits([64, 64], 0.25, createRng(3));
    const update = { kind: 'update', layer: 'fc', phase: 'weightUpdate', slots: 1 } as const;
    const weights = { role: 'W', source: 'fc', nonzeros } as const;
    const all = first({}, { ...update, weights, masked: false });
    const kept = first({}, { ...update, weights, masked: true });
    expect(all.macs.executed).toBe(2 * 64 * 64);
    expect(kept.macs.executed).toBe(kept.macs.effectual);
    expect(kept.dramBytes.W + kept.dramBytes.G).toBeLessThan(all.dramBytes.W + all.dramBytes.G);
    for (const counts of [all, kept]) {
      expect(counts.usefulUnitCycles + sum(counts.idleUnitCycles)).toBe(counts.units * counts.cycles);
    }
  });

  it('writes a dense master, and beside it the weights in runs as the next step reads them', () => {
    // 8 weights, 6 zero: two entries of 32 + 4 bits.
    const written = (values: readonly number[], masked: boolean) => {
      const weights = { role: 'W', source: 'fc', nonzeros: bitsFrom(values, [8]) } as const;
      const { dramBytes } = first({}, { kind: 'update', layer: 'fc', phase: 'weightUpdate', slots: 1, weights, masked });
      return [dramBytes.W, dramBytes.G];
    };
    const sparse = [0, 1, 0, 0, 0, 2, 0, 0];
    expect(written(sparse, false)).toEqual([2 * 2 * 32 + 9, 32]); // master and slot both ways
    expect(written(sparse, true)).toEqual([2 * 9 + 2 * 8, 8]);
    expect(written(new Array(8).fill(1), false)).toEqual([2 * 2 * 32, 32]); // nothing is hidden: no master
  });

  it('names a bandwidth of nothing and vectors of too many products, and prices what the preset did', () => {
    expect(() => scnn({ dramBytesPerCycle: 0 })).toThrow(/dramBytesPerCycle/);
    expect(() => scnn({ activationVector: 8, weightVector: 5 })).toThrow(/weightVector.*at most 36 products a cycle/s);
    expect(() => scnn({ pairing: 'peer', peRows: 8, peCols: 4 })).toThrow(/peRows.*at most peCols with pairing 'peer'/s);
    const accelerator = createAccelerator('scnn');
    const cost = costOf(accelerator.start().executeStep([diagonal]), accelerator.energyTable);
    expect(cost.energyPj).toBeGreaterThan(0);
  });
});

describe('fully dense operands (claim 37)', () => {
  const ones = (role: 'A' | 'W', shape: readonly number[]) => ({ role, source: 'conv', nonzeros: onesBits(shape) }) as const;

  it('run VGG-16 at 0.75 to 0.85 of the speed of a dense array with as many multipliers', () => {
    let scnnCycles = 0;
    let arrayCycles = 0;
    for (const { kind, nest } of network('vgg16').layers) {
      if (kind !== 'conv') continue;
      // Cycles are linear in the source channels, but for the halo: two of them tell.
      const [one, two] = [1, 2].map((inChannels) => {
        const few = { ...nest, batch: 1, inChannels };
        const input = ones('A', [1, ...few.inSize, inChannels]);
        const kernel = ones('W', [...few.kernelSize, inChannels, few.outChannels]);
        const work = { kind: 'gemm', layer: 'conv', phase: 'forward', nest: few, imageScale: 1, input, kernel } as const;
        return scnnCounters(work).cycles;
      });
      scnnCycles += one + (nest.inChannels - 1) * (two - one);
      const [{ m, n, k }] = gemmShapes({ ...nest, batch: 1 }, 'forward');
      const flows = (['WS', 'OS', 'IS'] as const).map((dataflow) => systolic({ m, n, k, rows: 32, cols: 32, dataflow }).cycles);
      arrayCycles += Math.min(...flows);
    }
    expect(arrayCycles / scnnCycles).toBeCloseTo(0.787, 3);
  });
});
