import { SparsityError } from './errors.js';
import { nearest } from './nearest.js';

/** Refuses options that are no object, and an option that does not exist: a misspelt one would pass in silence. */
export function checkOptionNames<Options extends object>(
  what: string,
  options: Options,
  known: Readonly<Record<keyof Options, true>>,
): void {
  const names = Object.keys(known);
  if (typeof options !== 'object' || options === null) {
    const fix = `pass an object, such as {${names[0]}: ...}`;
    throw new SparsityError({ what: `options of ${what}`, got: options, expected: `an object of ${names.join(', ')}`, fix });
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const expected = `one of ${names.join(', ')}`;
  throw new SparsityError({ what: `option of ${what}`, got: unknown, expected, fix: nearest(unknown, names) });
}
