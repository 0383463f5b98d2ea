import * as z from 'zod';
import { nearest } from '../nearest.js';

/** What is wrong with a spec, with its place and a way out, before it is worded as an error. */
export interface SpecIssue {
  /** Keys from the spec down to the field. */
  readonly path: readonly PropertyKey[];
  readonly got: unknown;
  readonly expected: string;
  readonly fix: string;
}

/** The first thing that zod found wrong with a value. */
export function specIssue(schema: z.ZodType, issues: readonly z.core.$ZodIssue[], value: unknown): SpecIssue {
  const issue = deepest(foremost(issues));
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const names = namesAt(schema, issue.path);
    return { path: [...issue.path, key], got: key, expected: names.join(', '), fix: nearest(key, names) };
  }
  const given = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const got = given === undefined ? defaultAt(schema, issue.path) : given; // a rule between fields is about their defaults, too
  if (issue.code === 'invalid_value') {
    const names = issue.values.map(String);
    return { path: issue.path, got, expected: `one of ${names.join(', ')}`, fix: nearest(String(got), names) };
  }
  const expected = expectation(issue);
  // What fields together are wrong in may be a default, which was not got, and knows its own way out.
  const { got: checked, fix } = (issue.code === 'custom' ? issue.params : undefined) ?? {};
  if (fix !== undefined) return { path: issue.path, got: checked, expected, fix };
  // Quotes tell the text "8" from the number 8.
  const shown = issue.code === 'invalid_type' && typeof got === 'string' ? JSON.stringify(got) : got;
  return { path: issue.path, got: shown, expected, fix: `write ${expected}` };
}

/** A key that is unknown before others, as it may be what another is missing for: a slip of the pen. */
function foremost(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  return issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
}

/** Of a union, the complaint of the alternative that came furthest; where all only want other values, all of these. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.flatMap((issues) => (issues.length === 0 ? [] : [foremost(issues)]));
  const values = inner.flatMap((candidate) => (candidate.code === 'invalid_value' ? candidate.values : []));
  const [best] = inner.sort((a, b) => depth(b) - depth(a));
  if (best === undefined) return issue;
  const path = [...issue.path, ...best.path];
  return deepest(best.code === 'invalid_value' ? { ...best, values, path } : { ...best, path });
}

/** How far down an issue is; an unknown key is below what holds it. */
function depth({ code, path }: z.core.$ZodIssue): number {
  return path.length + Number(code === 'unrecognized_keys');
}

/** The fields that a schema has at a path. */
function namesAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return namesAt(schema.unwrap(), path);
  if (schema instanceof z.ZodPipe) return namesAt(schema.in, path);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => namesAt(option, path));
  const [key, ...rest] = path;
  if (schema instanceof z.ZodRecord) return namesAt(schema.valueType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  return key === undefined ? Object.keys(schema.shape) : namesAt(schema.shape[key as string], rest);
}

/** What a schema takes a field for that is left out, if anything. */
function defaultAt(schema: unknown, [key, ...rest]: readonly PropertyKey[]): unknown {
  if (schema instanceof z.ZodPipe) return defaultAt(schema.in, [key, ...rest]);
  if (key !== undefined) return schema instanceof z.ZodObject ? defaultAt(schema.shape[key as string], rest) : undefined;
  return schema instanceof z.ZodDefault ? schema.parse(undefined) : undefined;
}

const types: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a finite number',
  string: 'text',
  boolean: 'true or false',
  record: 'names with values',
  object: 'names with values',
  array: 'a list',
};

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return types[issue.expected] ?? issue.message;
  if (issue.code === 'too_small') return issue.inclusive ? `at least ${issue.minimum}` : `more than ${issue.minimum}`;
  if (issue.code === 'too_big') return issue.inclusive ? `at most ${issue.maximum}` : `less than ${issue.maximum}`;
  return issue.message;
}
