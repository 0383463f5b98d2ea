import * as z from 'zod';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { AcceleratorSpec, EnergyTable } from './contracts.js';
import { energyTables } from './energy/tables.js';
import { type Preset, presets } from './presets.js';

/** A zod issue with its place and a way out, before it is worded as an error. */
export interface SpecIssue {
  /** Keys from the spec down to the field. */
  readonly path: readonly PropertyKey[];
  readonly got: unknown;
  readonly expected: string;
  readonly fix: string;
}

/** The energy table of a spec: the name of one of {@link energyTables}, or a table of one's own. */
export const energyTableSchema = z.union([
  z.string().refine((name) => Object.hasOwn(energyTables, name), { error: `one of ${Object.keys(energyTables).join(', ')}` }),
  z.strictObject({
    name: z.string(),
    nodeNm: z.number().positive(),
    source: z.string(),
    actions: z.record(z.string(), z.strictObject({ pj: z.number().nonnegative(), component: z.string(), source: z.string() })),
  }),
]);

/** The fields that every spec has besides `kind`; spread them into a schema. */
export const specFields = {
  name: z.string().regex(/^[A-Za-z0-9_-]+$/, { error: 'letters, digits, _ and -' }),
  energyTable: energyTableSchema.default('45nm'),
  sources: z.record(z.string(), z.string()).default({}),
};

/** The table that a spec names or holds. */
export function tableOf(table: string | EnergyTable): EnergyTable {
  return typeof table === 'string' ? energyTables[table] : table;
}

/** Checks a value against a schema: the value with its defaults filled in, or the first thing that is wrong. */
export function inspectSpec<T extends AcceleratorSpec>(schema: z.ZodType<T>, value: unknown): { spec: T } | { issue: SpecIssue } {
  const result = schema.safeParse(value);
  if (result.success) return { spec: withSources(result.data) };
  const issue = deepest(result.error.issues[0]);
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0]];
    const known = schema instanceof z.ZodObject && issue.path.length === 0 ? Object.keys(schema.shape) : [];
    const fix = known.length > 0 ? nearest(issue.keys[0], known) : 'leave it out';
    return { issue: { path, got: issue.keys[0], expected: known.length > 0 ? known.join(', ') : 'no such field', fix } };
  }
  const got = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const expected = issue.message.replace(/^[^:]*: expected /, '').replace(/, received .*$/, '');
  return { issue: { path: issue.path, got, expected, fix: `correct ${issue.path.join('.') || 'the spec'}` } };
}

/**
 * Checks the spec of an accelerator, fills in its defaults and says where they come from.
 *
 * @throws SparsityError naming the field.
 */
export function checkSpec<T extends AcceleratorSpec>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const checked = inspectSpec(schema, value);
  if ('spec' in checked) return checked.spec;
  const { path, got, expected, fix } = checked.issue;
  throw new SparsityError({ what: [what, ...path.map(String)].join('.'), got, expected, fix });
}

/** A constant that equals its kind's preset has the source that the preset gives, unless the spec gives another. */
function withSources<T extends AcceleratorSpec>(spec: T): T {
  const preset = Object.values(presets).find(({ kind }) => kind === spec.kind);
  const own = spec as T & Preset;
  const known = Object.entries(preset?.sources ?? {}).filter(([field]) => own[field] === preset?.[field]);
  return { ...spec, sources: { ...Object.fromEntries(known), ...own.sources } };
}

/** Of a union, the complaint of the alternative that came furthest. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const inner = issue.errors.map((issues) => issues[0]).filter((candidate) => candidate !== undefined);
  const best = inner.reduce<z.core.$ZodIssue | undefined>((a, b) => (a && a.path.length >= b.path.length ? a : b), undefined);
  return best === undefined ? issue : deepest({ ...best, path: [...issue.path, ...best.path] });
}
