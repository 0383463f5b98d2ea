import fc from 'fast-check';
import { annealedNm, isNm, nm, stagedSchedule, transposableNm } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { anyKernel, kernelInfo, sum } from './kernel-info.js';

/** The greatest sum over all 4 x 4 masks with two ones in each row and column, by trying them all. */
function bestSum(scores: Float32Array): number {
  const pairs = [3, 5, 6, 9, 10, 12];
  const value = (row: number, bits: number) => sum([0, 1, 2, 3].map((i) => (bits & (1 << i) ? scores[4 * row + i] : 0)));
  let best = Number.NEGATIVE_INFINITY;
  const search = (row: number, columns: readonly number[], total: number) => {
    if (row === 4) best = Math.max(best, total);
    else
      for (const bits of pairs) {
        const next = columns.map((count, i) => count + ((bits >> i) & 1));
        if (Math.max(...next) <= 2) search(row + 1, next, total + value(row, bits));
      }
  };
  search(0, [0, 0, 0, 0], 0);
  return best;
}

const kept = (scores: Float32Array, mask: Uint8Array) => scores.reduce((total, score, i) => total + score * mask[i], 0);
const anyScores = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 16, maxLength: 16 });

describe('transposableNm', () => {
  it('obeys N:M along both channel axes of any kernel, tails included', () => {
    fc.assert(
      fc.property(
        anyKernel,
        fc.integer({ min: 1, max: 5 }),
        fc.nat(4),
        fc.constantFrom('best' as const, 'greedy' as const),
        ({ info, scores }, m, less, search) => {
          const n = Math.max(1, m - less);
          const mask = transposableNm({ n, m, search })(scores, info, 0.5);
          expect(isNm(mask, info, { n, m, axis: 'input' })).toBe(true);
          expect(isNm(mask, info, { n, m, axis: 'output' })).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('obeys N:M along both channel axes wherever they are, as in a kernel whose channels are moved last', () => {
    // [8, 4, 2] with inputs first and outputs second; [2, 8, 4] is the same kernel with its channels last.
    const scores = Float32Array.from({ length: 64 }, (_, i) => i + 1);
    const info = { name: 'own', kind: 'conv1d', shape: [8, 4, 2], inputAxis: 0, outputAxis: 1 } as const;
    const last = scores.map((_, i) => scores[2 * (i % 32) + Math.floor(i / 32)]);
    for (const search of ['best', 'greedy'] as const) {
      const mask = transposableNm({ n: 2, m: 4, search })(scores, info, 0.5);
      const expected = transposableNm({ n: 2, m: 4, search })(last, kernelInfo([2, 8, 4]), 0.5);
      expect(mask.map((_, i) => mask[2 * (i % 32) + Math.floor(i / 32)])).toEqual(expected);
      expect(isNm(mask, info, { n: 2, m: 4, axis: 'input' })).toBe(true);
      expect(isNm(mask, info, { n: 2, m: 4, axis: 'output' })).toBe(true);
      expect(sum(mask)).toBe(32);
    }
  });

  it('is the best of the ninety masks of 2:4, and greedy is no better', () => {
    fc.assert(
      fc.property(anyScores, (values) => {
        const scores = Float32Array.from(values);
        const by = (search: 'best' | 'greedy', of: Float32Array) =>
          transposableNm({ n: 2, m: 4, search })(of, kernelInfo([4, 4]), 0.5);
        expect(sum(by('best', scores))).toBe(8);
        expect(kept(scores, by('best', scores))).toBeCloseTo(bestSum(scores), 5);
        // Of scores below 0 greedy may keep fewer, which is more.
        const positive = scores.map(Math.abs);
        expect(kept(positive, by('greedy', positive))).toBeLessThanOrEqual(bestSum(positive) + 1e-5);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the transposed mask of the transposed kernel the same sum', () => {
    fc.assert(
      fc.property(anyScores, (values) => {
        const scores = Float32Array.from(values);
        const turned = scores.map((_, i) => scores[4 * (i % 4) + Math.floor(i / 4)]);
        const on = (of: Float32Array) => kept(of, transposableNm({ n: 1, m: 4 })(of, kernelInfo([4, 4]), 0.75));
        expect(on(turned)).toBeCloseTo(on(scores), 5);
      }),
      { numRuns: 30 },
    );
  });

  it('never keeps a weight that is scored -Infinity, greedily either', () => {
    const scores = Float32Array.of(5, 1, 2, Number.NEGATIVE_INFINITY);
    const mask = transposableNm({ n: 1, m: 2, search: 'greedy' })(scores, kernelInfo([2, 2]), 0.5);
    expect(Array.from(mask)).toEqual([1, 0, 0, 0]);
  });

  it('keeps 4 and 4 of [[5, 4], [4, 1]] at 1:2, where greedy keeps 5 and 1', () => {
    const by = (search: 'best' | 'greedy') =>
      Array.from(transposableNm({ n: 1, m: 2, search })(Float32Array.of(5, 4, 4, 1), kernelInfo([2, 2]), 0.5));
    expect(by('best')).toEqual([0, 1, 1, 0]);
    expect(by('greedy')).toEqual([1, 0, 0, 1]);
  });

  it('keeps as many ones as there is room for, the least bad of them where all scores are negative', () => {
    const mask = transposableNm({ n: 1, m: 2 })(Float32Array.of(-1, -2, -2, -5), kernelInfo([2, 2]), 0.5);
    expect(Array.from(mask)).toEqual([0, 1, 1, 0]);
  });

  it('never chooses what is left out, and keeps everything at 0', () => {
    const scores = Float32Array.of(1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect(Array.from(transposableNm({ n: 1, m: 2 })(scores, kernelInfo([2, 2]), 0.5))).toEqual([1, 0, 0, 0]);
    expect(sum(transposableNm({ n: 1, m: 2 })(scores, kernelInfo([2, 2]), 0))).toBe(4);
  });

  it('refuses an N:M that is none and an unknown search', () => {
    expect(() => transposableNm({ n: 3, m: 2 })).toThrow('1 to m = 2');
    expect(() => transposableNm({ n: 1, m: 2, search: 'beast' as 'best' })).toThrow('Did you mean best');
  });
});

describe('annealedNm', () => {
  const stages = [0, 0.5, 0.75].map((sparsity, step) => ({ step, sparsity }));

  it('is 8:8, 4:8 and 2:8, or 2:2, 2:4 and 2:8, at sparsities of 0, 0.5 and 0.75', () => {
    fc.assert(
      fc.property(anyKernel, ({ info, scores }) => {
        const schedule = stagedSchedule({ stages });
        const at = (step: number, options: { n: number } | { m: number }) =>
          annealedNm(options)(scores, info, schedule(step).sparsity);
        expect(at(0, { m: 8 })).toEqual(new Uint8Array(scores.length).fill(1));
        expect(at(1, { m: 8 })).toEqual(nm({ n: 4, m: 8 })(scores, info, 0.5));
        expect(at(2, { m: 8 })).toEqual(nm({ n: 2, m: 8 })(scores, info, 0.75));
        expect(at(0, { n: 2 })).toEqual(new Uint8Array(scores.length).fill(1));
        expect(at(1, { n: 2 })).toEqual(nm({ n: 2, m: 4 })(scores, info, 0.5));
        expect(at(2, { n: 2 })).toEqual(nm({ n: 2, m: 8 })(scores, info, 0.75));
      }),
      { numRuns: 40 },
    );
  });

  it('keeps 3 of 4 by hand at 0.25, and one at least', () => {
    const scores = Float32Array.of(3, 5, 1, 4);
    expect(Array.from(annealedNm({ m: 4 })(scores, kernelInfo([4, 1]), 0.25))).toEqual([1, 1, 0, 1]);
    expect(Array.from(annealedNm({ m: 4 })(scores, kernelInfo([4, 1]), 0.99))).toEqual([0, 1, 0, 0]);
    const rising = Float32Array.of(1, 2, 3, 4, 5, 6);
    // 2 of 2 / 0.72 = 2.78, so 2 of 3.
    expect(Array.from(annealedNm({ n: 2 })(rising, kernelInfo([6, 1]), 0.28))).toEqual([0, 1, 1, 0, 1, 1]);
  });

  it('refuses n and m both or neither, and a sparsity of 1', () => {
    expect(() => annealedNm({ n: 1, m: 2 })).toThrow('expected n or m');
    expect(() => annealedNm({})).toThrow('expected n or m');
    expect(() => annealedNm({ n: 2 })(new Float32Array(4), kernelInfo([4, 1]), 1)).toThrow('sparsity: got 1');
  });
});
