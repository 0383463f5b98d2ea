import { checkOptionNames } from '../check-options.js';
import { SparsityError, type SparsityErrorParts } from '../errors.js';
import { type LocatedYaml, locateYaml } from '../hw/located-yaml.js';
import { presets } from '../hw/presets.js';
import { specIssue } from '../hw/spec-issue.js';
import { nearest } from '../nearest.js';
import type { LayerPolicy } from '../ops/policy.js';
import type { Config } from '../pruning/contracts.js';
import { methodIssues } from '../pruning/method-from-config.js';
import type { OptimizerConfig } from './optimizer-config.js';
import { type KnownNames, runConfigSchema } from './run-config-schema.js';

/** How {@link parseRunConfig} reads. */
export interface ParseRunConfigOptions {
  /** Named in errors. */
  readonly file: string;
  /**
   * The models and data sets that a script knows: others in the file are refused.
   * @default any
   */
  readonly names?: KnownNames;
}

/** A run in plain data: how it is pruned, and what is trained. All that is left out is the script's to choose. */
export interface RunConfig {
  /** For `methodFromConfig(method, {stepsPerEpoch})`. Times may be in epochs: `endEpoch` in place of `endStep`. */
  readonly method?: Config;
  /** Which layers are pruned, for `sparsify`. */
  readonly policy?: LayerPolicy;
  /** How masked layers compute, for `sparsify`. */
  readonly execution?: 'dense' | 'sparse';
  /** From which sparsity on layers compute sparsely, for `sparsify`. */
  readonly breakEven?: number;
  /** Decides every draw, for `pruning` and the script. */
  readonly seed?: number;
  /** Name of the network. */
  readonly model?: string;
  /** Name of the data set. */
  readonly data?: string;
  /** Passes over the training data. */
  readonly epochs?: number;
  /** Samples of a step. */
  readonly batchSize?: number;
  /** For `makeOptimizer`. */
  readonly optimizer?: OptimizerConfig;
  /** Presets of accelerators by name, or files of specs (.yaml, .json), for `createAccelerator`. */
  readonly accelerators?: readonly string[];
}

/** A long epoch, for checking times in epochs before its length is known. */
const longEpoch = 2 ** 20;

/**
 * Reads a run from YAML or JSON: a method with its schedule, score, pattern and allocation, the policy of layers, and what is trained.
 *
 * @throws SparsityError with file, line, column, field and a way out for each thing that is wrong, a line each: unknown keys and names
 * with the nearest that exist, wrong types, values out of range, options that contradict each other; and when `text` or `file` is no text.
 * @example
 * ```ts
 * const text = 'method: {name: gradual, finalSparsity: 0.9, endEpoch: 3}\npolicy: {exclude: conv1}\nepochs: 5';
 * const {method, policy, epochs} = parseRunConfig(text, {file: 'run.yaml'});
 * ```
 */
export function parseRunConfig(text: string, options: ParseRunConfigOptions): RunConfig {
  checkOptionNames('parseRunConfig', options, { file: true, names: true });
  const { file, names = {} } = options;
  checkText('parseRunConfig.file', file, 'name the file, for the messages');
  checkText('text of a run', text, "read the file as text: readFile(path, 'utf8')");
  const yaml = locateYaml(text, file, { what: 'the fields of a run', begin: 'method: {name: gradual, endEpoch: 3}' });
  const value = yaml.value as Readonly<Record<string, unknown>>;
  const schema = runConfigSchema(value.optimizer, names);
  const result = schema.safeParse(value);
  const found: readonly Found[] = [
    ...(result.error?.issues ?? []).flatMap((issue) => {
      const single = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];
      return single.map((each) => specIssue(schema, [each], value));
    }),
    ...methodProblems(value.method),
    ...lateEnds(value.method, value.epochs),
    ...unknownAccelerators(value.accelerators),
  ];
  if (found.length > 0) throw asOne(found.map((issue) => located(yaml, issue)));
  const { method } = value;
  return { ...(result.data as RunConfig), ...(method !== undefined && { method: asConfig(method) }) };
}

