import { SparsityError } from '../../errors.js';
import { nearest } from '../../hw/nearest.js';
import { globalAllocation } from '../allocations/global-allocation.js';
import { uniformAllocation } from '../allocations/uniform-allocation.js';
import type { Config, PruningMethod } from '../contracts.js';
import { blockBudgets } from '../patterns/block-budgets.js';
import { nm } from '../patterns/nm.js';
import { unstructured } from '../patterns/unstructured.js';
import { constantSchedule, oneShotSchedule } from '../schedules/constant-schedule.js';
import { cubicSchedule, linearSchedule, polynomialSchedule } from '../schedules/polynomial-schedule.js';
import { magnitudeScore } from '../scores/magnitude-score.js';
import { bdwp } from './bdwp.js';
import { gradualMagnitude } from './gradual-magnitude.js';
import { hardwareAware } from './hardware-aware.js';

/** What can be made from plain data: by name, the options it takes and its factory. */
type Registry = Readonly<Record<string, { readonly options: readonly string[]; readonly make: (options: never) => unknown }>>;

const scores: Registry = { magnitude: { options: [], make: magnitudeScore } };

const patterns: Registry = {
  unstructured: { options: ['profile'], make: unstructured },
  nm: { options: ['n', 'm', 'axis', 'profile'], make: nm },
  'block-budgets': { options: ['block', 'budgets'], make: blockBudgets },
};

const allocations: Registry = {
  uniform: { options: [], make: uniformAllocation },
  global: { options: ['normalise', 'profile'], make: globalAllocation },
};

const ramp = ['initialSparsity', 'finalSparsity', 'beginStep', 'endStep', 'frequency', 'profile'];

const schedules: Registry = {
  polynomial: { options: [...ramp, 'power'], make: polynomialSchedule },
  linear: { options: ramp, make: linearSchedule },
  cubic: { options: ['initialSparsity', 'finalSparsity', 'beginStep', 'frequency', 'updates'], make: cubicSchedule },
  constant: { options: ['sparsity', 'beginStep', 'endStep', 'frequency', 'profile'], make: constantSchedule },
  'one-shot': { options: ['sparsity', 'step'], make: oneShotSchedule },
};

/** The parts of a method, by the option that takes them: functions, for which their own config stands in plain data. */
const parts: Readonly<Record<string, Registry>> = {
  score: scores,
  pattern: patterns,
  allocation: allocations,
  schedule: schedules,
};

const choice = [...ramp, 'power', 'schedule', 'score', 'allocation', 'exclude'];

const methods: Registry = {
  gradual: { options: [...choice, 'pattern', 'regrow'], make: gradualMagnitude },
  'hardware-aware': { options: [...choice, 'block', 'budgets', 'regulariser'], make: hardwareAware },
  bdwp: { options: ['n', 'm', 'decay', 'beginStep', 'exclude'], make: bdwp },
};

/**
 * Makes a method from plain data, as it stands in `PruningMethod.config`, in a run log or in a configuration file: `name` is
 * `gradual`, `hardware-aware` or `bdwp`, the rest are the options of {@link gradualMagnitude}, {@link hardwareAware} or {@link bdwp}.
 * Schedules, scores, patterns and allocations are plain data too: `pattern: {name: 'nm', n: 2, m: 4}`.
 *
 * @throws SparsityError for an unknown name or option, with the nearest that exists, and for values out of range.
 * @example
 * ```ts
 * methodFromConfig({name: 'gradual', finalSparsity: 0.8, endStep: 1000}).pruned; // 'zero'
 * ```
 */
export function methodFromConfig(config: Config): PruningMethod {
  return fromConfig('pruning method', methods, config) as PruningMethod;
}

function fromConfig(what: string, registry: Registry, { name, ...options }: Config): unknown {
  const names = Object.keys(registry);
  if (!Object.hasOwn(registry, name)) {
    const fix = name === 'custom' ? 'it was a function of your own: give it to the method in code' : nearest(String(name), names);
    throw new SparsityError({ what, got: name, expected: `one of ${names.join(', ')}`, fix });
  }
  const entry = registry[name];
  const made: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (!entry.options.includes(option)) {
      const expected = `options among ${entry.options.join(', ') || 'none'}`;
      const fix = entry.options.length > 0 ? nearest(option, entry.options) : 'leave it out';
      throw new SparsityError({ what: `${what} ${name}`, got: option, expected, fix });
    }
    made[option] = Object.hasOwn(parts, option) ? fromConfig(option, parts[option], value as Config) : value;
  }
  return entry.make(made as never);
}
