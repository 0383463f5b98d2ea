import fc from 'fast-check';
import { SparsityError } from 'tfjs-sparsity';
import { expect, it } from 'vitest';
import { checkOptionNames } from '../../src/check-options.js';

const known = { every: true, images: true } as const;

it('takes an object of known options, and no other', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.constantFrom('every', 'images'), fc.string()), fc.integer()), (options) => {
      const check = () => checkOptionNames('probe', options as Record<keyof typeof known, number>, known);
      if (Object.keys(options).every((name) => name === 'every' || name === 'images')) check();
      else expect(check).toThrow(SparsityError);
    }),
  );
});

it('names the misspelt option and the nearest', () => {
  expect(() => checkOptionNames('probe', { evry: 2 } as never, known)).toThrow(
    'option of probe: got evry, expected one of every, images. Did you mean every.',
  );
});

it.each([undefined, null, 7, 'every'])('refuses %s for an object', (options) => {
  expect(() => checkOptionNames('probe', options as never, known)).toThrow(
    `options of probe: got ${options}, expected an object of every, images. Pass an object, such as {every: ...}.`,
  );
});
