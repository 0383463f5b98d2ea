import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BitTensor, countBits, getBit, rowBetaBits, sliceBits, smoothBits } from '../../src/hw/index.js';
import { betaDraw } from '../../src/hw/synthetic/beta-draw.js';
import { densityAt, densityCurve } from '../../src/hw/synthetic/density-curve.js';
import { createRng } from '../../src/rng.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
const means = fc.constantFrom(0.05, 0.3, 0.5, 0.9);
const spreads = fc.constantFrom(0.1, 0.3, 0.6);
const maps = { rowBeta: rowBetaOf, smooth: smoothBits };

/** Rows of [image, y, channel], the spread as in the records. */
function rowBetaOf(shape: readonly number[], options: { density: number; spread?: number }, rng: ReturnType<typeof createRng>) {
  return rowBetaBits(shape, { ...options, rowAxes: [0, 1, 3] }, rng);
}

/** Share of ones among the elements that `keep` accepts. */
function densityOf(bits: BitTensor, keep: (index: readonly number[]) => boolean): number {
  let [ones, all] = [0, 0];
  for (let i = 0; i < bits.shape.reduce((a, b) => a * b); i++) {
    let rest = i;
    const index = bits.shape.map((_, axis) => {
      const behind = bits.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      const at = Math.floor(rest / behind);
      rest %= behind;
      return at;
    });
    if (!keep(index)) continue;
    all++;
    if (getBit(bits, i)) ones++;
  }
  return ones / all;
}

describe('beta draws', () => {
  it('have the mean and the standard deviation that were asked for', () => {
    fc.assert(
      fc.property(means, spreads, fc.integer(), (density, spread, seed) => {
        const draws = Array.from({ length: 2000 }, betaDraw(density, spread, createRng(seed)));
        expect(draws.every((draw) => draw >= 0 && draw <= 1)).toBe(true);
        const wanted = spread * Math.sqrt(density * (1 - density));
        expect(Math.abs(mean(draws) - density)).toBeLessThan((5 * wanted) / Math.sqrt(2000));
        expect(Math.abs(deviation(draws) / wanted - 1)).toBeLessThan(0.2);
      }),
      { numRuns: 30 },
    );
  });

  it('are the mean itself without a spread, and zeros and ones at a spread of nearly one', () => {
    expect(betaDraw(0.3, 0, createRng(1))()).toBe(0.3);
    const extreme = Array.from({ length: 2000 }, betaDraw(0.3, 0.9999, createRng(1)));
    expect(extreme.filter((draw) => draw > 0.001 && draw < 0.999).length).toBeLessThan(20);
    expect(mean(extreme)).toBeCloseTo(0.3, 1);
  });
});

describe('density curves', () => {
  it('have the mean and the deviation that were asked for under the normal law, and rise', () => {
    fc.assert(
      fc.property(means, spreads, (density, spread) => {
        const curve = densityCurve(density, spread);
        const steps = Array.from({ length: 1601 }, (_, i) => i / 100 - 8);
        const weights = steps.map((z) => Math.exp((-z * z) / 2));
        const total = weights.reduce((a, b) => a + b);
        const average = (of: (d: number) => number) =>
          steps.reduce((sum, z, i) => sum + (weights[i] / total) * of(densityAt(curve, z)), 0);
        expect(average((d) => d)).toBeCloseTo(density, 3);
        const wanted = spread * Math.sqrt(density * (1 - density));
        expect(Math.sqrt(average((d) => (d - density) ** 2)) / wanted).toBeCloseTo(1, 1);
        expect(densityAt(curve, 1)).toBeGreaterThan(densityAt(curve, -1));
      }),
      { numRuns: 20 },
    );
  });
});

it.each([
  ['rowBeta', 1_410_339_268],
  ['smooth', 610_093_078],
] as const)('%s maps are these very bits on every platform', (kind, first) => {
  expect(maps[kind]([1, 5, 5, 7], { density: 0.4 }, createRng('golden')).words[0]).toBe(first);
});

