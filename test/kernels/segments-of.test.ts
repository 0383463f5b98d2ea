import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentCount } from '../../src/kernels/list-segments.js';
import { segmentsOf } from '../../src/kernels/segments-of.js';

const size = (max: number) => fc.integer({ min: 1, max });

describe('segments of a list', () => {
  it('hold every channel of every tap once, in the order of taps or of channels, and cut no group', () => {
    fc.assert(
      fc.property(size(40), fc.integer({ min: 0, max: 10 }), size(12), size(9), (channels, taps, segments, unit) => {
        const parts = segmentsOf(channels, taps, segments, unit);
        expect(parts).toHaveLength(segments);
        const cells = parts.flatMap(({ firstTap, taps: count, first, width }) => {
          if (first < channels) expect(first % unit).toBe(0);
          return Array.from(
            { length: count * width },
            (_, i) => (firstTap + Math.floor(i / width)) * channels + first + (i % width),
          );
        });
        expect(cells.sort((a, b) => a - b)).toEqual(Array.from({ length: channels * taps }, (_, i) => i));
      }),
      { numRuns: 100, seed: 81 },
    );
  });

  it('are rows of a window, or all taps of some channels where there are more segments than taps', () => {
    expect(segmentsOf(64, 9, 3).map(({ firstTap, taps, width }) => [firstTap, taps, width])).toEqual([
      [0, 3, 64],
      [3, 3, 64],
      [6, 3, 64],
    ]);
    expect(segmentsOf(10, 1, 2, 4).map(({ taps, first, width }) => [taps, first, width])).toEqual([
      [1, 0, 8],
      [1, 8, 2],
    ]);
  });

  it('are as many as fit a cache, in even parts of a window, if there is enough in a row of them', () => {
    expect([segmentCount(32, 9, 0.1), segmentCount(64, 9, 0.1), segmentCount(128, 9, 0.1)]).toEqual([1, 3, 3]);
    expect([segmentCount(784, 1, 0.1), segmentCount(64, 9, 0.05), segmentCount(1, 25, 1)]).toEqual([2, 2, 1]);
  });
});
