import { readFileSync } from 'node:fs';
import { SparsityError } from 'tfjs-sparsity';
import type { Config } from 'tfjs-sparsity/pruning';
import { parse } from 'yaml';
import * as z from 'zod';

const setting = z.record(z.string(), z.number());
const budget = {
  model: z.enum(['lenet5', 'vgg-small', 'resnet20', 'mlp']),
  trainImages: z.int().positive(),
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  learningRate: z.number().positive(),
  threads: z.int().positive(),
};
const studySchema = z.strictObject({
  ...budget,
  seeds: z.array(z.int()).min(1),
  methods: z.array(
    z.strictObject({
      name: z.string(),
      settings: z.array(setting).min(1),
      method: z.looseObject({ name: z.string() }).optional(),
    }),
  ),
});
const planSchema = z.strictObject({ mnist: studySchema, cifar10: studySchema });

/** The data sets of the study. */
export type StudyName = keyof z.infer<typeof planSchema>;

/** One training: everything that decides its result. */
export interface PlannedRun {
  readonly data: StudyName;
  readonly name: string;
  /** The values that the plan varies: sparsity, or n and m. */
  readonly setting: z.infer<typeof setting>;
  readonly seed: number;
  readonly budget: z.infer<z.ZodObject<typeof budget>>;
  /** Of the method; nothing for a network that stays dense. */
  readonly method?: Config;
}

/**
 * All runs of a data set, seed by seed, so that a study that was stopped has whole seeds.
 *
 * @throws SparsityError for a plan with wrong fields, or a `$name` that its setting does not give.
 */
export function plannedRuns(data: StudyName, text = readFileSync('bench/study/plan.yaml', 'utf8')): PlannedRun[] {
  const read = planSchema.safeParse(parse(text));
  if (!read.success) {
    const [got, expected] = [z.prettifyError(read.error), 'a plan as in bench/study/plan.yaml'];
    throw new SparsityError({ what: 'plan of the study', got, expected, fix: 'mend these fields' });
  }
  const { seeds, methods, ...rest } = read.data[data];
  return seeds.flatMap((seed) =>
    methods.flatMap(({ name, settings, method }) =>
      settings.map((values) => ({
        data,
        name,
        setting: values,
        seed,
        budget: rest,
        ...(method && { method: filled(method, values) as Config }),
      })),
    ),
  );
}

/** The same data with every `$name` replaced. */
function filled(template: unknown, values: Readonly<Record<string, number>>): unknown {
  if (typeof template === 'string' && template.startsWith('$')) {
    const value = values[template.slice(1)];
    if (value !== undefined) return value;
    const fix = 'give it in the setting, or write a number';
    throw new SparsityError({ what: 'plan of the study', got: template, expected: `one of ${Object.keys(values)}`, fix });
  }
  if (Array.isArray(template)) return template.map((part) => filled(part, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, part]) => [key, filled(part, values)]));
}

/** `gradual 90 %`, `bdwp 2:8`, `dense`. */
export function label({ name, setting: { sparsity, n, m } }: Pick<PlannedRun, 'name' | 'setting'>): string {
  if (sparsity !== undefined) return `${name} ${Math.round(100 * sparsity)} %`;
  return n === undefined ? name : `${name} ${n}:${m}`;
}
