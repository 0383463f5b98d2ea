import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';

/** How a factory stands in plain data: the name under which it is found, and the names of its options. */
export interface ConfigEntry {
  readonly name: string;
  readonly options: readonly string[];
}

/** Something that makes a method or a part of one from its options. */
type Factory = (options: never) => unknown;

/** Each option by name, so that the compiler asks for one that is left out. */
export type NamesOf<Options> = { readonly [option in keyof Options]-?: true };

type OptionNames<F extends Factory> = Parameters<F> extends [] ? object : NamesOf<NonNullable<Parameters<F>[0]>>;

const entries = new WeakMap<object, ConfigEntry>();

/** Says in the file of a factory how it stands in plain data; the index that exports the factory is then all that has to know it. */
export function inConfig<F extends Factory>(factory: F, name: string, options: OptionNames<F>): void {
  entries.set(factory, { name, options: Object.keys(options) });
}

/**
 * Refuses, in code as in plain data, options that are no object and one that a factory does not have, which would pass in silence, and
 * parts that are no functions, which would fail at the first update of the masks.
 */
export function checkGiven(factory: Factory, options: object): void {
  const { name, options: known } = entries.get(factory) as ConfigEntry;
  checkOptionNames(name, options, Object.fromEntries(known.map((option) => [option, true as const])));
  for (const [option, example] of Object.entries(examples)) {
    checkPart(option, (options as Readonly<Record<string, unknown>>)[option], example);
  }
}

/** The options that take a part, and what makes one. */
const examples = {
  allocation: 'uniformAllocation()',
  otherwise: 'unstructured()',
  pattern: 'nm({n: 2, m: 4})',
  schedule: 'constantSchedule({sparsity: 0.9})',
  score: 'magnitudeScore()',
};

/** Refuses a part that is given and is no function, such as the name or the options of one. */
export function checkPart(what: string, part: unknown, example: string): void {
  if (part === undefined || typeof part === 'function') return;
  const fix = `pass what ${example} and the like return; plain data goes through methodFromConfig`;
  throw new SparsityError({ what, got: part, expected: 'a function', fix });
}

/** A factory with its entry. */
export interface ConfigurableFactory {
  readonly entry: ConfigEntry;
  readonly make: Factory;
}

/** The factories among what an index exports, by the names under which they stand in plain data. */
export function factoriesOf(index: Readonly<Record<string, unknown>>): ReadonlyMap<string, ConfigurableFactory> {
  const found = new Map<string, ConfigurableFactory>();
  for (const make of Object.values(index)) {
    const entry = typeof make === 'function' ? entries.get(make) : undefined;
    if (entry) found.set(entry.name, { entry, make: make as Factory });
  }
  return found;
}
