import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyBits, popcount, readBits } from '../../src/hw/bits.js';
import { bernoulliBits, bitsFrom, bitTensor, countBits, getBit, onesBits, sliceBits } from '../../src/hw/index.js';
import { createRng } from '../../src/rng.js';

const values = fc.array(fc.constantFrom(0, -0, 1, -2.5, Number.NaN), { maxLength: 200 });

describe('bit tensors', () => {
  it('keep exactly the non-zero pattern of the values', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const bits = bitsFrom(numbers, [numbers.length]);
        const pattern = numbers.map((value) => value !== 0);
        expect(numbers.map((_, i) => getBit(bits, i))).toEqual(pattern);
        expect(countBits(bits)).toBe(pattern.filter(Boolean).length);
      }),
    );
  });

  it('pack lowest bit first, and leave the bits behind the last element at zero', () => {
    expect([...bitsFrom([1, 0, 1, ...new Array(30).fill(0), 5], [34]).words]).toEqual([0b101, 0b10]);
    expect([...onesBits([3, 11]).words]).toEqual([0xffffffff, 1]);
    expect([...onesBits([32]).words]).toEqual([0xffffffff]);
  });

  it('count ones as a loop over the bits does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (word) => {
        expect(popcount(word)).toBe([...word.toString(2)].filter((digit) => digit === '1').length);
      }),
    );
  });

  it('copy and read runs of bits as element by element does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 150 }),
        fc.nat(80),
        fc.nat(),
        fc.nat(),
        (source, to, a, b) => {
          const from = a % source.length;
          const length = b % (source.length - from + 1);
          const bits = bitsFrom(source.map(Number), [source.length]);
          const target = new Uint32Array(8);
          copyBits(bits.words, from, target, to, length);
          const copied = Array.from({ length: 256 }, (_, i) => getBit({ shape: [256], words: target }, i));
          expect(copied).toEqual(copied.map((_, i) => i >= to && i < to + length && source[from + i - to]));
          const slice = sliceBits(bits, from, length);
          expect(slice.shape).toEqual([length]);
          expect(Array.from({ length }, (_, i) => getBit(slice, i))).toEqual(source.slice(from, from + length));
          const short = Math.min(length, 32);
          if (short > 0) expect(readBits(bits.words, from, short) >>> 0).toBe(slice.words[0] >>> 0);
        },
      ),
    );
  });

  it('draw random bits of the density that was asked for, the same ones for the same seed', () => {
    const draw = (seed: number) => bernoulliBits([100, 100], 0.3, createRng(seed));
    expect(countBits(draw(1)) / 10_000).toBeCloseTo(0.3, 1);
    expect(draw(1).words).toEqual(draw(1).words);
    expect(draw(1).words).not.toEqual(draw(2).words);
    expect(countBits(bernoulliBits([77], 0, createRng(1)))).toBe(0);
    expect(countBits(bernoulliBits([77], 1, createRng(1)))).toBe(77);
  });

  it('refuse words or values that do not fit the shape, and densities outside [0, 1]', () => {
    expect(() => bitTensor([33], new Uint32Array(1))).toThrow('words of a bit tensor of shape [33]: got 1, expected 2 words');
    expect(() => bitsFrom([1, 2], [3])).toThrow('expected 3 values');
    expect(() => bernoulliBits([2], 1.5, createRng(1))).toThrow('density: got 1.5');
  });
});
