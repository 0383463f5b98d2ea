import * as fc from 'fast-check';
import {
  bernoulliBits,
  bitmapBits,
  bitsFrom,
  bitsOf,
  blockBits,
  countBits,
  countBlocks,
  crossoverSparsity,
  cscBits,
  csrBits,
  decode,
  denseBits,
  encodeBitmap,
  encodeBlocks,
  encodeCsc,
  encodeCsr,
  encodeNm,
  encodeRp,
  encodeRunLength,
  nmBits,
  onesBits,
  printedSizes,
  type RowStorage,
  rowHistogram,
  rpBfBits,
  rpBits,
  rpCsrBits,
  rpRow,
  rpSize,
  runLengthBits,
  type StoredMatrix,
  smallestRow,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { readRows, writeRows } from './support/bit-stream.js';

const widths = { valueBits: 32, indexBits: 8 };

interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
}

/** A matrix of a density, with long runs of zeros where the density is low. */
function matrixOf(rows: number, cols: number, density: number, seed: number): Matrix {
  const rng = createRng(seed);
  const values = Float32Array.from({ length: rows * cols }, () => (rng.uniform() < density ? rng.integer(9) - 4.5 : 0));
  return { rows, cols, values };
}

const matrices: fc.Arbitrary<Matrix> = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 7, 31, 32, 33, 100, 256)),
    density: fc.constantFrom(0, 0.01, 0.1, 0.5, 0.97, 1),
    seed: fc.nat(),
  })
  .map(({ rows, cols, density, seed }) => matrixOf(rows, cols, density, seed));

const storages: fc.Arbitrary<RowStorage> = fc.record({
  valueBits: fc.constantFrom(16, 32),
  indexBits: fc.constantFrom(8, 9, 16),
  countBits: fc.constantFrom(4, 8, 9),
  policy: fc.constantFrom('exact', 'threshold', 'rounded'),
  denseRows: fc.boolean(),
});

const map = ({ rows, cols, values }: Matrix) => bitsFrom(values, [rows, cols]);
const nonzeros = (matrix: Matrix) => countBits(map(matrix));
const block = { height: 2, width: 3 };

/** Every format but the row-partitioned one: how it stores a matrix, and its size from counts alone. */
const formats: Record<string, { encode(matrix: Matrix): StoredMatrix; size(matrix: Matrix): number }> = {
  csr: {
    encode: ({ values, rows, cols }) => encodeCsr(values, rows, cols),
    size: (matrix) => csrBits(nonzeros(matrix), matrix.rows, widths),
  },
  csc: {
    encode: ({ values, rows, cols }) => encodeCsc(values, rows, cols),
    size: (matrix) => cscBits(nonzeros(matrix), matrix.cols, widths),
  },
  bitmap: {
    encode: ({ values, rows, cols }) => encodeBitmap(values, rows, cols),
    size: (matrix) => bitmapBits(nonzeros(matrix), matrix.rows * matrix.cols, widths),
  },
  'N:M': {
    encode: ({ values, rows, cols }) => encodeNm(values, rows, cols, { n: 8, m: 8 }),
    size: ({ rows, cols }) => nmBits(rows, cols, { n: 8, m: 8 }, widths),
  },
  'run-length': {
    encode: ({ values, rows, cols }) => encodeRunLength(values, rows, cols),
    size: (matrix) => runLengthBits(map(matrix), widths),
  },
  'short run-length': {
    encode: ({ values, rows, cols }) => encodeRunLength(values, rows, cols, 1),
    size: (matrix) => runLengthBits(map(matrix), { ...widths, runBits: 1 }),
  },
  block: {
    encode: ({ values, rows, cols }) => encodeBlocks(values, rows, cols, block),
    size: (matrix) =>
      blockBits(countBlocks(map(matrix), matrix.cols, block), Math.ceil(matrix.rows / block.height), block, widths),
  },
};

describe.each(Object.entries(formats))('the %s format', (_, { encode, size }) => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        expect(decode(encode(matrix))).toEqual(matrix.values);
      }),
    );
  });

  it('has the size that its counts give', () => {
    fc.assert(
      fc.property(matrices, (matrix) => {
        expect(size(matrix)).toBe(bitsOf(encode(matrix), widths));
      }),
    );
  });

  it('refuses values that are not rows times columns', () => {
    expect(() => encode({ rows: 2, cols: 2, values: new Float32Array(3) })).toThrow('values of a 2x2 matrix: got 3, expected 4');
  });
});

