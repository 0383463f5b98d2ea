import * as fc from 'fast-check';
import {
  acf,
  type BitTensor,
  bitsFrom,
  convNest,
  createAccelerator,
  denseArray,
  denseMacs,
  denseNest,
  type GemmWork,
  onesBits,
  type PhaseWork,
  price,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { phases, smallWorks, workOf } from './support/small-works.js';
import { ideal, tiny, twoByTwo, W } from './support/tiny-fabric.js';

const dataflows = ['WS', 'OS', 'IS'] as const;
const modes = ['gate', 'skipOneSide', 'skipBoth'] as const;

function first(options: Parameters<typeof acf>[0], work: PhaseWork): WorkCounts {
  return acf(options).start().executeStep([work]).works[0];
}

const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((a, b) => a + b, 0);

describe('the fabric on a 2 x 2 array, by hand', () => {
  it('runs output-stationary: the networks, not the SPEs, are the limit', () => {
    // Longest SPE 2. Input words: row 0 k = 0, 1, 3, row 1 k = 1, 2: five, 3 cycles. Kernel words: five, 3 cycles.
    // Fill 2 levels + 4 outputs / 2 columns = 4. Tile 3 + 4 = 7 cycles.
    // Memory: all operands before (62 bytes, 1 cycle), all outputs after (16 bytes, 1 cycle).
    // Switches: column 1 takes inputs from column 0 (2), row 1 takes kernels from row 0 (2): 10 + ceil(4 / 3) = 12 cycles.
    const counts = first({ ...twoByTwo, dataflow: 'OS' }, tiny);
    expect(counts.cycles).toBe(7 + 2 + 12);
    expect(counts.usefulUnitCycles).toBe(6);
    expect(counts.idleUnitCycles).toEqual({
      ...{ ineffectual: 0, imbalance: 4 * 2 - 6, underfilled: 0, accumulators: 0, multicast: 4 * (3 - 2), banks: 0, fill: 4 * 4 },
      ...{ memory: 4 * 2, write: 0, reconfiguration: 4 * 12 },
    });
    expect(counts.macs).toEqual({ dense: 16, effectual: 6, executed: 6 });
    expect(counts.actions.switchConfig).toBe(4);
  });

  it('runs weight-stationary: column 0 has three weights and needs a second fold', () => {
    // Fold 0: column 0 holds k = 0, 2, column 1 k = 1, 3, met by 1, 1, 2, 1 inputs. Longest 2; five words, 3 cycles; fill 4/2 + 2 + 1 = 5.
    // Fold 1: column 0 holds k = 3, met by 1 input. One row of two columns is the rectangle. Longest 1, one word, fill 1 + 2 + 1 = 4.
    const { cycles, idleUnitCycles: idle, decisions } = first({ ...twoByTwo, dataflow: 'WS' }, tiny);
    expect(decisions).toEqual({ dataflow: 'WS' });
    expect(cycles - (idle.memory + idle.reconfiguration) / 4).toBe(3 + 5 + 1 + 4);
    expect(idle).toMatchObject({ ineffectual: 0, imbalance: 3 + 1, underfilled: 2, multicast: 4, fill: 4 * 9 });
  });

  it('runs input-stationary: rows of the array hold rows of A', () => {
    // Fold 0: row 0 holds k = 0, 1, row 1 k = 1, 2, each met by 1 weight. Longest 1; k = 1 is shared: three words, 2 cycles; fill 5.
    // Fold 1: row 0 holds k = 3, met by 2 weights. Longest 2, two words, fill 4.
    const { cycles, idleUnitCycles: idle } = first({ ...twoByTwo, dataflow: 'IS' }, tiny);
    expect(cycles - (idle.memory + idle.reconfiguration) / 4).toBe(2 + 5 + 2 + 4);
    expect(idle).toMatchObject({ ineffectual: 0, imbalance: 2, underfilled: 4, multicast: 4, fill: 4 * 9 });
  });

  it('gates: every output takes its four slots, ten of sixteen in vain', () => {
    const { cycles, idleUnitCycles: idle, macs } = first({ ...twoByTwo, dataflow: 'OS', zeroDetection: 'gate' }, tiny);
    expect(cycles - (idle.memory + idle.reconfiguration) / 4).toBe(4 + 4);
    expect(macs.executed).toBe(16);
    expect(idle).toMatchObject({ ineffectual: 10, imbalance: 0, underfilled: 0, multicast: 0 });
  });

  it('packs the wanted outputs of a weight gradient into half the tiles', () => {
    // G is 4 x 2: two plain tiles. Wanted are three outputs, at most two per column: one packed tile.
    const output = { role: 'G', source: 'fc', nonzeros: bitsFrom([1, 0, 0, 1, 0, 0, 1, 0], [4, 2]) } as const;
    const E = bitsFrom([1, 1, 1, 1], [2, 2]);
    const work: GemmWork = { ...tiny, phase: 'weightGradient', kernel: { role: 'E', source: 'fc', nonzeros: E }, output };
    // Wanted (0,0): sample 0. (1,1): samples 0, 1. (3,0): sample 0. Four MACs, longest 2.
    // Input words: each wanted row once: 1 + 2 + 1 = 4, 2 cycles. Kernel words: E column 0 sample 0, column 1 samples 0, 1: 3, 2 cycles.
    // Fill 2 + ceil(3 / 2) = 4.
    const counts = first({ ...twoByTwo, dataflow: 'OS' }, work);
    const { memory, reconfiguration } = counts.idleUnitCycles;
    expect(counts.cycles - (memory + reconfiguration) / 4).toBe(2 + 4);
    expect(counts.macs).toEqual({ dense: 16, effectual: 4, executed: 4 });
    expect(counts.dramBytes.G).toBe(3 * 4);
  });

  it('moves compressed bytes: bit-mapped activations, CSR weights, dense outputs', () => {
    // A lines of 4: three values 2 + 4 + 96, two values 2 + 4 + 64 bits: 172 bits. W: 5 * (32 + 12) + 3 * 32 = 316 bits. Out: 4 * 4 bytes.
    expect(first({ ...twoByTwo, dataflow: 'OS' }, tiny).dramBytes).toEqual({ W: 40, A: 22 + 16, E: 0, G: 0 });
    const dense = first({ ...twoByTwo, dataflow: 'OS', sparseMemoryController: false }, tiny);
    expect(dense.dramBytes).toEqual({ W: 32, A: 32 + 16, E: 0, G: 0 });
  });

  it('stores weights by rows of their output channels where it is told so: never more than a tag per row above dense', () => {
    // Bit maps of four: column 0 has three values, 2 + 4 + 96 bits, column 1 two, 2 + 4 + 64: 172 bits. Full rows are dense: 2 * (2 + 128).
    const bytes = (nonzeros: BitTensor, weightFormat: 'csr' | 'rows') => {
      const work: GemmWork = { ...tiny, kernel: { role: 'W', source: 'fc', nonzeros } };
      return first({ ...twoByTwo, weightFormat }, work).dramBytes.W;
    };
    expect(bytes(W, 'rows')).toBe(22);
    expect(bytes(onesBits([4, 2]), 'rows')).toBe(33);
    expect(bytes(onesBits([4, 2]), 'csr')).toBe(Math.ceil((8 * 44 + 3 * 32) / 8));
    // A masked update moves five values; without a mask all eight of the master, and writes the five beside it.
    const update = (masked: boolean): PhaseWork => {
      return {
        ...{ kind: 'update', layer: 'fc', phase: 'weightUpdate', slots: 2, masked },
        weights: { ...tiny.kernel, nonzeros: W },
      };
    };
    expect(first({ ...twoByTwo, weightFormat: 'rows' }, update(true)).dramBytes).toEqual({
      W: 20 * 6 + (22 - 20),
      A: 0,
      E: 0,
      G: 20,
    });
    expect(first({ ...twoByTwo, weightFormat: 'rows' }, update(false)).dramBytes).toEqual({ W: 32 * 6 + 22, A: 0, E: 0, G: 32 });
  });

  it('writes and reads a transposed copy of W for the input gradient', () => {
    const E = { role: 'E', source: 'fc', nonzeros: bitsFrom([1, 1, 1, 1], [2, 2]) } as const;
    const work: GemmWork = { ...tiny, phase: 'inputGradient', input: E };
    expect(first(twoByTwo, work).dramBytes.W).toBe(3 * 40);
    expect(first({ ...twoByTwo, sparseMemoryController: false }, work).dramBytes.W).toBe(32);
  });
});

describe('the configuration of the interconnect', () => {
  it('carries over from work to work and from step to step', () => {
    const run = acf({ ...twoByTwo, dataflow: 'OS' }).start();
    const switches = () => run.executeStep([tiny, tiny]).works.map(({ actions }) => actions.switchConfig);
    expect(switches()).toEqual([4, 0]);
    expect(switches()).toEqual([0, 0]);
  });

  it('costs no time where it does not change', () => {
    const [, second] = acf({ ...twoByTwo, dataflow: 'WS' })
      .start()
      .executeStep([tiny, tiny]).works;
    expect(second.idleUnitCycles.reconfiguration).toBe(0);
  });
});

describe('an interconnect that is wired for one dataflow', () => {
  it('costs no switches, in energy or time, and does what the reconfigurable one does apart from that', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom(...dataflows), (work, dataflow) => {
        const { output: _, ...unsampled } = work;
        const options = { rows: 4, cols: 4, dataflow } as const;
        const [wired, free] = [false, true].map((reconfigurable) => first({ ...options, reconfigurable }, unsampled));
        expect(wired.actions.switchConfig + wired.idleUnitCycles.reconfiguration).toBe(0);
        expect(wired.cycles).toBe(free.cycles - free.idleUnitCycles.reconfiguration / free.units);
        expect(wired.macs).toEqual(free.macs);
      }),
      { numRuns: 100, seed: 34 },
    );
  });
});

