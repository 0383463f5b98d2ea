import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../src/nearest.js';

const names = ['gradual', 'hardware-aware', 'bdwp'];

describe('nearest', () => {
  it.each([
    ['gradua', 'did you mean gradual'],
    ['GRADUAL', 'did you mean gradual'],
    ['hardware', 'did you mean hardware-aware'],
    ['bwdp', 'did you mean bdwp'],
    ['adam', 'use one of these names'],
  ])('answers %s with: %s', (name, answer) => {
    expect(nearest(name, names)).toBe(answer);
  });

  it('names the three nearest, the nearest first', () => {
    expect(nearest('nam', ['name', 'names', 'game', 'nap'])).toBe('did you mean name or names or nap');
  });

  it('names the family before a stranger whose ending is the same', () => {
    const machines = ['sat-dense', 'a100-fp16', 'a100-tf32'];
    expect(nearest('a100-dense', machines)).toBe('did you mean a100-fp16 or a100-tf32 or sat-dense');
    expect(nearest('a100-fp61', machines)).toBe('did you mean a100-fp16 or a100-tf32');
  });

  it('finds a name with one letter changed, added or left out', () => {
    const slip = fc.tuple(fc.constantFrom(...names), fc.nat(100), fc.constantFrom('x', ''), fc.boolean());
    fc.assert(
      fc.property(slip, ([name, at, letter, keep]) => {
        const i = at % name.length;
        const slipped = name.slice(0, i) + letter + name.slice(keep ? i : i + 1);
        expect(nearest(slipped, names)).toContain(name);
      }),
    );
  });
});
