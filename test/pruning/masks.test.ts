import fc from 'fast-check';
import { packMask, sparsityOf, unpackMask } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';

describe('packMask', () => {
  it('is undone by unpackMask, at an eighth of the size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 1, maxLength: 40 }), (mask) => {
        const packed = packMask(mask);
        expect(packed).toHaveLength(Math.ceil(mask.length / 8));
        expect(unpackMask(packed, mask.length)).toEqual(mask);
      }),
    );
  });

  it('puts the first weight into the highest bit', () => {
    expect(packMask(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 1, 1))).toEqual(Uint8Array.of(177, 128));
    expect(() => unpackMask(Uint8Array.of(177), 9)).toThrow('2 for 9 weights');
  });
});

describe('sparsityOf', () => {
  it('counts zeros in masks and weights, and takes null for ones', () => {
    expect([sparsityOf(Uint8Array.of(1, 0, 0, 1)), sparsityOf(Float32Array.of(0, -0, 0, 2)), sparsityOf(null)]).toEqual([
      0.5, 0.75, 0,
    ]);
    expect(sparsityOf(new Uint8Array(0))).toBe(0);
  });
});
