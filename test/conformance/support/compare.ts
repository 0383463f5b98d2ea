import { expect } from 'vitest';
import { note } from './left-out.js';
import { flat, type Value } from './pruning-cases.js';

/** Half a unit of the last digit, and a little, of a figure that has two decimals or more; fewer are taken for exact. */
function roundingOf(figure: number): number {
  const [, decimals = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e(-?\d+))?$/.exec(String(figure)) ?? [];
  return decimals.length >= 2 ? 0.55 * 10 ** (Number(exponent) - decimals.length) : 0;
}

/** Equal in value, whatever the nesting: to 1e-6 of it, or to the last digit given; float32 sums that cancel, to 1e-7. */
export function expectNear(actual: Value, expected: Value): void {
  const [got, wanted] = [Array.from(flat(actual)), flat(expected)];
  expect(got).toHaveLength(wanted.length);
  const scale = Math.max(0, ...wanted.map(Math.abs));
  wanted.forEach((figure, i) => {
    const tolerance = Math.max(1e-7, 1e-6 * Math.abs(figure), roundingOf(figure) + 1e-7 * scale);
    expect(Math.abs(got[i] - figure), `figure ${i}: got ${got[i]}, expected ${figure}`).toBeLessThanOrEqual(tolerance);
  });
}

/** Equal bit by bit, whatever the nesting. */
export function expectMask(mask: ArrayLike<number>, expected: Value): void {
  expect(Array.from(mask)).toEqual(flat(expected));
}

/** Compares by key; a key that is neither given nor left out, with the reason, is an error. */
export function expectKeys(
  expected: Readonly<Record<string, Value>>,
  actual: Readonly<Record<string, Value>>,
  leftOut: Readonly<Record<string, string>> = {},
): void {
  for (const [key, value] of Object.entries(expected)) {
    if (key in leftOut) note(`${key}: ${leftOut[key]}`);
    else if (!(key in actual)) throw new Error(`unknown key of expected: ${key}`);
    else if (actual[key] instanceof Uint8Array) expectMask(actual[key], value);
    else expectNear(actual[key], value);
  }
}
