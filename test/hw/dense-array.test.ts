import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ArrayGemm, arrayFolds, arrayTraffic } from '../../src/hw/array-folds.js';
import type { UpdateWork, WorkCounts } from '../../src/hw/index.js';
import { convNest, denseArray, denseNest, onesBits, systolic } from '../../src/hw/index.js';
import { doubleBuffered, type Fold } from '../../src/hw/parts/double-buffer.js';
import { randomWork, slowMacs, smallNests } from './support/reference.js';

const phases = ['forward', 'inputGradient', 'weightGradient'] as const;
const dataflows = ['WS', 'OS', 'IS'] as const;

const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((total, value) => total + value, 0);

function balance(work: WorkCounts): void {
  expect(work.usefulUnitCycles + sum(work.idleUnitCycles)).toBeCloseTo(work.units * work.cycles, 3);
  for (const lost of Object.values(work.idleUnitCycles)) expect(lost).toBeGreaterThanOrEqual(0);
  expect(work.idealCycles).toBeLessThanOrEqual(work.cycles + 1e-6);
  expect(sum(work.dramBytes)).toBeCloseTo(work.actions.dramByte, 3);
}

describe('dense array', () => {
  it('accounts for every unit-cycle, never beats the ideal, and counts real non-zeros', () => {
    const options = fc.record({
      rows: fc.integer({ min: 1, max: 20 }),
      cols: fc.integer({ min: 1, max: 20 }),
      dataflow: fc.constantFrom(...dataflows, 'best' as const),
      sramKb: fc.constantFrom(0.1, 1, 384),
      dramBytesPerCycle: fc.constantFrom(1, 7.5, 64),
    });
    fc.assert(
      fc.property(smallNests, fc.constantFrom(...phases), options, fc.nat(), (nest, phase, option, seed) => {
        const work = randomWork(nest, phase, 0.4, seed);
        const [counts] = denseArray(option).start().executeStep([work]).works;
        balance(counts);
        const { dense, effectual } = slowMacs(work);
        expect(counts.macs).toMatchObject({ dense, effectual });
        expect(counts.macs.executed).toBeGreaterThanOrEqual(dense);
        expect(counts.usefulUnitCycles).toBe(effectual);
      }),
    );
  });

  it('moves exactly the bytes that its folds load and store, at least each tensor once', () => {
    const gemms: fc.Arbitrary<ArrayGemm> = fc.record({
      m: fc.integer({ min: 1, max: 90 }),
      n: fc.integer({ min: 1, max: 90 }),
      k: fc.integer({ min: 1, max: 90 }),
      rows: fc.integer({ min: 1, max: 40 }),
      cols: fc.integer({ min: 1, max: 40 }),
      dataflow: fc.constantFrom(...dataflows),
      inputBytes: fc.integer({ min: 1, max: 9000 }),
      kernelBytes: fc.integer({ min: 1, max: 9000 }),
      outputBytes: fc.integer({ min: 1, max: 9000 }),
      residentBytes: fc.integer({ min: 1, max: 9000 }),
    });
    fc.assert(
      fc.property(gemms, (gemm) => {
        const folds = [...arrayFolds(gemm)];
        expect(folds.length).toBe(systolic(gemm).folds);
        const moved = folds.reduce((total, { loadBytes, storeBytes }) => total + loadBytes + storeBytes, 0);
        const traffic = arrayTraffic(gemm);
        expect(moved).toBeCloseTo(sum({ ...traffic }), 3);
        expect(traffic.inputBytes).toBeGreaterThanOrEqual(gemm.inputBytes);
        expect(traffic.kernelBytes).toBeGreaterThanOrEqual(gemm.kernelBytes);
        expect(traffic.outputBytes).toBeGreaterThanOrEqual(gemm.outputBytes);
      }),
    );
  });

  it('by hand: 64 x 64 x 64 on 32 x 32, output stationary, with memory to spare', () => {
    const work = randomWork(denseNest({ batch: 64, inFeatures: 64, outFeatures: 64 }), 'forward', 1, 1);
    const [counts] = denseArray({ dataflow: 'OS', dramBytesPerCycle: 1e9 }).start().executeStep([work]).works;
    const fold = 32 + 32 + 64 - 2;
    expect(counts.cycles).toBe(4 * fold + 2); // one cycle for the first load, one for the last store
    expect(counts.usefulUnitCycles).toBe(64 ** 3);
    expect(counts.idleUnitCycles).toEqual({ ineffectual: 0, padding: 0, underfilled: 0, fill: 4 * 62 * 1024, memory: 2 * 1024 });
    expect(counts.dramBytes).toEqual({ W: 16384, A: 2 * 16384, E: 0, G: 0 });
    expect(counts.actions).toMatchObject({ multiplyFp32: 64 ** 3, registerAccess: 3 * 64 ** 3, dramByte: 3 * 16384 });
    expect(counts.actions.sramLargeAccess).toBe(2 * (2 * 64 * 64) + 64 * 64 + (3 * 16384) / 4);
  });

  it('by hand: memory decides when the bandwidth is small, and the sample stands for the whole batch', () => {
    const nest = denseNest({ batch: 8, inFeatures: 16, outFeatures: 16 });
    const work = { ...randomWork(nest, 'forward', 0.5, 3), imageScale: 4 };
    const [counts] = denseArray({ rows: 16, cols: 16, dataflow: 'WS', dramBytesPerCycle: 1 }).start().executeStep([work]).works;
    // One fold: 1024 bytes of W and 2048 of A come in, 78 cycles compute, 2048 bytes go out.
    expect(counts.cycles).toBe(1024 + 2048 + (2 * 16 + 16 + 32 - 2) + 2048);
    expect(counts.macs.dense).toBe(32 * 16 * 16);
    expect(counts.macs.effectual).toBe(4 * slowMacs(work).effectual);
    expect(counts.idealCycles).toBe(1024 + 2048 + 2048);
  });

  it('by hand: a weight update moves W and the slots both ways and G in', () => {
    const weights = {
      role: 'W',
      source: 'fc',
      nonzeros: { ...onesBits([64, 64]), words: new Uint32Array(128).fill(0xffff) },
    } as const;
    const update: UpdateWork = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 2, masked: true };
    const [counts] = denseArray().start().executeStep([update]).works;
    balance(counts);
    expect(counts.dramBytes).toEqual({ W: 4096 * 6 * 4, A: 0, E: 0, G: 4096 * 4 });
    expect(counts.cycles).toBe((4096 * 7 * 4) / 64);
    expect(counts.macs).toEqual({ dense: 12288, effectual: 6144, executed: 12288 });
  });

  it('by hand: a strided input gradient loads a small error map once for all four classes of pixels', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 2, outChannels: 3, kernelSize: [2, 2], stride: [2, 2] });
    const [counts] = denseArray()
      .start()
      .executeStep([randomWork(nest, 'inputGradient', 0.5, 1)]).works;
    expect(counts.dramBytes).toEqual({ W: 4 * (4 * 2 * 3), A: 0, E: 4 * (2 * 2 * 3) + 4 * (4 * 4 * 2), G: 0 });
    expect(counts.macs.executed).toBe(4 * 4 * 2 * 3);
    const tiny = denseArray({ sramKb: 0.01 })
      .start()
      .executeStep([randomWork(nest, 'inputGradient', 0.5, 1)]).works[0];
    expect(tiny.dramBytes.E).toBe(4 * 4 * (2 * 2 * 3) + 4 * (4 * 4 * 2));
  });

  it('by hand: the weight gradient of a transposed convolution reads a small A and a large E', () => {
    const sizes = { batch: 2, inSize: [6], inChannels: 1, outChannels: 3, kernelSize: [2], stride: [2] };
    const nest = convNest({ ...sizes, transposed: true });
    const [counts] = denseArray()
      .start()
      .executeStep([randomWork(nest, 'weightGradient', 1, 1)]).works;
    expect(counts.dramBytes).toEqual({ W: 0, A: 4 * (2 * 3 * 3), E: 4 * (2 * 6 * 1), G: 4 * (2 * 1 * 3) });
  });

  it('takes as `best` the fastest of the three dataflows, and says which', () => {
    fc.assert(
      fc.property(smallNests, fc.constantFrom(...phases), (nest, phase) => {
        const work = randomWork(nest, phase, 0.5, 1);
        const cycles = (dataflow: 'WS' | 'OS' | 'IS' | 'best') =>
          denseArray({ rows: 4, cols: 6, dataflow }).start().executeStep([work]).works[0];
        const best = cycles('best');
        const all = dataflows.map(cycles);
        expect(best.cycles).toBe(Math.min(...all.map((counts) => counts.cycles)));
        expect(all.find(({ decisions }) => decisions.dataflow === best.decisions.dataflow)?.cycles).toBe(best.cycles);
      }),
      { numRuns: 50 },
    );
  });

  it('hides transfers behind computation as an event by event simulation of the two buffers does', () => {
    const folds: fc.Arbitrary<Fold[]> = fc.array(
      fc.record({ computeCycles: fc.integer({ min: 1, max: 30 }), loadBytes: fc.nat(40), storeBytes: fc.nat(40) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(folds, (sequence) => {
        // One slot per fold: it computes while the next one's load and the last one's store are on the bus; a slot ends when both are done.
        const last = sequence.length - 1;
        let clock = sequence[0].loadBytes;
        for (let i = 0; i <= last; i++) {
          let bus = (i < last ? sequence[i + 1].loadBytes : 0) + (i > 0 ? sequence[i - 1].storeBytes : 0);
          let units = sequence[i].computeCycles;
          while (bus > 0 || units > 0) {
            bus--;
            units--;
            clock++;
          }
        }
        expect(doubleBuffered(sequence, 1)).toBe(clock + sequence[last].storeBytes);
      }),
    );
  });

  it('refuses options that it does not know or cannot use', () => {
    expect(() => denseArray({ rows: 0 })).toThrow('denseArray.rows: got 0');
    expect(() => denseArray({ colums: 3 } as object)).toThrow(/denseArray.colums.*Did you mean cols/);
    expect(() => denseArray({ dataflow: 'NLR' as 'WS' })).toThrow('denseArray.dataflow: got NLR');
    expect(() => denseArray({ energyTable: '28nm' })).toThrow(/denseArray.energyTable: got 28nm, expected one of 45nm/);
    expect(() => denseArray({ name: 'a b' })).toThrow('letters, digits, _ and -');
  });
});
