import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';

/**
 * What a name of layers in plain data stands for: a plain name for itself, `*` in it for any text, and text between slashes for a regular
 * expression: `conv1`, `block*_conv`, `/^conv[12]$/`.
 *
 * @param what the name's place, for the message.
 * @returns a test of a name; `plain` says that only the name itself passes.
 * @throws SparsityError for what is no text, and for a regular expression that is none.
 */
export function namePattern(pattern: string, what: string): { readonly plain: boolean; test(name: string): boolean } {
  if (typeof pattern !== 'string') {
    const fix = 'write the name of a layer, with * for any text';
    throw new SparsityError({ what, got: pattern, expected: 'the name of a layer', fix });
  }
  const inner = /^\/(.+)\/$/.exec(pattern)?.[1];
  if (inner === undefined && !pattern.includes('*')) return { plain: true, test: (name) => name === pattern };
  const texts = pattern.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = inner === undefined ? new RegExp(`^${texts.join('.*')}$`) : expressionOf(inner, pattern, what);
  return { plain: false, test: (name) => expression.test(name) };
}

/**
 * What stands under the name of a layer, as {@link namePattern} reads the keys: a plain name goes before a pattern, an earlier pattern before a
 * later one; undefined where none fits.
 *
 * @param what the place of the keys, for the message.
 * @throws SparsityError as {@link namePattern}.
 */
export function byName<Value>(entries: Readonly<Record<string, Value>>, what: string): (name: string) => Value | undefined {
  const rules = Object.entries(entries).map(([name, value]) => ({ value, ...namePattern(name, what) }));
  const inOrder = [...rules.filter(({ plain }) => plain), ...rules.filter(({ plain }) => !plain)];
  return (name) => inOrder.find(({ test }) => test(name))?.value;
}

/** Which of names and patterns the name of a layer goes to, as in {@link byName}. */
export function winner(patterns: readonly string[], what: string): (name: string) => string | undefined {
  return byName(Object.fromEntries(patterns.map((pattern) => [pattern, pattern])), what);
}

/** Refuses a name or pattern that fits none of the names of layers: what was meant by it would be left out in silence. */
export function checkNamed(what: string, patterns: readonly string[], names: readonly string[]): void {
  const unknown = patterns.find((pattern) => !names.some(namePattern(pattern, what).test));
  if (unknown === undefined) return;
  throw new SparsityError({
    what,
    got: unknown,
    expected: `names among ${names.join(', ') || 'no layers'}`,
    fix: nearest(unknown, names),
  });
}

/** Refuses a name or pattern all of whose layers go to others, see {@link winner}. */
export function checkWinning(what: string, patterns: readonly string[], names: readonly string[]): void {
  const winnerOf = winner(patterns, what);
  const winners = names.map(winnerOf);
  const loser = patterns.find((pattern) => !winners.includes(pattern));
  if (loser === undefined) return;
  const lost = names.findIndex(namePattern(loser, what).test);
  const expected = `one that layers are left to: ${names[lost]} goes to ${winners[lost]}`;
  const fix = 'a plain name goes before a pattern, an earlier pattern before a later one: turn them round, or leave it out';
  throw new SparsityError({ what, got: loser, expected, fix });
}

function expressionOf(inner: string, pattern: string, what: string): RegExp {
  try {
    return new RegExp(inner);
  } catch (error) {
    const fix = 'check its brackets and escapes, or write a name with * for any text';
    throw new SparsityError({ what, got: `${pattern} (${(error as Error).message})`, expected: 'a regular expression', fix });
  }
}
