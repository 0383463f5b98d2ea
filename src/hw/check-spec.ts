import * as z from 'zod';
import { SparsityError } from '../errors.js';
import type { AcceleratorSpec, EnergyTable } from './contracts.js';
import { energyTables } from './energy/tables.js';
import { estimatorPresets } from './gpu/presets.js';
import { type Preset, presets } from './presets.js';
import { specIssue } from './spec-issue.js';

/** The energy table of a spec: the name of one of {@link energyTables}, or a table of one's own. */
const energyTableSchema = z.union([
  z.enum(Object.keys(energyTables)),
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

/** The schema of a whole number from `least` to `most`. */
export function count(most: number, fallback: number, least = 1) {
  return z.int().min(least).max(most).default(fallback);
}

/** The table that a spec names or holds. */
export function tableOf(table: string | EnergyTable): EnergyTable {
  return typeof table === 'string' ? energyTables[table] : table;
}

/**
 * Checks the spec of an accelerator, fills in its defaults and says where they come from.
 *
 * @throws SparsityError naming the field.
 */
export function checkSpec<T extends AcceleratorSpec>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return withSources(result.data);
  const { path, got, expected, fix } = specIssue(schema, result.error.issues, value);
  throw new SparsityError({ what: [what, ...path.map(String)].join('.'), got, expected, fix });
}

/** A constant that equals its kind's preset has the source that the preset gives, unless the spec gives another. */
export function withSources<T extends AcceleratorSpec>(spec: T): T {
  const preset = Object.values({ ...presets, ...estimatorPresets }).find(({ kind }) => kind === spec.kind);
  const own = spec as T & Preset;
  const known = Object.entries(preset?.sources ?? {}).filter(([field]) => own[field] === preset?.[field]);
  return { ...spec, sources: { ...Object.fromEntries(known), ...own.sources } };
}