describe('row-partitioned matrices', () => {
  it('come back from the stream of bits that they are, which is as long as their size', () => {
    fc.assert(
      fc.property(matrices, storages, (matrix, drawn) => {
        const { rows, cols, values } = matrix;
        const storage = { ...drawn, valueBits: 32 };
        const stored = encodeRp(values, rows, cols, storage);
        const stream = writeRows(stored, storage);
        expect(readRows(stream, rows, cols, storage)).toEqual(values);
        expect(decode(stored)).toEqual(values);
        expect(stream.length).toBe(bitsOf(stored, storage));
        expect(stream.length).toBe(rpBits(map(matrix), cols, storage));
      }),
    );
  });

  it('are of the same size by counts as by what is stored, for every width of the fields', () => {
    fc.assert(
      fc.property(matrices, storages, (matrix, storage) => {
        const stored = encodeRp(matrix.values, matrix.rows, matrix.cols, storage);
        const { bits, rows } = rpSize(map(matrix), matrix.cols, storage);
        expect(bits).toBe(bitsOf(stored, storage));
        for (const format of ['dense', 'bitmap', 'csr'] as const) {
          expect(rows[format]).toBe(stored.lines.filter((line) => line.format === format).length);
        }
      }),
    );
  });

  it('are never larger by the exact policy than by the printed one, nor than all rows in one format', () => {
    fc.assert(
      fc.property(matrices, storages, (matrix, storage) => {
        const size = (change: Partial<RowStorage>) => rpBits(map(matrix), matrix.cols, { ...storage, tagBits: 1, ...change });
        const exact = size({ policy: 'exact', denseRows: false });
        for (const policy of ['threshold', 'rounded'] as const)
          expect(exact).toBeLessThanOrEqual(size({ policy, denseRows: false }));
        expect(size({ policy: 'exact', denseRows: true })).toBeLessThanOrEqual(exact);
        expect(exact - matrix.rows).toBeLessThanOrEqual(bitmapBits(nonzeros(matrix), matrix.rows * matrix.cols, storage));
      }),
    );
  });

  it('choose by Eq. 10 as by exact bits when all indices have 8 bits, and not when the columns need more', () => {
    for (let cols = 1; cols <= 256; cols++) {
      for (let count = 0; count <= cols; count++) {
        const exact = rpRow(count, cols, widths);
        expect(rpRow(count, cols, { ...widths, policy: 'threshold' })).toEqual(exact);
        expect(exact.format).toBe(1 - count / cols <= crossoverSparsity(cols) + 1e-12 ? 'bitmap' : 'csr');
      }
    }
    const wide = { valueBits: 32, indexBits: 16 };
    expect(rpRow(60, 1000, { ...wide, policy: 'threshold' }).format).toBe('csr');
    expect(rpRow(62, 1000, wide)).toEqual({ format: 'bitmap', bits: 1 + 1000 + 62 * 32 });
    expect(rpRow(62, 1000, { ...wide, policy: 'threshold' })).toEqual({ format: 'csr', bits: 1 + 16 + 62 * 48 });
  });

  it('pick the larger format on narrow rows where 88 % is taken for the threshold: 16 bits against 14, 8 against 7', () => {
    const bits = (count: number, cols: number, policy: 'exact' | 'rounded') =>
      rpRow(count, cols, { ...widths, policy }).bits - 32 * count - 1;
    expect([bits(1, 14, 'rounded'), bits(1, 14, 'exact')]).toEqual([16, 14]);
    expect([bits(0, 7, 'rounded'), bits(0, 7, 'exact')]).toEqual([8, 7]);
  });

  it('of 100 columns have 448 and 452 bits with 11 non-zeros, 488 and 484 with 12', () => {
    expect([rpCsrBits(11, widths), rpBfBits(11, 100, widths)]).toEqual([448, 452]);
    expect([rpCsrBits(12, widths), rpBfBits(12, 100, widths)]).toEqual([488, 484]);
    expect(rpRow(11, 100, widths)).toEqual({ format: 'csr', bits: 449 });
    expect(rpRow(12, 100, widths)).toEqual({ format: 'bitmap', bits: 485 });
    expect(rpRow(100, 100, { ...widths, denseRows: true })).toEqual({ format: 'dense', bits: 2 + denseBits(100, widths) });
  });

  it('tie at the threshold of Eq. 10: one non-zero of 16, the empty row of 8; of 4 columns the bit map always wins', () => {
    expect([rpCsrBits(1, widths), rpBfBits(1, 16, widths)]).toEqual([48, 48]);
    expect([rpCsrBits(0, widths), rpBfBits(0, 8, widths)]).toEqual([8, 8]);
    expect([rpRow(1, 16, widths).format, rpRow(0, 8, widths).format]).toEqual(['bitmap', 'bitmap']);
    for (let count = 0; count <= 4; count++) expect(rpBfBits(count, 4, widths)).toBeLessThan(rpCsrBits(count, widths));
  });

  it('reach 256 columns with 8-bit indices; a row of 257 is an error to encode and two pieces to count', () => {
    const last = new Float32Array(256);
    last[255] = 3;
    expect(decode(encodeRp(last, 1, 256, widths))).toEqual(last);
    const values = Float32Array.of(...last, 4);
    expect(() => encodeRp(values, 1, 257, widths)).toThrow(
      /columns of a compressed matrix: got 257, expected at most 256.*indexBits: 9/,
    );
    expect(() => bitsOf(encodeCsr(values, 1, 257), widths)).toThrow('got 257');
    const pieces = [encodeRp(last, 1, 256, widths), encodeRp(Float32Array.of(4), 1, 1, widths)];
    const size = rpSize(bitsFrom(values, [257]), 257, widths);
    expect(size.bits).toBe(pieces.reduce((sum, piece) => sum + bitsOf(piece, widths), 0));
    expect(size.rows).toEqual({ dense: 0, bitmap: 1, csr: 1 });
  });

  it('keep to the bit map where a count does not fit its field, and refuse such a row in RP-CSR', () => {
    expect(rpRow(16, 1000, { valueBits: 32, indexBits: 10, countBits: 4 }).format).toBe('bitmap');
    expect(rpRow(15, 1000, { valueBits: 32, indexBits: 10, countBits: 4 }).format).toBe('csr');
    expect(() => rpCsrBits(256, widths)).toThrow(/non-zeros of a row in RP-CSR: got 256, expected at most 255.*countBits: 9/);
  });

  it.each([-1, 11, 1.5, Number.NaN])('have no size for %d non-zeros among ten values', (nonzeros) => {
    for (const sizeOfRow of [rpRow, smallestRow])
      expect(() => sizeOfRow(nonzeros, 10, widths)).toThrow(
        `non-zeros of a row: got ${nonzeros}, expected an integer from 0 to 10`,
      );
    expect(() => rpRow(0, 0, widths)).toThrow('columns of a row: got 0, expected a positive integer');
  });
});

