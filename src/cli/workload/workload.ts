import * as z from 'zod';
import { SparsityError } from '../../errors.js';
import { specIssue } from '../../hw/spec-issue.js';
import { besideNm, checkNmSettings, isNm } from './nm-setting.js';

const share = z.number().min(0).max(1);

/** A training step of a network with declared zeros; the names are those of flags and of sweep files. */
const networkFields = {
  /** A network of the literature, a SCALE-Sim topology (.csv), or a saved layers model (model.json). */
  network: z.string().min(1),
  batch: z.int().min(1).default(32),
  /** Images of the batch whose maps are drawn; they stand for it. */
  images: z.int().min(1).default(1),
  inputSize: z.int().min(1).optional(),
  /** Tokens or steps, of a network that takes sequences. */
  sequence: z.int().min(1).optional(),
  classes: z.int().min(1).optional(),
  weightSparsity: share.default(0.9),
  activationSparsity: share.default(0.5),
  /** Without it: as the activations. */
  errorSparsity: share.optional(),
  maps: z.enum(['bernoulli', 'rowBeta', 'smooth']).default('bernoulli'),
  spread: z.number().min(0).lt(1).default(0.3),
  /** `2:8`: what is thinned is 2:8 instead of having declared zeros. */
  nm: z.string().refine(isNm, 'N:M with 1 <= N < M, as 2:8').optional(),
  nmPasses: z.enum(['both', 'forward', 'backward', 'errors']).optional(),
  optimizer: z.enum(['sgd', 'momentum', 'adam']).default('adam'),
  pruned: z.enum(['zero', 'dense-master']).default('zero'),
  seed: z.int().min(0).default(1),
};
const networkSchema = z.strictObject(networkFields);
const runSchema = z.strictObject({ run: z.string().min(1) });

/** A training step of a network with declared zeros. */
export type NetworkWorkload = z.infer<typeof networkSchema>;
/** The steps of a recorded run. */
export type RunWorkload = z.infer<typeof runSchema>;
/** What accelerators are run on: plain data, it crosses to workers and lies in result files. */
export type Workload = NetworkWorkload | RunWorkload;

/** Fields of {@link Workload}, of a recorded run or a network. */
export const workloadFieldNames: readonly string[] = ['run', ...Object.keys(networkFields)];

/**
 * Checks a workload and fills in its defaults.
 *
 * @param nameOf how a field is called where it comes from: `--batch`.
 * @throws SparsityError naming the field.
 */
export function checkWorkload(fields: Readonly<Record<string, unknown>>, nameOf: (field: string) => string): Workload {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  if (given.run === undefined && given.network === undefined) {
    const fix = `name a network (resnet20), or the record of a run: ${nameOf('run')} FILE`;
    throw new SparsityError({ what: nameOf('network'), got: 'nothing', expected: 'a network or a recorded run', fix });
  }
  const stray = given.run === undefined ? undefined : Object.keys(given).find((field) => field !== 'run');
  if (stray !== undefined) {
    const expected = `nothing besides ${nameOf('run')}, whose steps are as they were recorded`;
    throw new SparsityError({ what: nameOf(stray), got: given[stray], expected, fix: 'leave it out' });
  }
  const filled = given.nm === undefined ? given : { ...besideNm, ...given };
  const schema: z.ZodType<Workload> = given.run === undefined ? networkSchema : runSchema;
  const result = schema.safeParse(filled);
  if (result.success) {
    checkImages(result.data, nameOf);
    checkNmSettings(result.data, nameOf);
    return result.data;
  }
  const { path, got, expected, fix } = specIssue(schema, result.error.issues, filled);
  throw new SparsityError({ what: nameOf(path.map(String).join('.')), got, expected, fix });
}

function checkImages(workload: Workload, nameOf: (field: string) => string): void {
  if ('run' in workload || workload.images <= workload.batch) return;
  const expected = `at most ${workload.batch}, the batch`;
  throw new SparsityError({
    what: nameOf('images'),
    got: workload.images,
    expected,
    fix: `make the batch larger: ${nameOf('batch')}`,
  });
}