describe('laws of the fabric', () => {
  const arrays = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.integer({ min: 1, max: 6 }),
    zeroDetection: fc.constantFrom(...modes),
    sparseMemoryController: fc.boolean(),
    weightFormat: fc.constantFrom('csr' as const, 'rows' as const),
    dramBytesPerCycle: fc.constantFrom(0.5, 3, 64),
    sramKb: fc.constantFrom(0.01, 0.2, 384),
    scheduler: fc.constantFrom('greedy' as const, 'viterbi' as const),
    objective: fc.constantFrom('energy' as const, 'delay' as const, 'edp' as const),
  });
  const steps = fc.array(smallWorks, { minLength: 1, maxLength: 4 });

  it('useful and idle unit-cycles add up exactly, and MACs are those of the nest', () => {
    fc.assert(
      fc.property(steps, arrays, (works, options) => {
        const counts = acf(options).start().executeStep(works);
        counts.works.forEach((work, i) => {
          expect(work.usefulUnitCycles + sum(work.idleUnitCycles)).toBe(work.units * work.cycles);
          for (const idle of Object.values(work.idleUnitCycles)) expect(idle).toBeGreaterThanOrEqual(0);
          expect(work.macs.dense).toBe(denseMacs(works[i].nest));
          expect(work.macs.effectual).toBeLessThanOrEqual(work.macs.executed);
          expect(sum(work.dramBytes)).toBe(work.actions.dramByte);
          expect(work.cycles).toBeGreaterThanOrEqual(work.idealCycles);
        });
      }),
      { numRuns: 300, seed: 30 },
    );
  });

  it('skipping more never takes more slots', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom(...dataflows), (work, dataflow) => {
        const [gate, one, both] = modes.map(
          (zeroDetection) => first({ rows: 4, cols: 4, dataflow, zeroDetection }, work).macs.executed,
        );
        expect(both).toBeLessThanOrEqual(one);
        expect(one).toBeLessThanOrEqual(gate);
      }),
      { numRuns: 200, seed: 31 },
    );
  });

  it('a wider fan-out or more injectors never cost cycles where links are wide', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom(...dataflows), (work, dataflow) => {
        const busy = (fanOut: number, injectors: number) => {
          const { idleUnitCycles, units } = first({ rows: 4, cols: 4, ...ideal, dataflow, fanOut, injectors }, work);
          return idleUnitCycles.multicast / units;
        };
        expect(busy(2, 2)).toBeLessThanOrEqual(busy(1, 2));
        expect(busy(4, 2)).toBeLessThanOrEqual(busy(2, 2));
        expect(busy(2, 4)).toBeLessThanOrEqual(busy(2, 2));
      }),
      { numRuns: 200, seed: 32 },
    );
  });
});

