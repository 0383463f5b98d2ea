import * as fc from 'fast-check';
import {
  type BitPlanes,
  gatherLines,
  gatherLinesReference,
  gradientLines,
  gradientLinesReference,
  type LineRuns,
  type SparseRows,
  transposeBits,
  transposeBitsReference,
} from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

type Rng = ReturnType<typeof createRng>;
const size = (most: number) => fc.integer({ min: 1, max: most });

/** Random words of which the bits from `bits` on are 0. */
function randomBits(rng: Rng, bits: number): Uint32Array {
  const words = Uint32Array.from({ length: Math.ceil(bits / 32) }, () => rng.integer(2 ** 32) & rng.integer(2 ** 32));
  if (bits & 31) words[words.length - 1] &= 2 ** (bits & 31) - 1;
  return words;
}

function randomMap(rng: Rng, shape: Omit<BitPlanes, 'words'>): BitPlanes {
  const pixels = shape.images * shape.rows * shape.width;
  const planes = Array.from({ length: shape.channels }, () => Array.from(randomBits(rng, rng.uniform() < 0.2 ? 0 : pixels)));
  const planeWords = Math.ceil(pixels / 32);
  const words = new Uint32Array(shape.channels * planeWords);
  planes.forEach((plane, channel) => {
    words.set(plane, channel * planeWords);
  });
  return { ...shape, words };
}

/** Lists of some of the rows and entries that kernels may have. */
function randomRows(rng: Rng, kernels: number, tapRows: number, channels: number, widthTaps: number): SparseRows {
  const lists = { rowStart: [0], tapRow: [] as number[], channel: [] as number[], entryStart: [0], entries: [] as number[] };
  for (let kernel = 0; kernel < kernels; kernel++) {
    for (let row = 0; row < tapRows * channels; row++) {
      const taps = Array.from({ length: widthTaps }, (_, tap) => tap).filter(() => rng.uniform() < 0.4);
      if (taps.length === 0) continue;
      lists.tapRow.push(row % tapRows);
      lists.channel.push(Math.floor(row / tapRows));
      lists.entries.push(...taps.map((tap) => Math.floor(row / tapRows) * widthTaps + tap));
      lists.entryStart.push(lists.entries.length);
    }
    lists.rowStart.push(lists.tapRow.length);
  }
  const list = (name: keyof typeof lists) => Uint32Array.from(lists[name]);
  return {
    ...{ kernels, rowStart: list('rowStart'), tapRow: list('tapRow'), channel: list('channel') },
    ...{ entryStart: list('entryStart'), entries: list('entries') },
  };
}

/** One run per tap row, of as many lines as fit behind a random first one of both maps; some of none. */
function randomRuns(rng: Rng, tapRows: number, lines: number, sourceLines: number): LineRuns {
  const runs = Array.from({ length: tapRows }, () => {
    const [target, source] = [rng.integer(lines), rng.integer(sourceLines)];
    return rng.uniform() < 0.1 ? [] : [target, source, Math.min(lines - target, sourceLines - source)];
  });
  const start = [0];
  for (const run of runs) start.push(start[start.length - 1] + run.length / 3);
  return { start: Uint32Array.from(start), runs: Uint32Array.from(runs.flat()) };
}

const cases = fc.record({
  ...{ kernels: size(3), tapRows: size(3), channels: size(4), widthTaps: size(3), images: size(3), multipliers: size(17) },
  ...{ rows: size(5), otherRows: size(5), width: size(70), otherWidth: size(70), stride: size(3), seed: size(1e6) },
});

describe('sums over lines', () => {
  it('of kernels that slide over a map equal their reference', () => {
    fc.assert(
      fc.property(cases, ({ kernels, tapRows, channels, widthTaps, images, rows, otherRows, width, multipliers, seed }) => {
        const rng = createRng(seed);
        const map = randomMap(rng, { channels, images, rows, width });
        const masks = Uint32Array.from({ length: widthTaps * Math.ceil(width / 32) }, () => rng.integer(2 ** 32));
        const kernel = randomRows(rng, kernels, tapRows, channels, widthTaps);
        const lines = images * otherRows;
        const runs = randomRuns(rng, tapRows, lines, images * rows);
        const expected = gatherLinesReference(kernel, runs, map, masks, lines, multipliers);
        expect(gatherLines(kernel, runs, map, masks, lines, multipliers)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('of wanted gradients equal their reference, for any stride and offset', () => {
    fc.assert(
      fc.property(cases, ({ kernels, tapRows, channels, widthTaps, images, stride, multipliers, seed, ...maps }) => {
        const rng = createRng(seed);
        const x = randomMap(rng, { channels, images, rows: maps.rows, width: maps.width });
        const y = randomMap(rng, { channels: kernels, images, rows: maps.otherRows, width: maps.otherWidth });
        const kernel = randomRows(rng, kernels, tapRows, channels, widthTaps);
        const runs = randomRuns(rng, tapRows, images * maps.rows, images * maps.otherRows);
        const shifts = { stride, offsets: Int32Array.from({ length: widthTaps }, () => rng.integer(90) - 45) };
        const expected = gradientLinesReference(kernel, runs, x, y, shifts, multipliers);
        expect(gradientLines(kernel, runs, x, y, shifts, multipliers)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });

  it('count by hand: two weights of a row over 1011 and 0110, in batches of two', () => {
    const kernel = {
      ...{ kernels: 1, rowStart: Uint32Array.of(0, 1), tapRow: Uint32Array.of(0), channel: Uint32Array.of(0) },
      ...{ entryStart: Uint32Array.of(0, 2), entries: Uint32Array.of(0, 1) },
    };
    const runs = { start: Uint32Array.of(0, 1), runs: Uint32Array.of(0, 0, 2) };
    const map = { words: Uint32Array.of(0b0110_1011), channels: 1, images: 1, rows: 2, width: 4 };
    // The first tap meets columns 0 to 2, the second 1 to 3: line 0 gives 2 and 2, line 1 2 and 2.
    expect(gatherLines(kernel, runs, map, Uint32Array.of(0b0111, 0b1110), 2, 3)).toEqual({
      ...{ products: Uint32Array.of(4, 4), rowPairs: Uint32Array.of(1, 1), pairBatches: Uint32Array.of(2, 2) },
      ones: Uint32Array.of(3, 2),
    });
    // Shifted by -1 and 0, 1011 is 0110 and 1011, 0110 is 1100 and 0110; of each what 1001 has as well.
    const other = { words: Uint32Array.of(0b1001_1001), channels: 1, images: 1, rows: 2, width: 4 };
    expect(gradientLines(kernel, runs, map, other, { stride: 1, offsets: Int32Array.of(-1, 0) }, 3)).toEqual({
      ...{ products: Uint32Array.of(2, 1), rowPairs: Uint32Array.of(1, 1), pairBatches: Uint32Array.of(1, 1) },
      ones: Uint32Array.of(3, 2),
    });
  });
});

describe('transposed bits', () => {
  it('are those of the reference for all sizes', () => {
    fc.assert(
      fc.property(size(100), size(40), size(1e6), (rows, cols, seed) => {
        const bits = randomBits(createRng(seed), rows * cols);
        expect(transposeBits(bits, rows, cols)).toEqual(transposeBitsReference(bits, rows, cols));
      }),
      { numRuns: 100 },
    );
  });

  it('of three rows of two, by hand', () => {
    expect(Array.from(transposeBits(Uint32Array.of(0b01_01_11), 3, 2))).toEqual([0b111, 0b001]);
  });
});