describe.each(Object.entries(maps))('%s maps', (_, draw) => {
  it('have the density that was asked for on average', () => {
    fc.assert(
      fc.property(means, fc.constantFrom(0, 0.2, 0.4), fc.integer(), (density, spread, seed) => {
        const bits = draw([40, 8, 8, 16], { density, spread }, createRng(seed));
        // At most 40 independent fields share their density: five standard deviations of their mean.
        const tolerance = 5 * Math.sqrt((density * (1 - density) * (spread ** 2 + 1 / 1024)) / 40);
        expect(Math.abs(countBits(bits) / 40_960 - density)).toBeLessThan(tolerance);
      }),
      { numRuns: 25 },
    );
  });

  it('are the same for the same seed, bit by bit, and others for another', () => {
    const words = (seed: number) => draw([2, 9, 7, 5], { density: 0.4 }, createRng(seed)).words;
    expect(words(1)).toEqual(words(1));
    expect(words(1)).not.toEqual(words(2));
  });

  it('are all zeros or all ones where that is asked for, with nothing behind the last element', () => {
    for (const density of [0, 1]) {
      expect(countBits(draw([1, 3, 3, 5], { density }, createRng(3)))).toBe(45 * density);
    }
  });

  it('refuse what is no density and no spread', () => {
    expect(() => draw([1, 2, 2, 2], { density: 0.5, spred: 1 } as never, createRng(1))).toThrow('Did you mean spread');
    expect(() => draw([1, 2, 2, 2], { density: 1.2 }, createRng(1))).toThrow('density: got 1.2');
    expect(() => draw([1, 2, 2, 2], { density: 0.5, spread: 1 }, createRng(1))).toThrow(
      'spread: got 1, expected a number in [0, 1)',
    );
  });
});

describe('row-wise maps', () => {
  it('give each row a density of its own, and its elements the same', () => {
    const bits = rowBetaBits([2, 4, 3000], { density: 0.3, spread: 0.5, rowAxes: [0, 1] }, createRng(5));
    const rows = Array.from({ length: 8 }, (_, row) => {
      const half = (from: number) => densityOf(bits, ([i, j, k]) => i * 4 + j === row && k >= from && k < from + 1500);
      expect(Math.abs(half(0) - half(1500))).toBeLessThan(0.1);
      return half(0);
    });
    expect(Math.max(...rows) - Math.min(...rows)).toBeGreaterThan(0.3);
  });

  it('name rows by any axes: here the filters of a kernel', () => {
    const bits = rowBetaBits([3, 3, 100, 4], { density: 0.5, spread: 0.6, rowAxes: [3] }, createRng(2));
    const filters = [0, 1, 2, 3].map((filter) => densityOf(bits, (index) => index[3] === filter));
    const firstTap = [0, 1, 2, 3].map((filter) => densityOf(bits, ([y, x, , f]) => y === 0 && x === 0 && f === filter));
    filters.forEach((density, i) => {
      expect(Math.abs(density - firstTap[i])).toBeLessThan(0.25);
    });
    expect(deviation(filters)).toBeGreaterThan(0.1);
    expect(() => rowBetaBits([3], { density: 0.5, rowAxes: [1] }, createRng(1))).toThrow(
      'rowAxes: got 1, expected an axis of shape [3]',
    );
  });
});

describe('smooth maps', () => {
  it('make near pixels alike and far ones not: corners differ, neighbours hardly', () => {
    const [images, side, channels] = [100, 32, 8];
    const bits = smoothBits([images, side, side, channels], { density: 0.5, spread: 0.6 }, createRng(11));
    const patch = (image: number, y: number, x: number) => {
      const row = (at: number) => ((image * side + at) * side + x) * channels;
      return [y, y + 1, y + 2, y + 3].reduce((ones, at) => ones + countBits(sliceBits(bits, row(at), 4 * channels)), 0) / 128;
    };
    const differences = (y: number, x: number) => Array.from({ length: images }, (_, i) => patch(i, 4, 4) - patch(i, y, x));
    expect(deviation(differences(28, 28))).toBeGreaterThan(2 * deviation(differences(4, 8)));
  });

  it('share half of their field between the channels of an image', () => {
    const bits = smoothBits([1500, 1, 1, 2], { density: 0.5, spread: 0.8 }, createRng(4));
    const [a, b] = [0, 1].map((channel) => Array.from({ length: 1500 }, (_, i) => Number(getBit(bits, 2 * i + channel))));
    const covariance = mean(a.map((value, i) => value * b[i])) - mean(a) * mean(b);
    // Between half and none of the variance that the whole field would give, spread^2 / 4 = 0.16.
    expect(covariance).toBeGreaterThan(0.04);
    expect(covariance).toBeLessThan(0.12);
  });

  it('refuse a shape without height and width, and say which has one pixel', () => {
    const draw = (shape: readonly number[]) => smoothBits(shape, { density: 0.5 }, createRng(1));
    expect(() => draw([2, 64])).toThrow(
      'shape of smooth bits: got [2,64], expected [..., height, width, channels]. Write [2, 1, 1, 64]',
    );
    expect(() => draw([64])).toThrow('Write [1, 1, 64]');
  });
});
