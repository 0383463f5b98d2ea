import * as fc from 'fast-check';
import { gatherRows, gatherRowsReference, shiftPlanes, shiftPlanesReference, type WalkedAxis } from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

const integer = (min: number, max: number) => fc.integer({ min, max });

/** Axes with dilated taps and with padding before and behind. */
const axes = fc
  .record({
    ...{ count: integer(1, 5), scale: integer(1, 2), size: integer(1, 40) },
    ...{ first: integer(-3, 1), gap: integer(1, 3), taps: integer(1, 4) },
  })
  .map(({ first, gap, taps, ...axis }): WalkedAxis => {
    return { ...axis, offsets: Array.from({ length: taps }, (_, tap) => first + tap * gap) };
  });
const small = axes.map((axis) => ({ ...axis, size: Math.min(axis.size, 4), offsets: axis.offsets.slice(0, 2) }));

function randomWords(bits: number, seed: number): Uint32Array {
  const rng = createRng(seed);
  return Uint32Array.from({ length: Math.ceil(bits / 32) }, () => rng.integer(2 ** 32));
}

const bitsOf = (words: Uint32Array, count: number) =>
  Array.from({ length: count }, (_, i) => ((words[i >>> 5] >>> (i & 31)) & 1) === 1);

describe('gathered rows', () => {
  it('are those of the reference for all axes, channels and first rows', () => {
    fc.assert(
      fc.property(
        small,
        small,
        axes,
        integer(1, 40),
        integer(1, 3),
        integer(0, 1e6),
        (depth, height, width, channels, images, seed) => {
          const all = [depth, height, width] as const;
          const rng = createRng(seed);
          const source = randomWords(images * depth.size * height.size * width.size * channels, seed);
          const first = rng.integer(channels);
          const range =
            rng.uniform() < 0.5 ? { channels, first: 0, count: channels } : { channels, first, count: channels - first };
          const length = depth.offsets.length * height.offsets.length * width.offsets.length * range.count;
          const wordsPerRow = Math.ceil(length / 32);
          const count = images * depth.count * height.count * width.count;
          const start = rng.integer(count);
          const rows = new Uint32Array((count - start) * wordsPerRow).fill(0xffffffff);
          gatherRows(source, all, range, start, rows, wordsPerRow);
          for (let row = start; row < count; row++) {
            const words = rows.subarray((row - start) * wordsPerRow, (row + 1 - start) * wordsPerRow);
            const padded = new Array<boolean>(32 * wordsPerRow - length).fill(false);
            expect(bitsOf(words, 32 * wordsPerRow)).toEqual([...gatherRowsReference(source, all, range, row), ...padded]);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of two channels under two taps, by hand: the first pixel has padding before it', () => {
    const one = { count: 1, scale: 1, offsets: [0], size: 1 };
    const width = { count: 2, scale: 1, offsets: [-1, 0], size: 2 };
    const rows = new Uint32Array(2);
    gatherRows(Uint32Array.of(0b10_01), [one, one, width], { channels: 2, first: 0, count: 2 }, 0, rows, 1);
    expect(Array.from(rows)).toEqual([0b01_00, 0b10_01]);
  });
});

describe('shifted planes', () => {
  it('are those of the reference for all taps and strides', () => {
    fc.assert(
      fc.property(
        small,
        small,
        axes,
        integer(1, 3),
        integer(1, 2),
        integer(0, 1e6),
        (depth, height, width, planes, images, seed) => {
          const rng = createRng(seed);
          const strided = [depth, height, width] as const;
          const stride = width.scale;
          const lineBits = stride * Math.ceil(width.size / stride);
          const planeWords = Math.ceil((images * depth.size * height.size * lineBits) / 32);
          const map = { words: randomWords(32 * planes * planeWords, seed), planes, images, stride };
          const [td, th, tw] = strided.map((axis) => {
            const tap = rng.integer(axis.offsets.length);
            const inside = Array.from({ length: axis.count }, (_, at) => at).filter((at) => {
              const source = at * axis.scale + axis.offsets[tap];
              return source >= 0 && source < axis.size;
            });
            return { tap, first: inside[0] ?? 0, end: (inside.at(-1) ?? -1) + 1 };
          });
          const length = images * depth.count * height.count * width.count;
          const wordsPerRow = Math.ceil(length / 32);
          const rows = new Uint32Array(planes * wordsPerRow).fill(0xffffffff);
          shiftPlanes(map, strided, [td, th, tw], rows);
          for (let plane = 0; plane < planes; plane++) {
            const words = rows.subarray(plane * wordsPerRow, (plane + 1) * wordsPerRow);
            expect(bitsOf(words, length)).toEqual(shiftPlanesReference(map, strided, [td, th, tw], plane));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of one line at stride two, by hand: even columns come first, and the tap looks at the odd ones', () => {
    const one = { count: 1, scale: 1, offsets: [0], size: 1 };
    const only = { tap: 0, first: 0, end: 1 };
    const rows = new Uint32Array(1);
    // Columns 0 to 3 are 1, 0, 0, 1: in order of their remainders 1 0, 0 1.
    const map = { words: Uint32Array.of(0b1001), planes: 1, images: 1, stride: 2 };
    shiftPlanes(map, [one, one, { count: 2, scale: 2, offsets: [1], size: 4 }], [only, only, { tap: 0, first: 0, end: 2 }], rows);
    expect(rows[0]).toBe(0b10);
  });
});
