import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A case of pruning-cases.json. */
export interface Case {
  readonly id: string;
  readonly kind: string;
  readonly origin: string;
  readonly input: Readonly<Record<string, Value>>;
  readonly expected: Value;
}

// biome-ignore lint/suspicious/noExplicitAny: cases are JSON of many forms; each runner knows its own.
export type Value = any;

/** The folder of cases: CONFORMANCE_DIR, or the copy of the repository. */
const folder = process.env.CONFORMANCE_DIR ?? fileURLToPath(new URL('../cases', import.meta.url));
export const cases: readonly Case[] = JSON.parse(readFileSync(`${folder}/pruning-cases.json`, 'utf8')).cases;

/** The form of a case: its kind and the keys of its input. */
export function formOf({ kind, input }: Case): string {
  return `${kind} {${Object.keys(input).sort().join(', ')}}`;
}

/** The numbers of a nested array, a number, or the text linspace(from,to,count). */
export function flat(value: Value): number[] {
  if (typeof value !== 'string') return [value].flat(Number.POSITIVE_INFINITY) as number[];
  const parts = /^linspace\(([^,]+),([^,]+),(\d+)\)$/.exec(value);
  if (!parts) throw new Error(`unknown text for numbers: ${value}`);
  const [from, to, count] = parts.slice(1).map(Number);
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / Math.max(1, count - 1));
}

/** The shape of a nested array; a text for numbers is a vector. */
export function shapeOf(value: Value): number[] {
  if (typeof value === 'string') return [flat(value).length];
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** How a case of each form is run. */
export type Runners = Readonly<Record<string, (test: Case) => void | Promise<void>>>;
