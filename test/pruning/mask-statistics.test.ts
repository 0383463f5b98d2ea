import fc from 'fast-check';
import {
  densityMap,
  explorationRate,
  groupOccupancy,
  isNm,
  type Mask,
  maskChurn,
  maskDivergence,
  maskOverlap,
  nm,
  sparsityOf,
  uniteMasks,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { MaskHistory, maskRates } from '../../src/pruning/topology/mask-history.js';
import { anyKernel, kernelInfo, normal, sum } from './kernel-info.js';

const maskOf = (size: number) => fc.uint8Array({ max: 1, minLength: size, maxLength: size });
const anyMask = (size: number): fc.Arbitrary<Mask> => fc.oneof({ weight: 6, arbitrary: maskOf(size) }, fc.constant(null));
const masks = (count: number) =>
  fc
    .integer({ min: 1, max: 40 })
    .chain((size) => fc.tuple(fc.constant(size), fc.array(anyMask(size), { minLength: count, maxLength: 12 })));

/** The places that a mask keeps, as a set. */
const placesOf = (mask: Mask, size: number) =>
  new Set(Array.from({ length: size }, (_, i) => i).filter((i) => !mask || mask[i] === 1));

/** A kernel with a mask of its size. */
const anyMaskedKernel = anyKernel.chain(({ info, scores }) =>
  fc.record({ info: fc.constant(info), mask: maskOf(scores.length) }),
);

const pair = [Uint8Array.of(1, 1, 0, 0, 1), Uint8Array.of(1, 0, 0, 1, 1)] as const;

describe('maskChurn and maskOverlap', () => {
  it('are what sets of the kept places say', () => {
    fc.assert(
      fc.property(masks(2), ([size, [a, b]]) => {
        const [left, right] = [placesOf(a, size), placesOf(b, size)];
        const common = [...left].filter((place) => right.has(place)).length;
        const all = left.size + right.size - common;
        const moved = all - common;
        expect(maskDivergence(a, b)).toBe(moved);
        expect(maskChurn(a, b)).toBe(moved / size);
        expect(maskOverlap(a, b)).toBe(all === 0 || (a === null && b === null) ? 1 : common / all);
      }),
    );
  });

  it('are symmetric, and churn obeys the triangle inequality', () => {
    fc.assert(
      fc.property(masks(3), ([, [a, b, c]]) => {
        expect([maskChurn(a, b), maskOverlap(a, b)]).toEqual([maskChurn(b, a), maskOverlap(b, a)]);
        expect(maskDivergence(a, c)).toBeLessThanOrEqual(maskDivergence(a, b) + maskDivergence(b, c));
        expect([maskChurn(a, a), maskOverlap(a, a)]).toEqual([0, 1]);
      }),
    );
  });

  it('are 2 of 5 places and 2 of 4 weights, by hand', () => {
    expect([maskDivergence(...pair), maskChurn(...pair), maskOverlap(...pair)]).toEqual([2, 0.4, 0.5]);
    expect([maskDivergence(null, pair[0]), maskChurn(null, pair[0]), maskOverlap(null, pair[0])]).toEqual([2, 0.4, 0.6]);
    expect([maskChurn(null, null), maskOverlap(null, null), maskOverlap(new Uint8Array(3), new Uint8Array(3))]).toEqual([
      0, 1, 1,
    ]);
  });

  it('refuse masks of two kernels', () => {
    expect(() => maskChurn(pair[0], new Uint8Array(4))).toThrow('size of a mask: got 4, expected 5');
    expect(() => maskOverlap(pair[0], new Uint8Array(6))).toThrow('size of a mask: got 6, expected 5');
    expect(() => uniteMasks(pair[0], new Uint8Array(6))).toThrow('Compare masks of one kernel');
  });
});

describe('explorationRate', () => {
  it('is the fraction of the places that any mask has kept, and never falls', () => {
    fc.assert(
      fc.property(masks(1), ([size, all]) => {
        const seen = new Set<number>();
        let active = all[0];
        let before = 0;
        for (const mask of all) {
          for (const place of placesOf(mask, size)) seen.add(place);
          active = uniteMasks(active, mask);
          expect(explorationRate(active)).toBeCloseTo(seen.size / size, 12);
          expect(explorationRate(active)).toBeGreaterThanOrEqual(before);
          before = explorationRate(active);
        }
      }),
    );
  });

  it('is 4 of 5 after the two masks, and 1 from a dense step on, by hand', () => {
    expect(explorationRate(uniteMasks(...pair))).toBe(0.8);
    expect(explorationRate(uniteMasks(pair[0], null))).toBe(1);
  });
});

describe('a history of masks', () => {
  it('has the rates of the functions, at every look', () => {
    fc.assert(
      fc.property(masks(1), ([size, all]) => {
        const history = new MaskHistory(size);
        let active = all[0];
        all.forEach((mask, i) => {
          const before = all[Math.max(0, i - 1)];
          active = uniteMasks(active, mask);
          const { sparsity, churn, iou, itop } = maskRates([history.look(mask)]);
          expect(sparsity).toBeCloseTo(sparsityOf(mask), 12);
          expect([churn, iou]).toEqual([maskChurn(before, mask), maskOverlap(before, mask)]);
          expect(itop).toBeCloseTo(explorationRate(active), 12);
        });
      }),
    );
  });

  it('goes on from its two masks', () => {
    fc.assert(
      fc.property(masks(2), fc.nat(), ([size, all], at) => {
        const cut = 1 + (at % (all.length - 1));
        const [whole, first] = [new MaskHistory(size), new MaskHistory(size)];
        const counts = all.map((mask) => whole.look(mask));
        for (const mask of all.slice(0, cut)) first.look(mask);
        const second = new MaskHistory(size, first.mask, first.everActive);
        expect(all.slice(cut).map((mask) => second.look(mask))).toEqual(counts.slice(cut));
      }),
    );
  });

  it('weighs kernels by their size, by hand', () => {
    const small = { weights: 2, kept: 1, both: 1, either: 1, everActive: 1 };
    const large = { weights: 8, kept: 2, both: 1, either: 3, everActive: 5 };
    expect(maskRates([small, large])).toEqual({ sparsity: 0.7, churn: 0.2, iou: 0.5, itop: 0.6 });
  });
});

/** Non-zeros of each group, found by its place on the axis alone. */
function slowOccupancy(mask: Uint8Array, shape: readonly number[], axis: number, m: number): number[] {
  const groups = new Map<string, number>();
  mask.forEach((bit, i) => {
    const place: number[] = [];
    let rest = i;
    for (let d = shape.length - 1; d >= 0; d--) {
      place[d] = rest % shape[d];
      rest = Math.floor(rest / shape[d]);
    }
    const name = place.map((at, d) => (d === axis ? Math.floor(at / m) : at)).join();
    groups.set(name, (groups.get(name) ?? 0) + bit);
  });
  const histogram = new Array<number>(m + 1).fill(0);
  for (const nonzeros of groups.values()) histogram[nonzeros]++;
  return histogram;
}

describe('groupOccupancy', () => {
  it('counts what a look at each weight alone counts, along any axis', () => {
    fc.assert(
      fc.property(anyMaskedKernel, fc.nat(), fc.integer({ min: 1, max: 9 }), ({ info, mask }, at, m) => {
        const axis = at % info.shape.length;
        const histogram = groupOccupancy(mask, info, { m, axis });
        expect(histogram).toEqual(slowOccupancy(mask, info.shape, axis, m));
        expect(histogram.reduce((total, groups, nonzeros) => total + groups * nonzeros, 0)).toBe(sum(mask));
      }),
    );
  });

  it('has nothing beyond N exactly where masks are N:M', () => {
    fc.assert(
      fc.property(anyMaskedKernel, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), ({ info, mask }, a, b) => {
        const [n, m] = [Math.min(a, b), Math.max(a, b)];
        const beyond = groupOccupancy(mask, info, { m }).slice(n + 1);
        expect(sum(beyond) === 0).toBe(isNm(mask, info, { n, m }));
      }),
    );
    const info = kernelInfo([16, 8]);
    const mask = nm({ n: 2, m: 8 })(normal(128), info, 0.5);
    expect(groupOccupancy(mask, info, { m: 8 })).toEqual([0, 0, 16, 0, 0, 0, 0, 0, 0]);
  });

  it('is one empty, one whole and two short groups, by hand', () => {
    // Columns 1 1 0 and 0 0 1, in groups of two: 11 0 and 00 1.
    const values = Float32Array.of(3, 0, -1, -0, 0, 2);
    expect(groupOccupancy(values, kernelInfo([3, 2]), { m: 2 })).toEqual([2, 1, 1]);
    expect(groupOccupancy(values, kernelInfo([3, 2]), { m: 2, axis: 'output' })).toEqual([0, 3, 0]);
  });

  it('refuses groups of none, another axis and values of another kernel', () => {
    const info = kernelInfo([3, 2]);
    expect(() => groupOccupancy(new Uint8Array(6), info, { m: 0 })).toThrow('m: got 0, expected an integer of at least 1');
    expect(() => groupOccupancy(new Uint8Array(6), info, { m: 2, axis: 2 })).toThrow('axis of kernel: got 2');
    expect(() => groupOccupancy(new Uint8Array(5), info, { m: 2 })).toThrow('number of values of kernel: got 5, expected 6');
  });
});

