import { SparsityError, type SparsityErrorParts } from '../errors.js';
import { nearest } from '../nearest.js';
import * as allocations from './allocations/index.js';
import { checkAmount } from './check.js';
import { type ConfigEntry, type ConfigurableFactory, factoriesOf } from './config-entry.js';
import type { Config, PruningMethod } from './contracts.js';
import { asGiven, epochOption, givenAs, stepOption } from './given-options.js';
import * as methods from './methods/index.js';
import * as patterns from './patterns/index.js';
import * as schedules from './schedules/index.js';
import * as scores from './scores/index.js';

type Factories = ReadonlyMap<string, ConfigurableFactory>;

const methodFactories = factoriesOf(methods);
const patternFactories = factoriesOf(patterns);

/** The options that take a part of a method: a function, for which its own config stands in plain data. */
const partFactories: Readonly<Record<string, Factories>> = {
  allocation: factoriesOf(allocations),
  otherwise: patternFactories,
  pattern: patternFactories,
  schedule: factoriesOf(schedules),
  score: factoriesOf(scores),
};

/** The options that take parts by name. */
const partsFactories: Readonly<Record<string, Factories>> = { methods: methodFactories, patterns: patternFactories };

/** How plain data becomes a method. */
export interface MethodFromConfigOptions {
  /**
   * Steps of an epoch, with which every option that ends in `Step` can be given in epochs: `endEpoch: 1.5` for `endStep`,
   * `sparseEpochs` for `sparseSteps`, `epoch` for `step`, that of a stage too. They are rounded to whole steps. A schedule with an option of this name, `iterative`, gets it.
   * @default options are in steps only
   */
  readonly stepsPerEpoch?: number;
}

/** What is wrong with a method in plain data, and where. */
export interface ConfigIssue {
  /** Keys from the method down to what is wrong. */
  readonly path: readonly string[];
  readonly parts: SparsityErrorParts;
}

/**
 * Makes a method from plain data, as it stands in `PruningMethod.config`, in a run log or in a configuration file: `name` is the
 * method's, the rest are its options, as {@link gradualMagnitude} and the others take them. Schedules, scores, patterns and allocations
 * are plain data too: `pattern: {name: 'nm', n: 2, m: 4}`, or `pattern: 'unstructured'` without options.
 *
 * @throws SparsityError for an unknown name or option, with the nearest that exists, and for values out of range.
 * @example
 * ```ts
 * methodFromConfig({name: 'gradual', finalSparsity: 0.8, endStep: 1000}).pruned; // 'zero'
 * methodFromConfig({name: 'gradual', endEpoch: 1.5}, {stepsPerEpoch: 100}).config.endStep; // 150
 * ```
 */
export function methodFromConfig(config: Config, options: MethodFromConfigOptions = {}): PruningMethod {
  const issues: ConfigIssue[] = [];
  const method = makeMethod(config, options, issues);
  if (issues[0]) throw new SparsityError(issues[0].parts);
  return method as PruningMethod;
}

/**
 * All that is wrong with a method in plain data, each with its place: for who reads it from a file. What follows from something that
 * is wrong is not reported.
 *
 * @example
 * ```ts
 * methodIssues({name: 'bdwp', n: 9, k: 2})[0].path; // ['k']
 * ```
 */
export function methodIssues(config: unknown, options: MethodFromConfigOptions = {}): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  makeMethod(config, options, issues);
  return issues;
}

function makeMethod(config: unknown, { stepsPerEpoch }: MethodFromConfigOptions, issues: ConfigIssue[]): unknown {
  if (stepsPerEpoch !== undefined) checkAmount('stepsPerEpoch', stepsPerEpoch, true);
  return make('pruning method', methodFactories, config, { path: [], issues, stepsPerEpoch });
}

/** Where a part stands, what was found so far, and the length of an epoch. */
interface Making {
  readonly path: readonly string[];
  readonly issues: ConfigIssue[];
  readonly stepsPerEpoch: number | undefined;
}

