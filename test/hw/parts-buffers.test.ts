import * as fc from 'fast-check';
import { bufferTiles, doubleBuffered, evenFolds, fetchedBytes, residentShare, transferCycles } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';

const bits = fc.integer({ min: 0, max: 100_000 });
const capacities = fc.integer({ min: 1, max: 50_000 });
const tensors = fc.record({ valueBits: bits, indexBits: bits });

describe('a buffer', () => {
  it('holds min(1, C / (V + I)) of a tensor when it is unified, min(1, 0.8 C / V, 0.2 C / I) when it is partitioned', () => {
    const tensor = { valueBits: 3200, indexBits: 1600 };
    expect(residentShare(tensor, { capacityBits: 4800 })).toBe(1);
    expect(residentShare(tensor, { capacityBits: 4000 })).toBeCloseTo(4000 / 4800, 12);
    expect(residentShare(tensor, { capacityBits: 4000, kind: 'partitioned' })).toBeCloseTo(0.5, 12);
    expect(residentShare(tensor, { capacityBits: 4000, kind: 'partitioned', indexShare: 0.4 })).toBeCloseTo(2400 / 3200, 12);
    expect(residentShare({ valueBits: 0, indexBits: 0 }, { capacityBits: 1 })).toBe(1);
  });

  it('never holds more in two parts than in one, whatever is kept for indices', () => {
    fc.assert(
      fc.property(tensors, capacities, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (tensor, capacityBits, indexShare) => {
        const partitioned = { capacityBits, kind: 'partitioned', indexShare } as const;
        expect(residentShare(tensor, partitioned)).toBeLessThanOrEqual(residentShare(tensor, { capacityBits }) + 1e-12);
        expect(bufferTiles(tensor, partitioned)).toBeGreaterThanOrEqual(bufferTiles(tensor, { capacityBits }));
      }),
    );
  });

  it('cuts a tensor into the fewest tiles of which each fits', () => {
    fc.assert(
      fc.property(
        tensors,
        capacities,
        fc.constantFrom('unified' as const, 'partitioned' as const),
        (tensor, capacityBits, kind) => {
          const tiles = bufferTiles(tensor, { capacityBits, kind });
          const fits = (count: number) =>
            kind === 'unified'
              ? tensor.valueBits + tensor.indexBits <= capacityBits * count
              : 10 * tensor.valueBits <= 8 * capacityBits * count && 10 * tensor.indexBits <= 2 * capacityBits * count;
          expect(fits(tiles)).toBe(true);
          if (tiles > 1) expect(fits(tiles - 1)).toBe(false);
          expect(tiles).toBe(Math.ceil(1 / residentShare(tensor, { capacityBits, kind }) - 1e-9));
        },
      ),
    );
  });

  it('refuses no capacity, and index shares that leave nothing to one part', () => {
    const tensor = { valueBits: 1, indexBits: 1 };
    expect(() => residentShare(tensor, { capacityBits: 0 })).toThrow('capacity of a buffer in bits: got 0');
    expect(() => bufferTiles(tensor, { capacityBits: Number.NaN })).toThrow('capacity of a buffer in bits');
    for (const indexShare of [0, 1]) {
      expect(() => bufferTiles(tensor, { capacityBits: 9, kind: 'partitioned', indexShare })).toThrow('index share of a buffer');
    }
  });
});

describe('two operands', () => {
  const operands = fc.record({ bytes: fc.integer({ min: 0, max: 1000 }), tiles: fc.integer({ min: 1, max: 6 }) });

  it('come in by the cheaper order: one once, the other once per tile of the first', () => {
    expect(fetchedBytes({ bytes: 100, tiles: 2 }, { bytes: 30, tiles: 3 })).toEqual({ firstBytes: 100, secondBytes: 60 });
    expect(fetchedBytes({ bytes: 30, tiles: 3 }, { bytes: 100, tiles: 2 })).toEqual({ firstBytes: 60, secondBytes: 100 });
    expect(fetchedBytes({ bytes: 100, tiles: 5 }, { bytes: 30, tiles: 1 })).toEqual({ firstBytes: 100, secondBytes: 30 });
  });

  it('come in as often as loops over their tiles ask for a tile that is not there', () => {
    fc.assert(
      fc.property(operands, operands, (first, second) => {
        // The outer operand's tile stays; the inner one's stay only if there is just one of them.
        const walk = (outer: typeof first, inner: typeof first) => {
          let bytes = 0;
          let held = -1;
          for (let o = 0; o < outer.tiles; o++) {
            bytes += outer.bytes / outer.tiles;
            for (let i = 0; i < inner.tiles; i++) {
              if (held !== i) bytes += inner.bytes / inner.tiles;
              held = i;
            }
          }
          return bytes;
        };
        const { firstBytes, secondBytes } = fetchedBytes(first, second);

        expect(firstBytes + secondBytes).toBeCloseTo(Math.min(walk(first, second), walk(second, first)), 6);
      }),
    );
  });
});

describe('double buffers', () => {
  const folds = fc.array(fc.record({ computeCycles: fc.nat(50), loadBytes: fc.nat(500), storeBytes: fc.nat(500) }), {
    minLength: 1,
    maxLength: 20,
  });

  it('take at least the time of the computation and of the transfers, and less with more bandwidth', () => {
    fc.assert(
      fc.property(folds, fc.integer({ min: 1, max: 64 }), (sequence, bandwidth) => {
        const cycles = doubleBuffered(sequence, bandwidth);
        const total = (field: keyof (typeof sequence)[0]) => sequence.reduce((sum, fold) => sum + fold[field], 0);
        expect(cycles).toBeGreaterThanOrEqual(total('computeCycles'));
        expect(cycles).toBeGreaterThanOrEqual((total('loadBytes') + total('storeBytes')) / bandwidth);
        expect(doubleBuffered(sequence, 2 * bandwidth)).toBeLessThanOrEqual(cycles);
      }),
    );
  });

  it('expose the first load and the last store: 10 + max(10, 10) + max(10, 1) + 1', () => {
    const fold = { computeCycles: 10, loadBytes: 640, storeBytes: 64 };
    expect(doubleBuffered([fold, fold], 64)).toBe(31);
  });

  it('refuse a bandwidth of zero, also where nothing moves', () => {
    expect(() => transferCycles(1, 0)).toThrow('bandwidth of the memory in bytes per cycle: got 0');
    expect(() => doubleBuffered([{ computeCycles: 1, loadBytes: 0, storeBytes: 0 }], 0)).toThrow('bandwidth of the memory');
  });

  it('take a work cut into even folds, which add up to it', () => {
    fc.assert(
      fc.property(
        fc.record({ computeCycles: fc.nat(1000), loadBytes: fc.nat(1000), storeBytes: fc.nat(1000) }),
        fc.integer({ min: 1, max: 40 }),
        (work, count) => {
          const cut = [...evenFolds(work, count)];
          expect(cut.length).toBe(count);
          for (const field of ['computeCycles', 'loadBytes', 'storeBytes'] as const) {
            const shares = cut.map((fold) => fold[field]);
            expect(shares.reduce((a, b) => a + b)).toBe(work[field]);
            expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
    expect(() => [...evenFolds({ computeCycles: 1, loadBytes: 1, storeBytes: 1 }, 0)]).toThrow('folds of a work: got 0');
  });
});
