import { SparsityError } from '../../errors.js';

/** A value of a setting. */
export type Setting = string | number | boolean;

/** More are a slip of the pen. */
const mostValues = 100_000;

/**
 * The values that a field of a sweep stands for: one, a list, or `{from, to, step}`, both ends included.
 *
 * @throws SparsityError naming the field.
 */
export function valuesOf(field: unknown, what: (path: readonly PropertyKey[]) => string): readonly Setting[] {
  if (Array.isArray(field)) {
    if (field.length === 0) throw wrong(what([]), 'an empty list');
    const bad = field.findIndex((value) => !isSetting(value));
    if (bad >= 0) throw wrong(what([bad]), field[bad]);
    return [...new Set(field as Setting[])];
  }
  if (isSetting(field)) return [field];
  if (typeof field !== 'object' || field === null) throw wrong(what([]), field);
  const { from, to, step, ...rest } = field as Readonly<Record<string, unknown>>;
  if (![from, to, step].every(Number.isFinite) || Object.keys(rest).length > 0) throw wrong(what([]), field);
  const [begin, end, by] = [from, to, step] as readonly number[] as readonly [number, number, number];
  const count = Math.floor((end - begin) / by + 1e-9) + 1;
  if (!(by > 0 && count >= 1 && count <= mostValues)) throw wrong(what([]), field);
  // Twelve digits: 0.1 + 0.2 is to be 0.3.
  return Array.from({ length: count }, (_, i) => Number((begin + i * by).toPrecision(12)));
}

function isSetting(value: unknown): value is Setting {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

function wrong(what: string, got: unknown): SparsityError {
  const expected = 'a value, a list of values, or {from, to, step}';
  return new SparsityError({ what, got, expected, fix: 'write [16, 32, 64], or {from: 16, to: 64, step: 16}' });
}