describe('densityMap', () => {
  it('is the mean over each cell, and as a whole has as many non-zeros as the mask', () => {
    fc.assert(
      fc.property(anyMaskedKernel, fc.integer({ min: 1, max: 9 }), ({ info, mask }, most) => {
        const { rows, columns, cells } = densityMap(mask, info, most);
        const outputs = info.shape.slice(info.kind === 'depthwiseConv2d' ? -2 : -1).reduce((a, b) => a * b, 1);
        const inputs = mask.length / outputs;
        expect([rows, columns]).toEqual([Math.min(inputs, most), Math.min(outputs, most)]);
        let nonzeros = 0;
        cells.forEach((density, cell) => {
          const [r, c] = [Math.floor(cell / columns), cell % columns];
          const within = mask.filter((_, i) => {
            const [row, column] = [Math.floor(i / outputs), i % outputs];
            const isIn = (at: number, k: number, of: number, all: number) =>
              at >= Math.floor((k * all) / of) && at < Math.floor(((k + 1) * all) / of);
            return isIn(row, r, rows, inputs) && isIn(column, c, columns, outputs);
          });
          expect(density).toBeCloseTo(sum(within) / within.length, 6);
          nonzeros += density * within.length;
        });
        expect(nonzeros).toBeCloseTo(sum(mask), 3);
      }),
    );
  });

  it('of a small kernel is the mask itself, by hand; of a larger one its densities', () => {
    const mask = Uint8Array.of(1, 0, 0, 1, 1, 1);
    expect(densityMap(mask, kernelInfo([3, 2]))).toEqual({ rows: 3, columns: 2, cells: Float32Array.from(mask) });
    // Rows 0 and 1 to 2, columns as they are.
    expect([...densityMap(mask, kernelInfo([3, 2]), 2).cells]).toEqual([1, 0, 0.5, 1]);
    expect(() => densityMap(mask, kernelInfo([3, 2]), 0)).toThrow('most: got 0');
    expect(() => densityMap(mask, kernelInfo([3, 3]))).toThrow('number of values of kernel: got 6, expected 9');
  });

  it('has the outputs as its columns wherever their axis is, by hand', () => {
    const first = { name: 'own', kind: 'dense', shape: [3, 4], inputAxis: 1, outputAxis: 0 } as const;
    const mask = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(densityMap(mask, first, 3)).toEqual({ rows: 3, columns: 3, cells: Float32Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0) });
    // Output 1 of 2 is kept, in the middle of [2, 2, 3]: rows are (0, 0), (0, 1), (0, 2), (1, 0) and so on.
    const middle = { name: 'own', kind: 'conv1d', shape: [2, 2, 3], inputAxis: 2, outputAxis: 1 } as const;
    const kept = Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1);
    const { rows, columns, cells } = densityMap(kept, middle);
    expect([rows, columns, ...cells]).toEqual([6, 2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1]);
  });
});