describe('extreme works', () => {
  const nest = convNest({ batch: 1, inSize: [1, 1], inChannels: 1, outChannels: 1, kernelSize: [1, 1] });

  it.each(phases)('a 1x1 layer of one channel does one MAC in %s', (phase) => {
    const counts = first({}, workOf(nest, phase, { input: 1, kernel: 1 }, 1));
    expect(counts.macs).toEqual({ dense: 1, effectual: 1, executed: 1 });
    expect(counts.idleUnitCycles.underfilled).toBe(1023);
  });

  it.each(dataflows)('all zeros do no work in %s and still end', (dataflow) => {
    const map = convNest({ batch: 1, inSize: [6, 6], inChannels: 4, outChannels: 4, kernelSize: [3, 3] });
    const counts = first({ dataflow }, workOf(map, 'forward', { input: 0, kernel: 0 }, 1));
    expect(counts.macs.executed).toBe(0);
    expect(counts.usefulUnitCycles + sum(counts.idleUnitCycles)).toBe(counts.units * counts.cycles);
    expect(counts.cycles).toBeGreaterThan(0);
  });

  it('full tensors keep every SPE busy: full tiles lose nothing but the fill', () => {
    const full = denseNest({ batch: 64, inFeatures: 128, outFeatures: 64 });
    const { idleUnitCycles, macs } = first({ dataflow: 'OS' }, workOf(full, 'forward', { input: 1, kernel: 1 }, 1));
    expect(macs.effectual).toBe(macs.dense);
    expect(idleUnitCycles).toMatchObject({ ineffectual: 0, imbalance: 0, underfilled: 0, multicast: 0 });
  });

  it('a weight update is element-wise, over the pattern only where the method is masked', () => {
    const update = (masked: boolean): PhaseWork => ({
      kind: 'update',
      layer: 'fc',
      phase: 'weightUpdate',
      weights: { role: 'W', source: 'fc', nonzeros: W },
      slots: 2,
      masked,
    });
    // Five of eight weights, one step and two slots each: 15 and 24 operations on 4 units. W as CSR (values, 12-bit indices) and slots in
    // and out, G in.
    const sparse = first(twoByTwo, update(true));
    expect(sparse.macs).toEqual({ dense: 24, effectual: 15, executed: 15 });
    expect(sparse.cycles - sparse.idleUnitCycles.memory / 4).toBe(4);
    expect(sparse.dramBytes).toEqual({ W: 5 * 4 * 6 + 8, A: 0, E: 0, G: 5 * 4 });
    expect(first(twoByTwo, update(false)).macs.effectual).toBe(24);
    expect(sparse.usefulUnitCycles + sum(sparse.idleUnitCycles)).toBe(sparse.units * sparse.cycles);
  });
});

