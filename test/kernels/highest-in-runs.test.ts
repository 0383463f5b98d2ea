import fc from 'fast-check';
import { type AxisRuns, firstUnranked, highestInRuns, highestInRunsReference } from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

const integer = (min: number, max: number) => fc.integer({ min, max });

/** Long runs, short ones, and runs that their axis has no room for. */
const anyRuns: fc.Arbitrary<AxisRuns> = fc.record({
  ...{ outer: integer(1, 3), length: integer(0, 90) },
  ...{ inner: fc.constantFrom(1, 2, 3, 4, 5, 17, 20), width: fc.constantFrom(1, 4, 7, 32, 33, 100) },
});

/** Few values, so that ties and zeros of both signs are frequent, or many; some left out. */
function scoresOf({ outer, length, inner }: AxisRuns, steps: number, seed: number): Float32Array {
  const rng = createRng(seed);
  const score = () => (rng.uniform() < 0.2 ? Number.NEGATIVE_INFINITY : Math.round(steps * rng.normal()) / steps);
  return Float32Array.from({ length: outer * length * inner }, score);
}

describe('highestInRuns', () => {
  it('keeps the first of a tie, in runs along the last axis and side by side, by hand', () => {
    const scores = Float32Array.of(2, 2, 1, 3, -0, 0);
    expect([...highestInRuns(scores, { outer: 1, length: 6, inner: 1, width: 4 }, 2)]).toEqual([1, 0, 0, 1, 1, 1]);
    expect([...highestInRuns(scores, { outer: 1, length: 6, inner: 1, width: 6 }, 5)]).toEqual([1, 1, 1, 1, 1, 0]);
    const budgets = Uint32Array.of(2, 1);
    expect([...highestInRuns(scores, { outer: 1, length: 3, inner: 2, width: 3 }, budgets)]).toEqual([1, 0, 1, 1, 0, 0]);
  });

  it('is what sorting each run gives, for one budget and for one each', () => {
    fc.assert(
      fc.property(anyRuns, fc.constantFrom(2, 1e4), integer(0, 40), fc.nat(), (runs, steps, most, seed) => {
        const scores = scoresOf(runs, steps, seed);
        const rng = createRng(`${seed}/budgets`);
        const count = runs.outer * Math.ceil(runs.length / runs.width) * runs.inner;
        for (const budget of [most, Uint32Array.from({ length: count }, () => rng.integer(most + 1))]) {
          expect(highestInRuns(scores, runs, budget)).toEqual(highestInRunsReference(scores, runs, budget));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('takes scores of other types by value, whole or in pieces', () => {
    const [runs, expected] = [{ outer: 1, length: 4, inner: 1, width: 4 }, Uint8Array.of(0, 0, 1, 1)];
    const floats = Float32Array.of(1, 1, 9, 9);
    const reversed = () => highestInRuns(Float32Array.of(9, 9, 1, 1), runs, 2); // what is left in memory
    for (const other of [Float64Array.from(floats), Array.from(floats), Uint8Array.from(floats)] as unknown as Float32Array[]) {
      reversed();
      expect(highestInRuns(other, runs, 2)).toEqual(expected);
      reversed();
      expect(highestInRuns([other.slice(0, 2), other.slice(2)], runs, 2)).toEqual(expected);
      expect(firstUnranked(other)).toBe(-1);
    }
    expect(firstUnranked([1, 2, Number.NaN] as unknown as Float32Array)).toBe(2);
  });

  it('is what a sort gives for a run of many scores, whatever is common to them', () => {
    const runs = { outer: 1, length: 9000, inner: 1, width: 9000 };
    for (const steps of [3, 1e6]) {
      const scores = scoresOf(runs, steps, steps);
      for (const count of [1, 300, 5000]) {
        expect(highestInRuns(scores, runs, count)).toEqual(highestInRunsReference(scores, runs, count));
      }
    }
  });
});

describe('firstUnranked', () => {
  it('finds the first NaN or +Infinity', () => {
    const scores = Float32Array.from({ length: 11 }, (_, i) => -i);
    expect(firstUnranked(scores)).toBe(-1);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [0, 5, 10]) expect(firstUnranked(scores.with(at, bad))).toBe(at);
    }
    expect(firstUnranked(scores.fill(Number.NEGATIVE_INFINITY))).toBe(-1);
  });
});
