import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import * as allocations from './allocations/index.js';
import { type ConfigurableFactory, factoriesOf } from './config-entry.js';
import type { Config, PruningMethod } from './contracts.js';
import * as methods from './methods/index.js';
import * as patterns from './patterns/index.js';
import * as schedules from './schedules/index.js';
import * as scores from './scores/index.js';

const methodFactories = factoriesOf(methods);

/** The options that take a part of a method: a function, for which its own config stands in plain data. */
const partFactories: Readonly<Record<string, ReadonlyMap<string, ConfigurableFactory>>> = {
  allocation: factoriesOf(allocations),
  pattern: factoriesOf(patterns),
  schedule: factoriesOf(schedules),
  score: factoriesOf(scores),
};

/**
 * Makes a method from plain data, as it stands in `PruningMethod.config`, in a run log or in a configuration file: `name` is the
 * method's, the rest are the options of {@link gradualMagnitude}, {@link hardwareAware} or {@link bdwp}. Schedules, scores, patterns
 * and allocations are plain data too: `pattern: {name: 'nm', n: 2, m: 4}`.
 *
 * @throws SparsityError for an unknown name or option, with the nearest that exists, and for values out of range.
 * @example
 * ```ts
 * methodFromConfig({name: 'gradual', finalSparsity: 0.8, endStep: 1000}).pruned; // 'zero'
 * ```
 */
export function methodFromConfig(config: Config): PruningMethod {
  return make('pruning method', methodFactories, config) as PruningMethod;
}

function make(what: string, factories: ReadonlyMap<string, ConfigurableFactory>, { name, ...options }: Config): unknown {
  const factory = factories.get(name);
  if (!factory) {
    const names = [...factories.keys()];
    const fix = name === 'custom' ? 'it was a function of your own: give it to the method in code' : nearest(String(name), names);
    throw new SparsityError({ what, got: name, expected: `one of ${names.join(', ')}`, fix });
  }
  const known = factory.entry.options;
  const made: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (!known.includes(option)) {
      const expected = `options among ${known.join(', ') || 'none'}`;
      const fix = known.length > 0 ? nearest(option, known) : 'leave it out';
      throw new SparsityError({ what: `${what} ${name}`, got: option, expected, fix });
    }
    const parts = partFactories[option];
    made[option] = parts ? make(option, parts, value as Config) : value;
  }
  return factory.make(made as never);
}