/** A part of plain data; undefined, with issues, where there is something wrong. */
function make(what: string, factories: Factories, config: unknown, making: Making): unknown {
  const { path, issues, stepsPerEpoch } = making;
  if (typeof config === 'string') return make(what, factories, { name: config }, making);
  const names = [...factories.keys()];
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    const fix = `write {name: ${names[0]}, ...}`;
    issues.push({ path, parts: { what, got: config, expected: `a name or its options, one of ${names.join(', ')}`, fix } });
    return undefined;
  }
  const { name, ...options } = config as Partial<Config>;
  const factory = factories.get(name as string);
  if (!factory) {
    const fix = name === 'custom' ? 'it was a function of your own: give it to the method in code' : nearest(String(name), names);
    const expected = `one of ${names.join(', ')}`;
    issues.push({ path: name === undefined ? path : [...path, 'name'], parts: { what, got: name, expected, fix } });
    return undefined;
  }
  const before = issues.length;
  // What an epoch is, a schedule by epochs need not be told twice.
  const made: Record<string, unknown> = factory.entry.options.includes('stepsPerEpoch') ? { stepsPerEpoch } : {};
  for (const [option, value] of Object.entries(options)) {
    const inside = { ...making, path: [...path, option] };
    const issue = unknownOption(`${what} ${name}`, option, factory.entry, options, making);
    if (issue) issues.push({ path: inside.path, parts: issue });
    else if (value === null) issues.push({ path: inside.path, parts: nothing(option) });
    else if (partFactories[option]) made[option] = make(option, partFactories[option], value, inside);
    else if (partsFactories[option]) made[option] = makeEach(option, partsFactories[option], value, inside);
    else attempt(inside, value, () => Object.assign(made, inSteps(option, value, factory.entry, making)));
  }
  if (issues.length > before) return undefined;
  return attempt(making, options, () => factory.make(made as never), factory.entry.options);
}

/** Parts by name; what is no record of parts is left to its factory to refuse. */
function makeEach(what: string, factories: Factories, configs: unknown, making: Making): unknown {
  if (typeof configs !== 'object' || Array.isArray(configs)) return configs;
  const each = Object.entries(configs as object).map(([name, config]) => {
    return [name, make(`${what} of ${name}`, factories, config, { ...making, path: [...making.path, name] })];
  });
  return Object.fromEntries(each);
}

/** Calls `body`; what it refuses becomes an issue, at the option that the error names: one of `value`, or a missing one of `known`. */
function attempt({ path, issues }: Making, value: unknown, body: () => unknown, known: readonly string[] = []): unknown {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof SparsityError)) throw error;
    const parts = asGiven(error.parts, value);
    const place = givenAs(value, parts.what)?.path ?? known.filter((name) => name === parts.what);
    issues.push({ path: [...path, ...place], parts });
    return undefined;
  }
}

/** YAML has null for a key without a value; it would pass for the default where one is. */
function nothing(option: string): SparsityErrorParts {
  return { what: option, got: null, expected: 'a value', fix: `leave ${option} out for its default` };
}

function unknownOption(
  what: string,
  option: string,
  { options: known }: ConfigEntry,
  given: Readonly<Record<string, unknown>>,
  { stepsPerEpoch }: Making,
): SparsityErrorParts | undefined {
  if (known.includes(option)) return undefined;
  const timed = stepOption(option);
  if (stepsPerEpoch !== undefined && known.includes(timed)) {
    if (!Object.hasOwn(given, timed)) return undefined;
    return { what, got: `${timed} and ${option}`, expected: 'steps or epochs', fix: `leave ${option} out, or ${timed}` };
  }
  const timedNames = stepsPerEpoch === undefined ? [] : known.map(epochOption).filter((name) => !known.includes(name));
  const names = [...known, ...timedNames];
  const expected = `options among ${names.join(', ') || 'none'}`;
  return { what, got: option, expected, fix: wayOut(option, timed, known, names) };
}

function wayOut(option: string, timed: string, known: readonly string[], names: readonly string[]): string {
  if (/sparsity$/i.test(option) && known.includes('n') && known.includes('m')) return 'its sparsity is 1 - n/m: choose n and m';
  if (known.includes(timed)) return `give ${timed}, or stepsPerEpoch beside the config`;
  return names.length > 0 ? nearest(option, names) : 'leave it out';
}

/** An option as its factory takes it: what was given in epochs is in steps. */
function inSteps(option: string, value: unknown, { options: known }: ConfigEntry, { stepsPerEpoch }: Making): object {
  if (option === 'stages' && stepsPerEpoch !== undefined) return { stages: stagesInSteps(value, stepsPerEpoch) };
  if (known.includes(option)) return { [option]: value };
  checkAmount(option, value as number);
  return { [stepOption(option)]: Math.round((value as number) * (stepsPerEpoch as number)) };
}

/** Stages whose steps were given in epochs; what is none is left to the schedule to refuse. */
function stagesInSteps(stages: unknown, stepsPerEpoch: number): unknown {
  if (!Array.isArray(stages)) return stages;
  return stages.map((stage: unknown) => {
    const { epoch, ...rest } = Object(stage);
    if (typeof epoch !== 'number' || Object.hasOwn(rest, 'step')) return stage;
    return { step: Math.round(epoch * stepsPerEpoch), ...rest };
  });
}
