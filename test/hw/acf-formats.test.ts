import * as fc from 'fast-check';
import {
  acf,
  bitsFrom,
  bitsOf,
  csrBits,
  decode,
  denseNest,
  encodeCsr,
  encodeDynamic,
  smallestRow,
  sparseRead,
  sparseWrite,
  updatePattern,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { AcfSpec } from '../../src/hw/acf/options.js';
import { storedWeightBytes } from '../../src/hw/acf/traffic.js';
import { createRng } from '../../src/rng.js';

const widths = { valueBits: 32, indexBits: 8 };

/** Matrices of every sparsity, 1 to 40 columns, with values that float32 holds exactly. */
const matrices = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 32, 33, 100)),
    density: fc.constantFrom(0, 0.02, 0.1, 0.5, 0.97, 1),
  })
  .chain(({ rows, cols, density }) =>
    fc
      .array(fc.record({ draw: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.integer({ min: 1, max: 9 }) }), {
        minLength: rows * cols,
        maxLength: rows * cols,
      })
      .map((cells) => ({
        rows,
        cols,
        dense: Float32Array.from(cells, ({ draw, value }) => (draw < density || density === 1 ? value : 0)),
      })),
  );

const encoders = {
  csr: encodeCsr,
  dynamic: (dense: Float32Array, rows: number, cols: number) => encodeDynamic(dense, rows, cols, widths),
};
const formats = ['csr', 'dynamic'] as const;

describe.each(formats)('the %s format', (format) => {
  const encode = encoders[format];

  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, dense }) => {
        expect(decode(encode(dense, rows, cols))).toEqual(dense);
      }),
    );
  });

  it('SparseRead gives the non-zeros at the positions asked for', () => {
    fc.assert(
      fc.property(matrices, fc.infiniteStream(fc.nat()), ({ rows, cols, dense }, stream) => {
        const positions = Array.from({ length: 10 }, () => {
          const [row, col] = [stream.next().value % rows, stream.next().value % cols];
          return [row, col] as const;
        });
        const expected = positions.map(([row, col]) => [row, col, dense[row * cols + col]]).filter(([, , value]) => value !== 0);
        expect(sparseRead(encode(dense, rows, cols), positions)).toEqual(expected);
      }),
    );
  });

  it('UpdatePattern multiplies by the mask and stores less', () => {
    fc.assert(
      fc.property(matrices, fc.infiniteStream(fc.boolean()), ({ rows, cols, dense }, keep) => {
        const mask = Uint8Array.from(dense, () => Number(keep.next().value));
        const before = encode(dense, rows, cols);
        const after = updatePattern(before, mask);
        expect(decode(after)).toEqual(dense.map((value, i) => value * mask[i]));
        expect(bitsOf(after, widths)).toBeLessThanOrEqual(bitsOf(before, widths));
      }),
    );
  });

  it('SparseWrite to stored positions changes those values and nothing else', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, dense }) => {
        const entries = [...dense].flatMap((value, i) =>
          value > 4 ? [[Math.floor(i / cols), i % cols, value + 10] as const] : [],
        );
        const written = sparseWrite(encode(dense, rows, cols), entries);
        expect(decode(written)).toEqual(dense.map((value) => (value > 4 ? value + 10 : value)));
      }),
    );
  });

  it('refuses positions outside of the matrix, and masks of another size', () => {
    const matrix = encode(Float32Array.of(1, 0, 0, 2), 2, 2);
    expect(() => sparseRead(matrix, [[2, 0]])).toThrow('a row below 2 and a column below 2');
    expect(() => sparseWrite(matrix, [[0, -1, 1]])).toThrow('position in a sparse matrix');
    expect(() => updatePattern(matrix, new Uint8Array(3))).toThrow('length of the mask: got 3');
  });
});

describe('a write outside of the stored pattern', () => {
  it('is an error for CSR weights', () => {
    expect(() => sparseWrite(encodeCsr(Float32Array.of(0, 5), 1, 2), [[0, 0, 1]])).toThrow('does not store');
  });

  it('grows a dynamic matrix, and its row changes the format', () => {
    const empty = encodeDynamic(new Float32Array(64), 1, 64, widths);
    expect(empty.lines[0].format).toBe('csr');
    const half = sparseWrite(
      empty,
      Array.from({ length: 32 }, (_, col) => [0, col, 1] as const),
    );
    expect(half.lines[0].format).toBe('bitmap');
    const full = sparseWrite(
      half,
      Array.from({ length: 64 }, (_, col) => [0, col, 2] as const),
    );
    expect(full.lines[0].format).toBe('dense');
    expect(decode(full)).toEqual(new Float32Array(64).fill(2));
    expect(decode(empty)).toEqual(new Float32Array(64));
  });
});