describe('the histogram of rows', () => {
  it('counts what a loop over the elements counts, in rows of one piece and in lines of channels', () => {
    fc.assert(
      fc.property(matrices, fc.constantFrom(1, 2, 3, 33), fc.nat(), fc.nat(), ({ cols, values }, inner, a, b) => {
        const from = a % cols;
        const length = 1 + (b % (cols - from));
        const outer = Math.max(1, Math.floor(values.length / (cols * inner)));
        const tensor = Float32Array.from({ length: outer * cols * inner }, (_, i) => values[i % values.length]);
        const expected = new Float64Array(length + 1);
        for (let o = 0; o < outer; o++) {
          for (let i = 0; i < inner; i++) {
            const row = Array.from({ length }, (_, x) => tensor[(o * cols + from + x) * inner + i]);
            expected[row.filter((value) => value !== 0).length]++;
          }
        }
        expect(rowHistogram(bitsFrom(tensor, [tensor.length]), cols, { inner, from, length })).toEqual(expected);
      }),
    );
  });

  it('sizes the lines of a map, a row per channel, as the map with channels first', () => {
    fc.assert(
      fc.property(matrices, storages, fc.constantFrom(1, 4, 40), (matrix, storage, inner) => {
        const { rows, cols } = matrix;
        const lines = matrixOf(rows * inner, cols, 0.3, 5);
        const mixed = Float32Array.from(lines.values, (_, at) => {
          const [o, x, i] = [Math.floor(at / (cols * inner)), Math.floor(at / inner) % cols, at % inner];
          return lines.values[(o * inner + i) * cols + x];
        });
        expect(rpSize(bitsFrom(mixed, [rows, cols, inner]), cols, storage, inner)).toEqual(rpSize(map(lines), cols, storage));
      }),
    );
  });

  it('refuses rows that the tensor is not made of', () => {
    expect(() => rowHistogram(onesBits([10]), 4)).toThrow('elements of a tensor stored by rows of 4: got 10');
    expect(() => rowHistogram(onesBits([10]), 5, { from: 3, length: 3 })).toThrow('columns behind the last one counted: got -1');
    expect(() => rowHistogram(onesBits([10]), 5, { inner: 4 })).toThrow('expected a multiple of 20');
    expect(() => rpBits(onesBits([10]), 0, widths)).toThrow('columns of a tensor stored by rows: got 0');
    expect(() => rpBits(onesBits([10]), 5, { ...widths, indexBits: 0 })).toThrow('indexBits of a compressed matrix: got 0');
    expect(() => rpBits(onesBits([10]), 5, { ...widths, policy: 'exakt' as 'exact' })).toThrow('Did you mean exact');
  });
});

