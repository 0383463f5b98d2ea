import * as fc from 'fast-check';
import { foldParts } from 'tfjs-sparsity/report';
import { expect, it } from 'vitest';

const sum = (bar: Readonly<Record<string, number>>) => Object.values(bar).reduce((total, value) => total + value, 0);

it('draws the smallest parts of bars together, the largest of all bars by themselves', () => {
  const bars = [
    { memory: 5, halo: 1, fill: 2 },
    { memory: 1, banks: 4 },
  ];
  expect(foldParts(bars, 4)).toEqual(bars);
  expect(foldParts(bars, 3)).toEqual([
    { memory: 5, other: 3 },
    { memory: 1, banks: 4, other: 0 },
  ]);
});

it('loses nothing of a bar, and never has more parts than it may', () => {
  const bar = fc.dictionary(fc.constantFrom(...'abcdefghijkl'), fc.integer({ min: 0, max: 100 }));
  fc.assert(
    fc.property(fc.array(bar, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 12 }), (bars, most) => {
      const folded = foldParts(bars, most);
      expect(folded.map(sum)).toEqual(bars.map(sum));
      expect(new Set(folded.flatMap((one) => Object.keys(one))).size).toBeLessThanOrEqual(most);
    }),
  );
});
