import fc from 'fast-check';
import { keptCount } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
import { anySparsity } from './kernel-info.js';

describe('keptCount', () => {
  it.each([
    ['default', 5, 0.5, 2],
    ['default', 10, 0.35, 6],
    ['default', 10, 0.25, 8],
    ['default', 100, 0.9999, 1],
    ['default', 10, 0, 10],
    ['default', 1, 0.99, 1],
    ['default', 60, 0.9, 6],
    ['default', 15, 0.9, 2],
    ['default', 50, 0.97, 2],
    ['tfmot', 15, 0.9, 2],
    ['tfmot', 35, 0.9, 4],
    ['tfmot', 10, 0.85, 1],
    ['jaxpruner', 50, 0.97, 1],
    ['jaxpruner', 100, 0.9999, 1],
    ['rigl', 120, 0.5, 60],
    ['rigl', 8, 0.8, 2],
    ['rigl', 30, 0.1, 27],
    ['rigl', 10, 0.35, 7],
    ['sparseml', 10, 0.35, 7],
    ['torch', 10, 0.35, 6],
    ['torch', 10, 0.25, 8],
    ['pat', 10, 0.35, 6],
    ['pat', 10, 0.25, 7],
    ['sparseml', 4, 0.99, 1],
    ['torch', 4, 0.99, 0],
    ['pat', 5, 0.9, 0],
  ] as const)('keeps under the profile %s of %i weights at %f exactly %i', (profile, size, sparsity, kept) => {
    expect(keptCount(size, sparsity, profile)).toBe(kept);
  });

  it('rounds what the decimals of the sparsity say, not their nearest binary fractions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.nat(999), (size, thousandths) => {
        const weights = BigInt(size) * BigInt(1000 - thousandths); // kept weights, times 1000
        const [whole, rest] = [weights / 1000n, weights % 1000n];
        const up = rest > 500n || (rest === 500n && whole % 2n === 1n);
        expect(keptCount(size, thousandths / 1000)).toBe(Math.max(1, Number(whole + (up ? 1n : 0n))));
      }),
    );
  });

  it('does the same sum in float32 as a float32 array does, for the profiles of libraries that compute in it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), anySparsity, (size, sparsity) => {
        const cells = Float32Array.of(size, sparsity, 0);
        cells[1] = 1 - cells[1];
        cells[2] = cells[0] * cells[1];
        const kept = keptCount(size, sparsity, 'tfmot');
        expect(Math.abs(kept - Math.max(1, cells[2]))).toBeLessThanOrEqual(0.5);
        expect(kept).toBe(keptCount(size, sparsity, 'jaxpruner'));
        if (cells[2] > 1 && cells[2] % 1 === 0.5) expect(kept % 2).toBe(0);
      }),
    );
  });

  it.each([1, -0.1, Number.NaN, 90])('refuses a sparsity of %f', (sparsity) => {
    expect(() => keptCount(10, sparsity)).toThrow(SparsityError);
  });

  it('refuses an unknown profile, and names the nearest', () => {
    expect(() => keptCount(10, 0.5, 'tfmod' as 'tfmot')).toThrow('Did you mean tfmot');
  });
});