describe('the equations of 001', () => {
  it('cross where Eq. 10 says, within one non-zero, for rows of 8 to 4096', () => {
    for (const cols of [8, 14, 28, 56, 100, 200, 500, 1024, 4096]) {
      const crossing = Array.from({ length: cols + 1 }, (_, count) => count).find((count) => {
        const { csrBits: csr, bitmapBits: bitmap } = printedSizes({ cols, rows: 1, sparsity: 1 - count / cols });
        return csr >= bitmap - 1e-6;
      });
      expect(Math.abs((1 - crossoverSparsity(cols)) * cols - (crossing ?? Number.NaN))).toBeLessThan(1);
    }
  });

  it('give the thresholds 0.88, 0.877, 0.9375, 1 and more than 1, and others with indices that fit the columns', () => {
    for (const [cols, expected] of [
      [200, 0.88],
      [500, 0.877],
      [16, 0.9375],
      [8, 1],
      [7, 1.018],
    ]) {
      expect(crossoverSparsity(cols)).toBeCloseTo(expected, 3);
    }
    for (const [cols, expected] of [
      [28, 0.857],
      [112, 0.867],
      [224, 0.879],
      [500, 0.891],
      [1000, 0.901],
    ]) {
      expect(crossoverSparsity(cols, { indexBits: Math.ceil(Math.log2(cols)) })).toBeCloseTo(expected, 3);
    }
  });

  it.each([
    [0, 1.2505, 1.0312],
    [0.5, 0.6255, 0.5312],
    [0.8, 0.2505, 0.2312],
    [0.877, 0.1542, 0.1542],
    [0.9, 0.1255, 0.1312],
    [0.95, 0.063, 0.0813],
  ])('draw Fig. 3: at a sparsity of %d the sizes are %d and %d of the dense one', (sparsity, csr, bitmap) => {
    const sizes = printedSizes({ cols: 500, rows: 500, sparsity });
    const dense = denseBits(500 * 500, widths);
    expect(Math.abs(sizes.csrBits / dense - csr)).toBeLessThan(1e-4);
    expect(Math.abs(sizes.bitmapBits / dense - bitmap)).toBeLessThan(1e-4);
  });

  it('refuse a sparsity in percent, and half a row', () => {
    for (const sparsity of [90, -0.1, Number.NaN])
      expect(() => printedSizes({ cols: 5, rows: 5, sparsity })).toThrow(
        `sparsity of a matrix: got ${sparsity}, expected 0 to 1`,
      );
    expect(() => printedSizes({ cols: 5, rows: 0.5, sparsity: 0.9 })).toThrow('rows of a matrix: got 0.5');
    expect(() => printedSizes({ cols: 0, rows: 5, sparsity: 0.9 })).toThrow('columns of a matrix: got 0');
  });

  it('are the sizes of row-partitioned matrices, but for the tag', () => {
    fc.assert(
      fc.property(matrices, ({ rows, cols, values }) => {
        const count = nonzeros({ rows, cols, values });
        const sizes = printedSizes({ cols, rows, sparsity: 1 - count / (rows * cols) });
        const perRow = rowHistogram(bitsFrom(values, [rows, cols]), cols);
        let [csr, bitmap] = [0, 0];
        perRow.forEach((times, each) => {
          csr += times * rpCsrBits(each, { ...widths, countBits: 8 + Number(each > 255) });
          bitmap += times * rpBfBits(each, cols, widths);
        });
        expect(sizes.bitmapBits).toBeCloseTo(bitmap, 6);
        if (perRow.length <= 256) expect(sizes.csrBits).toBeCloseTo(csr, 6);
      }),
    );
  });

  it('bound what a choice per row gains on 8-bit CSR: 15.1 % at half zeros and 500 columns, 25 % at three', () => {
    const gain = (cols: number, sparsity: number) => {
      const { csrBits: csr, bitmapBits: bitmap } = printedSizes({ cols, rows: 1, sparsity });
      return 100 * (1 - Math.min(csr, bitmap) / csr);
    };
    for (const [cols, sparsity, expected] of [
      [500, 0, 17.5],
      [500, 0.5, 15.1],
      [500, 0.7, 11.8],
      [500, 0.8, 7.7],
      [500, 0.88, 0],
      [3, 0.5, 25],
    ]) {
      expect(gain(cols, sparsity)).toBeCloseTo(expected, 1);
    }
  });
});

