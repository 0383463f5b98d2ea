import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPairsReference, createBitKernels, packBits, packBitsReference } from '../../src/kernels/index.js';
import { createRng } from '../../src/rng.js';

describe('packBits', () => {
  it('sets bit i & 31 of word i >> 5 for each non-zero; -0 is a zero, NaN is not', () => {
    const values = new Float32Array(35);
    values.set([0, 1, -0, Number.NaN, -1e-45, Number.NEGATIVE_INFINITY]);
    values[31] = 2;
    values[34] = -3;
    const words = [0b111010 + 2 ** 31, 0b100];
    expect(Array.from(packBits(values))).toEqual(words);
    expect(Array.from(packBitsReference(values))).toEqual(words);
  });

  it('equals its reference for every length and every bit pattern', () => {
    const values = fc.constantFrom(0, -0, 1, -2.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45);
    fc.assert(
      fc.property(fc.array(values, { maxLength: 200 }), (array) => {
        const floats = Float32Array.from(array);
        expect(packBits(floats)).toEqual(packBitsReference(floats));
      }),
    );
  });

  it('the reference packs a prefix and other number types', () => {
    expect(Array.from(packBitsReference(Int32Array.of(1, 0, -7, 4), 3))).toEqual([0b101]);
    expect(Array.from(packBitsReference(Uint8Array.of(0, 1)))).toEqual([0b10]);
  });
});

describe('countPairs', () => {
  it('counts common non-zeros, by hand', () => {
    const out = new Int32Array(4);
    createBitKernels().countPairs(Uint32Array.of(0b0111, 0xffffffff), 2, Uint32Array.of(0b0011, 0b1110), 2, 1, out);
    expect(Array.from(out)).toEqual([2, 2, 2, 3]);
  });

  it('equals its reference for all sizes, in one memory, call after call', () => {
    const kernels = createBitKernels();
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(size(9), size(9), size(140), size(1e6), (m, n, words, seed) => {
        const rng = createRng(seed);
        const random = (length: number) =>
          Uint32Array.from({ length }, () => (rng.uniform() < 0.1 ? 0xffffffff : rng.integer(2 ** 32)));
        const x = random(m * words);
        const y = random(n * words);
        const got = new Int32Array(m * n);
        const expected = new Int32Array(m * n);
        kernels.countPairs(x, m, y, n, words, got);
        countPairsReference(x, m, y, n, words, expected);
        expect(got).toEqual(expected);
      }),
    );
  });

  it('does not overflow when every bit of a long row is set', () => {
    const words = 1000;
    const ones = new Uint32Array(words).fill(0xffffffff);
    const out = new Int32Array(1);
    createBitKernels().countPairs(ones, 1, ones, 1, words, out);
    expect(out[0]).toBe(32 * words);
  });
});