describe('the spec of a fabric', () => {
  it('is plain data that builds it again', () => {
    const accelerator = acf({ rows: 16, dataflow: 'WS', energyTable: '45nm-hbm2' });
    const again = createAccelerator(JSON.parse(JSON.stringify(accelerator.spec)));
    expect(again.spec).toEqual(accelerator.spec);
    const work = workOf(denseNest({ batch: 4, inFeatures: 50, outFeatures: 20 }), 'forward', { input: 0.5, kernel: 0.5 }, 1);
    expect(again.start().executeStep([work])).toEqual(accelerator.start().executeStep([work]));
    expect(createAccelerator('acf').spec).toMatchObject({ kind: 'acf', rows: 32, cols: 32 });
  });

  it('has as many multipliers, bytes on chip and bytes per cycle as the dense array', () => {
    const [fabric, array] = [acf(), denseArray()].map(({ spec }) => spec as unknown as Record<string, unknown>);
    for (const field of ['rows', 'cols', 'sramKb', 'dramBytesPerCycle', 'bytesPerValue', 'clockGhz', 'energyTable']) {
      expect(fabric[field]).toBe(array[field]);
    }
  });

  it('has the ideal cycles of the dense array where everything is stored dense', () => {
    const nest = convNest({ batch: 2, inSize: [9, 9], inChannels: 5, outChannels: 7, kernelSize: [3, 3], padding: 'same' });
    for (const phase of ['forward', 'inputGradient', 'weightGradient'] as const) {
      const work = workOf(nest, phase, { input: 0.5, kernel: 0.5 }, 1);
      const [fabric, array] = [acf({ sparseMemoryController: false }), denseArray()].map(
        (accelerator) => accelerator.start().executeStep([work]).works[0].idealCycles,
      );
      expect(fabric).toBe(array);
    }
  });

  it.each([
    [{ rows: 0 }, 'acf.rows'],
    [{ fanOut: 1.5 }, 'acf.fanOut'],
    [{ dramBytesPerCycle: 0 }, 'acf.dramBytesPerCycle'],
    [{ zeroDetection: 'skip' }, 'acf.zeroDetection'],
    [{ columns: 32 }, 'acf.columns'],
    [{ energyTable: '7nm' }, 'acf.energyTable'],
    [{ queueDepth: 100 }, 'acf.queueDepth: got 100, expected a multiple of 32'],
    [{ reconfigurable: false }, 'acf.dataflow'],
  ])('names what is wrong in %j', (options, what) => {
    expect(() => acf(options as never)).toThrow(what);
  });

  it('prices every action', () => {
    const work = workOf(denseNest({ batch: 4, inFeatures: 50, outFeatures: 20 }), 'forward', { input: 0.5, kernel: 0.5 }, 1);
    const accelerator = acf();
    const { byComponentPj, totalPj } = price(accelerator.start().executeStep([work]), accelerator.energyTable);
    for (const component of ['compute', 'register', 'sram', 'dram', 'interconnect', 'leakage']) {
      expect(byComponentPj[component]).toBeGreaterThan(0);
    }
    expect(sum(byComponentPj)).toBeCloseTo(totalPj, 3);
  });
});