describe('single formats', () => {
  it('N:M keeps a slot for every place that may be in use, and refuses a group with more non-zeros', () => {
    const values = Float32Array.of(0, 5, 0, 7, 0, 0, 0, 1, 2, 0);
    const stored = encodeNm(values, 1, 10, { n: 2, m: 4 });
    expect([[...stored.values], [...stored.places]]).toEqual([
      [5, 7, 1, 0, 2, 0],
      [1, 3, 3, 0, 0, 0],
    ]);
    expect(decode(stored)).toEqual(values);
    expect(bitsOf(stored, widths)).toBe(6 * 34);
    expect(nmBits(1, 10, { n: 2, m: 4 }, widths)).toBe(6 * 34);
    expect(() => encodeNm(values, 1, 10, { n: 1, m: 4 })).toThrow('group of 4 from column 0 of row 0: got more than 1 non-zeros');
    expect(() => nmBits(1, 8, { n: 5, m: 4 }, widths)).toThrow('N of N:M: got 5, expected at most M, which is 4');
  });

  it('run-length coding spends one stored zero on 16, and none on the zeros at the end', () => {
    const values = new Float32Array(60);
    values[15] = 1;
    values[32] = 2;
    expect([...encodeRunLength(values, 1, 60).runs]).toEqual([15, 15, 0]);
    expect([...encodeRunLength(values, 1, 60).values]).toEqual([1, 0, 2]);
    expect(runLengthBits(bitsFrom(values, [60]), widths)).toBe(3 * 36);
  });

  it('blocks are stored whole where one value is in them, also over the edge', () => {
    const values = new Float32Array(3 * 4);
    values[11] = 7;
    const stored = encodeBlocks(values, 3, 4, { height: 2, width: 2 });
    expect([...stored.blockStart, ...stored.blockColumns, ...stored.values]).toEqual([0, 0, 1, 1, 0, 7, 0, 0]);
  });

  it('all keep NaN and give back 0 for negative zero', () => {
    for (const { encode } of Object.values(formats)) {
      expect([...decode(encode({ rows: 1, cols: 3, values: Float32Array.of(Number.NaN, -0, 1) }))]).toEqual([Number.NaN, 0, 1]);
    }
  });

  it('are all of the same few bits for a matrix of zeros, however large', () => {
    const empty = { rows: 4, cols: 50, values: new Float32Array(200) };
    const sizes = Object.entries(formats).map(([name, { size }]) => [name, size(empty)]);
    expect(Object.fromEntries(sizes)).toMatchObject({ csr: 160, csc: 51 * 32, bitmap: 200, 'run-length': 0, block: 96 });
    expect(rpBits(map(empty), 50, widths)).toBe(4 * (1 + 8));
    expect(rpBits(bernoulliBits([4, 50], 0, createRng(1)), 50, widths)).toBe(36);
  });
});
