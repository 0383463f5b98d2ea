import fc from 'fast-check';
import { blockRegulariser, groupLasso } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo } from './kernel-info.js';

const column = kernelInfo([4, 1]);
const anyWeights = fc
  .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 12, maxLength: 12 })
  .map((w) => Float32Array.from(w));

describe('blockRegulariser', () => {
  const regulariser = blockRegulariser({ block: { kind: 'row' }, gamma: 2, lambda: 0.5 });

  it('shrinks all but the gamma greatest, down to exact zeros', () => {
    expect(regulariser.proximal(Float32Array.of(3, -1, 0.25, 2), column)).toEqual(Float32Array.of(3, -0.5, 0, 2));
    expect(regulariser.penalty(Float32Array.of(3, -1, 0.25, 2), column)).toBe(1);
  });

  it('leaves a block at or below gamma alone', () => {
    expect(regulariser.proximal(Float32Array.of(0, -1, 0, 2), column)).toBeUndefined();
    expect(regulariser.proximal(Float32Array.of(0, 0, 0, 2), column)).toBeUndefined();
    expect(regulariser.penalty(Float32Array.of(0, 0, 0, 2), column)).toBe(0.5);
  });

  it('comes to rest at exactly gamma non-zeros in each block that had more, the greatest ones', () => {
    fc.assert(
      fc.property(anyWeights, fc.integer({ min: 0, max: 6 }), (weights, gamma) => {
        const info = kernelInfo([6, 2]);
        const { proximal, penalty } = blockRegulariser({ block: { kind: 'row' }, gamma, lambda: 0.25 });
        let rest: Float32Array = weights;
        let steps = 0;
        for (let next = proximal(rest, info); next; next = proximal(rest, info)) {
          expect(penalty(next, info)).toBeLessThanOrEqual(penalty(rest, info));
          rest = next;
          steps++;
        }
        expect(steps).toBeLessThanOrEqual(17); // 4 / 0.25, and one for rounding
        for (const output of [0, 1]) {
          const row = (values: Float32Array) => Array.from(values).filter((_, i) => i % 2 === output);
          const before = row(weights).filter((w) => w !== 0);
          const after = row(rest).filter((w) => w !== 0);
          expect(after).toHaveLength(Math.min(gamma, before.length));
          const greatest = before.map(Math.abs).sort((a, b) => b - a);
          expect(after.map(Math.abs).sort((a, b) => b - a)).toEqual(greatest.slice(0, after.length));
        }
      }),
    );
  });

  it('takes gamma as a sparsity, rounded up, also for the smaller last block', () => {
    const { penalty } = blockRegulariser({ block: { kind: 'nm', m: 10 }, sparsity: 0.9, lambda: 1 });
    const one = new Float32Array(13).fill(0);
    one[3] = 1;
    one[12] = 1;
    expect(penalty(one, kernelInfo([13, 1]))).toBe(0);
  });

  it('has a surrogate whose gradient is that of its value', () => {
    const { surrogate } = blockRegulariser({ block: { kind: 'nm', m: 2 }, gamma: 1, lambda: 0.3 });
    const weights = Float32Array.of(0.5, -0.75, 0.25, 0.0625);
    const { gradient } = surrogate(weights, column, 0.4);
    for (let i = 0; i < 4; i++) {
      const at = (delta: number) =>
        surrogate(
          Float32Array.from(weights, (w, k) => (k === i ? w + delta : w)),
          column,
          0.4,
        ).value;
      const step = 2 ** -9;
      expect(gradient[i]).toBeCloseTo((at(step) - at(-step)) / (2 * step), 5);
    }
  });

  it('has a surrogate that comes near the term for a small beta, and no gradient at 0', () => {
    const weights = Float32Array.of(3, -1, 0, 2);
    const { value, gradient } = regulariser.surrogate(weights, column, 0.01);
    expect(value).toBeCloseTo(regulariser.penalty(weights, column), 9);
    expect(gradient[2]).toBe(0);
  });

  it('wants gamma or sparsity, in their range', () => {
    expect(() => blockRegulariser({ block: { kind: 'row' }, lambda: 1 })).toThrow('gamma or sparsity');
    expect(() => blockRegulariser({ block: { kind: 'row' }, lambda: 1, gamma: 1, sparsity: 0.5 })).toThrow('Give one of the two');
    expect(() => blockRegulariser({ block: { kind: 'row' }, lambda: 1, gamma: 1.5 })).toThrow('gamma');
    expect(() => blockRegulariser({ block: { kind: 'row' }, lambda: -1, gamma: 1 })).toThrow('lambda');
    expect(() => regulariser.surrogate(new Float32Array(4), column, 0)).toThrow('beta');
  });
});

describe('groupLasso', () => {
  const rows = kernelInfo([3, 2]);
  const lasso = groupLasso({ block: { kind: 'lanes', width: 2, axis: 'output' }, lambda: 1 });

  it('is the hand-computed sum of sqrt(2) times 5, 0 and 0.5', () => {
    expect(lasso.penalty(Float32Array.of(3, 4, 0, 0, 0.3, 0.4), rows)).toBeCloseTo(Math.SQRT2 * 5.5, 6);
  });

  it('has the gradient of its value, and 0 in a group of zeros', () => {
    const weights = Float32Array.of(3, 4, 0, 0, 0.5, -0.25);
    const gradient = lasso.gradient(weights, rows);
    expect(Array.from(gradient.subarray(2, 4))).toEqual([0, 0]);
    for (const i of [0, 1, 4, 5]) {
      const at = (delta: number) =>
        lasso.penalty(
          Float32Array.from(weights, (w, k) => (k === i ? w + delta : w)),
          rows,
        );
      expect(gradient[i]).toBeCloseTo((at(2 ** -8) - at(-(2 ** -8))) / 2 ** -7, 4);
    }
  });

  it('empties groups of small norm, shortens the others by the threshold, and keeps their direction', () => {
    const moved = groupLasso({ block: { kind: 'lanes', width: 2, axis: 'output' }, lambda: 1 }).proximal(
      Float32Array.of(3, 4, 0, 0, 0.3, 0.4),
      rows,
    );
    expect(Math.hypot(moved[0], moved[1])).toBeCloseTo(5 - Math.SQRT2, 6);
    expect(moved[1] / moved[0]).toBeCloseTo(4 / 3, 6);
    expect(Array.from(moved.subarray(2))).toEqual([0, 0, 0, 0]);
  });
});
