import * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { estimatorPresets, estimatorRegistry, presets } from '../../hw/index.js';
import { registry } from '../../hw/registry.js';
import { specIssue } from '../../hw/spec-issue.js';
import { nearest } from '../../nearest.js';
import { checkNetworkName } from '../workload/load-network.js';
import { checkWorkload, workloadFieldNames } from '../workload/workload.js';
import { type Setting, valuesOf } from './setting-values.js';

/** A setting and the values that it takes in turn. */
export interface Dimension {
  readonly name: string;
  readonly values: readonly Setting[];
}

/** An accelerator some of whose fields vary. */
export interface Design {
  /** Of a preset, or of the kind alone. */
  readonly base: Readonly<Record<string, unknown>>;
  readonly dimensions: readonly Dimension[];
}

/** All points that a sweep may take. */
export interface SweepPlan {
  readonly search: 'grid' | 'random';
  /** Points that a random search takes. */
  readonly points: number | undefined;
  readonly searchSeed: number;
  readonly workload: readonly Dimension[];
  readonly designs: readonly Design[];
}

/** Where a plan is written down: a file, or flags. */
export interface PlanSource {
  readonly value: unknown;
  /** How messages name a field: with file and line, or as a flag. */
  what(path: readonly PropertyKey[]): string;
}

const planSchema = z.strictObject({
  search: z.enum(['grid', 'random']).default('grid'),
  points: z.int().min(1).optional(),
  searchSeed: z.int().min(0).default(1),
  ...Object.fromEntries(workloadFieldNames.map((name) => [name, z.unknown().optional()])),
  accelerators: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).min(1),
});

/**
 * Checks a plan, every value of every field by itself; combinations that no accelerator takes are points without costs.
 *
 * @throws SparsityError naming file and line, or the flag, with the nearest name.
 */
export function sweepPlan(source: PlanSource): SweepPlan {
  const result = planSchema.safeParse(source.value);
  if (!result.success) {
    const { path, got, expected, fix } = specIssue(planSchema, result.error.issues, source.value);
    throw new SparsityError({ what: source.what(path), got, expected, fix });
  }
  const { search, points, searchSeed, accelerators } = result.data;
  if ((search === 'random') !== (points !== undefined)) {
    const fix = 'write both search: random and points: 100, or neither';
    throw new SparsityError({
      what: source.what(['points']),
      got: points ?? 'nothing',
      expected: `what search: ${search} takes`,
      fix,
    });
  }
  const given = result.data as Readonly<Record<string, unknown>>;
  const workload = workloadFieldNames
    .filter((name) => given[name] !== undefined)
    .map((name): Dimension => ({ name, values: valuesOf(given[name], (path) => source.what([name, ...path])) }));
  const first = Object.fromEntries(workload.map(({ name, values }) => [name, values[0]]));
  checkWorkload(first, (field) => source.what([field]));
  for (const { name, values } of workload) {
    for (const [i, value] of values.entries()) {
      const what = (field: string) => source.what(field === name && values.length > 1 ? [field, i] : [field]);
      checkWorkload({ ...first, [name]: value }, what);
      if (name === 'network') checkNetworkName(String(value), what('network'));
    }
  }
  const designs = accelerators.flatMap((entry, i) => entriesOf(entry).map((one) => designOf(one, i, source)));
  return { search, points, searchSeed, workload, designs };
}

type Entry = string | Readonly<Record<string, unknown>>;

/** `all` stands for all presets that count cycles. */
function entriesOf(entry: Entry): readonly Entry[] {
  if (entry === 'all') return Object.keys(presets);
  if (typeof entry === 'string' || entry.preset !== 'all') return [entry];
  return Object.keys(presets).map((preset) => ({ ...entry, preset }));
}

function designOf(entry: Entry, place: number, source: PlanSource): Design {
  const { preset, ...fields } = typeof entry === 'string' ? { preset: entry } : entry;
  const kind = preset === undefined ? fields.kind : undefined;
  const [key, known, got] = preset === undefined ? (['kind', registry, kind] as const) : (['preset', presets, preset] as const);
  const names = Object.keys(known);
  if (typeof got !== 'string' || !Object.hasOwn(known, got)) {
    const what = source.what(typeof entry === 'string' ? ['accelerators', place] : ['accelerators', place, key]);
    const estimators = key === 'kind' ? estimatorRegistry : estimatorPresets;
    if (typeof got === 'string' && Object.hasOwn(estimators, got)) {
      const fix = 'sweep an accelerator; the bounds of an estimator are told by compare -a NAME';
      throw new SparsityError({ what, got, expected: 'an accelerator, which counts cycles', fix });
    }
    const fix = typeof got === 'string' ? nearest(got, names) : `write preset: ${Object.keys(presets)[0]}`;
    throw new SparsityError({ what, got: got ?? 'nothing', expected: names.join(', '), fix });
  }
  const own = preset === undefined ? {} : presets[got];
  const dimensions = Object.entries(fields).map(([name, value]): Dimension => {
    return { name, values: valuesOf(value, (path) => source.what(['accelerators', place, name, ...path])) };
  });
  const design = { base: own, dimensions };
  checkFields(design, (path) => source.what(['accelerators', place, ...path]));
  return design;
}

/** Each value with the first ones of the other fields. What only a combination can be wrong in is left to the points. */
function checkFields({ base, dimensions }: Design, what: PlanSource['what']): void {
  const first = { ...base, ...Object.fromEntries(dimensions.map(({ name, values }) => [name, values[0]])) };
  const { schema } = registry[(first as { kind?: string }).kind as string];
  for (const { name, values } of dimensions) {
    for (const value of values) {
      const spec = { ...first, [name]: value };
      const issues = schema.safeParse(spec).error?.issues.filter(({ code }) => code !== 'custom') ?? [];
      if (issues.length === 0) continue;
      const { path, got, expected, fix } = specIssue(schema, issues, spec);
      throw new SparsityError({ what: what(path), got, expected, fix });
    }
  }
}
