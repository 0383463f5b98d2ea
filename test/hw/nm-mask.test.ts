import * as fc from 'fast-check';
import { countBits, getBit, nmMask } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

describe('nmMask', () => {
  it('keeps exactly N of each M along the axis, or all of a shorter group', () => {
    const cases = fc.record({
      shape: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
      m: fc.integer({ min: 1, max: 5 }),
      n: fc.integer({ min: 1, max: 5 }),
      axis: fc.nat(2),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ shape, m, n, axis, seed }) => {
        const [at, kept] = [axis % shape.length, Math.min(n, m)];
        const mask = nmMask(shape, { n: kept, m, axis: at - shape.length }, createRng(seed));
        const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
        const length = shape[at] as number;
        const found = new Map<string, number>();
        for (let i = 0; i < shape.reduce((a, b) => a * b, 1); i++) {
          const place = Math.floor(i / inner) % length;
          const group = `${Math.floor(i / (inner * length))} ${Math.floor(place / m)} ${i % inner}`;
          found.set(group, (found.get(group) ?? 0) + Number(getBit(mask, i)));
        }
        for (const [group, count] of found) {
          const size = Math.min(m, length - m * Number(group.split(' ')[1]));
          expect(count).toBe(Math.min(kept, size));
        }
      }),
    );
  });

  it('draws all places alike, and the same ones for a seed', () => {
    const draw = (seed: number) => nmMask([8, 4000], { n: 2, m: 8, axis: 0 }, createRng(seed));
    expect(draw(3)).toEqual(draw(3));
    const mask = draw(3);
    for (let place = 0; place < 8; place++) {
      const row = { shape: [4000], words: mask.words.subarray(place * 125, (place + 1) * 125) };
      expect(Math.abs(countBits(row) - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
    }
  });

  it('refuses an N of more than M, and an axis that is not there', () => {
    expect(() => nmMask([8], { n: 3, m: 2, axis: 0 }, createRng(1))).toThrow('n:m: got 3:2, expected integers, 1 <= n <= m');
    expect(() => nmMask([8], { n: 1, m: 2, axis: 1 }, createRng(1))).toThrow('axis: got 1, expected an integer from -1 to 0');
  });
});