function checkText(what: string, got: unknown, fix: string): void {
  if (typeof got !== 'string') throw new SparsityError({ what, got, expected: 'text', fix });
}

type Found = Omit<SparsityErrorParts, 'what'> & { readonly path: readonly PropertyKey[] };

/** What is wrong with a method. Where times are partly in epochs, partly in steps, their order is known when the length of an epoch is. */
function methodProblems(method: unknown): readonly Found[] {
  if (method === undefined) return [];
  const issues = methodIssues(method, { stepsPerEpoch: longEpoch });
  const inShort = new Set(
    issues.length === 0 ? [] : methodIssues(method, { stepsPerEpoch: 1 }).map(({ path }) => path.join('.')),
  );
  const areCertain = hasBoth(method) ? issues.filter(({ path }) => inShort.has(path.join('.'))) : issues;
  return areCertain.map(({ path, parts }) => ({ path: ['method', ...path], ...parts }));
}

/** Whether options in one place are given in epochs and in steps. */
function hasBoth(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const ends = (ending: RegExp) => Object.keys(value).some((key) => ending.test(key));
  return (ends(/epoch$/i) && ends(/step$/i)) || Object.values(value).some(hasBoth);
}

/** A name alone stands for a method without options. */
function asConfig(method: unknown): Config {
  return typeof method === 'string' ? { name: method } : (method as Config);
}

/** What begins or ends behind the run: of the method, of its schedule, of methods that it gives to layers. */
function lateEnds(value: unknown, epochs: unknown, path: readonly string[] = ['method']): readonly Found[] {
  if (typeof value !== 'object' || value === null || typeof epochs !== 'number') return [];
  const late = (option: string, end: unknown, got = end): readonly Found[] => {
    if (typeof end !== 'number' || end <= epochs) return [];
    const expected = `at most ${epochs}, the epochs of the run`;
    return [{ path: [...path, option], got, expected, fix: 'let the schedule end earlier, or train longer' }];
  };
  const { name, stepsPerEpoch, rounds = 500, epochsPerRound = 1 } = value as Readonly<Record<string, unknown>>;
  // Where it is told the length of an epoch, its epochs are not those of the run.
  const isIterative =
    name === 'iterative' && stepsPerEpoch === undefined && typeof rounds === 'number' && typeof epochsPerRound === 'number';
  return [
    ...(isIterative ? late('rounds', rounds * epochsPerRound, `${rounds} x ${epochsPerRound} epochs`) : []),
    ...Object.entries(value).flatMap(([key, inside]) => {
      if (['beginEpoch', 'endEpoch', 'epoch'].includes(key)) return late(key, inside);
      return lateEnds(inside, epochs, [...path, key]);
    }),
  ];
}

function unknownAccelerators(accelerators: unknown): readonly Found[] {
  const names = Object.keys(presets);
  const list: readonly unknown[] = Array.isArray(accelerators) ? accelerators : [];
  return list.flatMap((name, i) => {
    if (typeof name !== 'string' || names.includes(name) || /\.(ya?ml|json)$/.test(name)) return [];
    const expected = `a file of a spec (.yaml, .json), or one of ${names.join(', ')}`;
    return [{ path: ['accelerators', i], got: name, expected, fix: nearest(name, names) }];
  });
}

function located({ place }: LocatedYaml, { path, got, expected, fix }: Found): SparsityError {
  return new SparsityError({ what: `${place(path)} ${path.map(String).join('.')}`, got, expected, fix });
}

/** One error that says what several say, a line each. */
function asOne([first, ...rest]: readonly SparsityError[]): SparsityError {
  const { parts } = first as SparsityError;
  const others = rest.map(({ message }) => `\n${message.replace(/\.$/, '')}`).join('.');
  return new SparsityError({ ...parts, fix: [parts.fix, others].filter((text) => text !== '').join('.') });
}
