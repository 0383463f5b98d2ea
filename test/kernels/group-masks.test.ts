import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupedAxis } from '../../src/kernels/group-masks.js';
import { instantiateLaneKernels, largestInRows, type MagnitudeGroups } from '../../src/kernels/index.js';
import { createRng } from '../../src/rng.js';

const memory = new WebAssembly.Memory({ initial: 2 });

function keepInGroups(weights: Float32Array, axis: GroupedAxis, groups: MagnitudeGroups) {
  const scratch = 32 * groups.m;
  const at = scratch + weights.byteLength;
  new Float32Array(memory.buffer, scratch, weights.length).set(weights);
  const areFinite = instantiateLaneKernels(memory).keepInGroups(scratch, axis, groups, 0, at);
  return { areFinite, kept: new Float32Array(memory.buffer, at, weights.length).slice() };
}

function groupMask(weights: Float32Array, axis: GroupedAxis, groups: MagnitudeGroups) {
  new Float32Array(memory.buffer, 0, weights.length).set(weights);
  const areFinite = instantiateLaneKernels(memory).groupMask(0, axis, groups, weights.byteLength);
  return { areFinite, mask: [...new Uint8Array(memory.buffer, weights.byteLength, weights.length)] };
}

/** Sorts every group. */
function reference(weights: Float32Array, { outer, length, inner }: GroupedAxis, { n, m }: MagnitudeGroups): number[] {
  const mask = Array.from(weights, () => 0);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let start = 0; start < length; start += m) {
        const group = Array.from({ length: Math.min(m, length - start) }, (_, k) => (o * length + start + k) * inner + i);
        group.sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]) || a - b);
        for (const place of group.slice(0, n)) mask[place] = 1;
      }
    }
  }
  return mask;
}

const kept = (weights: Float32Array, mask: readonly number[]) => weights.map((weight, i) => (mask[i] === 1 ? weight : 0));

describe('masks of groups', () => {
  it('keeps the larger of two, and the first of a tie, by hand', () => {
    const weights = Float32Array.of(1, -3, 2, -2, 0, 0);
    const row = { outer: 1, length: 6, inner: 1 };
    expect(keepInGroups(weights, row, { n: 1, m: 2 }).kept).toEqual(Float32Array.of(0, -3, 2, 0, 0, 0));
    const two = Float32Array.of(1, 2, 3, 4, -1, -5, 2, 4);
    const across = { outer: 1, length: 2, inner: 4 };
    expect(keepInGroups(two, across, { n: 1, m: 2 }).kept).toEqual(Float32Array.of(1, 0, 3, 4, 0, -5, 0, 0));
    expect(groupMask(two, across, { n: 1, m: 2 }).mask).toEqual([1, 0, 1, 1, 0, 1, 0, 0]);
  });

  it('is what sorting each group gives, for all shapes, groups and ties', () => {
    const inners = fc.constantFrom(1, 4, 5, 7, 8, 16);
    const sizes = fc.record({ outer: fc.integer({ min: 1, max: 4 }), length: fc.integer({ min: 1, max: 40 }), inner: inners });
    // Groups of whole vectors along rows of whole groups have a way of their own.
    const whole = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.constantFrom(4, 8, 16, 20), fc.integer({ min: 1, max: 20 }));
    const cases = fc.oneof(
      fc.tuple(sizes, fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 16 })),
      whole.map(([count, m, n]) => [{ outer: 2, length: count * m, inner: 1 }, Math.min(n, m), m] as const),
    );
    fc.assert(
      fc.property(cases, fc.nat(), ([axis, a, b], seed) => {
        const groups = { n: Math.min(a, b), m: Math.max(a, b) };
        const rng = createRng(seed);
        // Few values, so that ties and zeros of both signs are frequent.
        const weights = Float32Array.from(
          { length: axis.outer * axis.length * axis.inner },
          () => Math.round(6 * rng.uniform() - 3) / 4,
        );
        const mask = reference(weights, axis, groups);
        expect(keepInGroups(weights, axis, groups)).toEqual({ areFinite: true, kept: kept(weights, mask) });
        if (axis.inner > 1) expect(groupMask(weights, axis, groups)).toEqual({ areFinite: true, mask });
      }),
      { numRuns: 150 },
    );
  });

  it('refuses rows that do not make up the values', () => {
    const values = Float32Array.of(4, 1, 2, 3, 6, 5);
    expect(largestInRows(values, 3, { n: 1, m: 2 })).toEqual(Float32Array.of(4, 0, 2, 0, 6, 5));
    for (const length of [4, 0, -3, 1.5, 7, Number.NaN]) {
      expect(() => largestInRows(values, length, { n: 1, m: 2 })).toThrow(/length of a row: got .* divides the 6 values/);
    }
  });

  it('tells where a weight is NaN or infinite', () => {
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      for (const n of [1, 2, 3]) {
        const weights = Float32Array.of(1, 2, 3, 4, 5, bad, 7, 8);
        expect(keepInGroups(weights, { outer: 2, length: 4, inner: 1 }, { n, m: 4 }).areFinite).toBe(false);
        expect(keepInGroups(weights, { outer: 1, length: 8, inner: 1 }, { n, m: 3 }).areFinite).toBe(false);
        expect(keepInGroups(weights, { outer: 1, length: 2, inner: 4 }, { n, m: 2 }).areFinite).toBe(false);
        expect(groupMask(weights, { outer: 1, length: 2, inner: 4 }, { n, m: 2 }).areFinite).toBe(false);
      }
    }
  });
});