describe('the traffic of a work', () => {
  it('is the size of what the formats store', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 1, max: 9 }), fc.nat(), ({ rows, cols, dense }, outputs, seed) => {
        const rng = createRng(seed);
        const perOutput = Float32Array.from({ length: outputs * cols }, () => rng.integer(3));
        const weights = Float32Array.from(
          { length: cols * outputs },
          (_, i) => perOutput[(i % outputs) * cols + Math.floor(i / outputs)],
        );
        const [{ dramBytes }] = acf({ dataflow: 'OS', indexBits: 8 })
          .start()
          .executeStep([
            {
              kind: 'gemm',
              layer: 'fc',
              phase: 'forward',
              nest: denseNest({ batch: rows, inFeatures: cols, outFeatures: outputs }),
              input: { role: 'A', source: 'fc', nonzeros: bitsFrom(dense, [rows, cols]) },
              kernel: { role: 'W', source: 'fc', nonzeros: bitsFrom(weights, [cols, outputs]) },
              imageScale: 1,
            },
          ]).works;
        expect(dramBytes.A - 4 * rows * outputs).toBe(Math.ceil(bitsOf(encodeDynamic(dense, rows, cols, widths), widths) / 8));
        expect(dramBytes.W).toBe(Math.ceil(bitsOf(encodeCsr(perOutput, outputs, cols), widths) / 8));
      }),
    );
  });
});

describe('sizes', () => {
  it('count the columns that O(n^2 (1 - s) + n) leaves out: CSR breaks even near a sparsity of one half', () => {
    const [n, even] = [64, { valueBits: 32, indexBits: 32 }];
    expect(csrBits(n * n * 0.5, n, even)).toBeGreaterThan(32 * n * n);
    expect(csrBits(n * n * 0.48, n, even)).toBeLessThan(32 * n * n);
  });

  it('break even with dense storage exactly at s = 1 - (1 - p (n + 1) / (v n^2)) v / (v + c)', () => {
    const sizes = fc.record({
      n: fc.integer({ min: 2, max: 300 }),
      valueBits: fc.constantFrom(8, 16, 32),
      indexBits: fc.integer({ min: 1, max: 31 }),
    });
    fc.assert(
      fc.property(sizes, ({ n, valueBits, indexBits }) => {
        const dense = valueBits * n * n;
        const even = 1 - (1 - (32 * (n + 1)) / dense) * (valueBits / (valueBits + indexBits));
        const mostNonzeros = Math.floor((1 - even) * n * n + 1e-9);
        const bits = (nonzeros: number) => csrBits(nonzeros, n, { valueBits, indexBits });
        if (mostNonzeros >= 0) expect(bits(mostNonzeros)).toBeLessThanOrEqual(dense);
        expect(bits(Math.max(0, mostNonzeros + 1))).toBeGreaterThan(dense);
      }),
      { numRuns: 300, seed: 46 },
    );
  });

  it('choose CSR below and the bit map above the threshold of 001: 11 and 12 non-zeros of 100', () => {
    expect(smallestRow(11, 100, widths)).toEqual({ format: 'csr', bits: 2 + 448 });
    expect(smallestRow(12, 100, widths)).toEqual({ format: 'bitmap', bits: 2 + 484 });
    expect(smallestRow(100, 100, widths)).toEqual({ format: 'dense', bits: 2 + 3200 });
  });

  it('of weights by rows are those of the dynamic matrix of their output channels, pieces cut where an index ends', () => {
    fc.assert(
      fc.property(matrices, fc.integer({ min: 2, max: 8 }), ({ rows, cols, dense }, indexBits) => {
        const piece = 2 ** indexBits;
        const channels = Array.from({ length: cols }, (_, channel) => dense.filter((_value, i) => i % cols === channel));
        const bits = channels.flatMap((channel) =>
          Array.from({ length: Math.ceil(rows / piece) }, (_, i) => {
            const part = channel.slice(i * piece, (i + 1) * piece);
            return bitsOf(encodeDynamic(part, 1, part.length, { valueBits: 16, indexBits }), { valueBits: 16, indexBits });
          }),
        );
        const nonzeros = bitsFrom(dense, [rows, cols]);
        const spec = acf({ weightFormat: 'rows', bytesPerValue: 2, indexBits }).spec as AcfSpec;
        expect(storedWeightBytes(nonzeros, cols, spec)).toBe(Math.ceil(bits.reduce((a, b) => a + b, 0) / 8));
      }),
    );
  });

  it('of dynamic rows equal the smallest of the three, and what is stored', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, dense }) => {
        const expected = Array.from({ length: rows }, (_, row) => {
          const nonzeros = dense.subarray(row * cols, (row + 1) * cols).filter((value) => value !== 0).length;
          return 2 + Math.min(32 * cols, cols + 32 * nonzeros, 40 * nonzeros + 8);
        });
        expect(bitsOf(encoders.dynamic(dense, rows, cols), widths)).toBe(expected.reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('keep NaN and leave out negative zero', () => {
    const { values } = encodeCsr(Float32Array.of(Number.NaN, -0, 1), 1, 3);
    expect([...values]).toEqual([Number.NaN, 1]);
    expect(bitsFrom([Number.NaN, -0, 1], [3]).words[0]).toBe(0b101);
  });
});
