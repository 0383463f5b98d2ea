import { SparsityError } from '../../errors.js';
import { nearest } from '../../hw/nearest.js';
import { globalAllocation } from '../allocations/global-allocation.js';
import { uniformAllocation } from '../allocations/uniform-allocation.js';
import type { Allocation, Config, Pattern, PruningMethod, Score } from '../contracts.js';
import { blockBudgets } from '../patterns/block-budgets.js';
import { nm } from '../patterns/nm.js';
import { unstructured } from '../patterns/unstructured.js';
import { magnitudeScore } from '../scores/magnitude-score.js';
import { bdwp } from './bdwp.js';
import { type GradualMagnitudeOptions, gradualMagnitude } from './gradual-magnitude.js';
import { type HardwareAwareOptions, hardwareAware } from './hardware-aware.js';

/** What can be made from plain data: by name, the options it takes and its factory. */
type Registry<T> = Readonly<Record<string, { readonly options: readonly string[]; readonly make: (options: never) => T }>>;

const scores: Registry<Score> = { magnitude: { options: [], make: magnitudeScore } };

const patterns: Registry<Pattern> = {
  unstructured: { options: ['profile'], make: unstructured },
  nm: { options: ['n', 'm', 'axis', 'profile'], make: nm },
  'block-budgets': { options: ['block', 'budgets'], make: blockBudgets },
};

const allocations: Registry<Allocation> = {
  uniform: { options: [], make: uniformAllocation },
  global: { options: ['normalise', 'profile'], make: globalAllocation },
};

const ramp = ['initialSparsity', 'finalSparsity', 'beginStep', 'endStep', 'frequency', 'power', 'profile'];
const choice = [...ramp, 'score', 'allocation', 'exclude'];

/** The parts of a method's options that are functions, and what stands for them in plain data. */
interface Parts {
  readonly score?: Score;
  readonly pattern?: Pattern;
  readonly allocation?: Allocation;
}
type PlainParts = { readonly [part in keyof Parts]: Config };
type Plain<T> = Omit<T, keyof Parts> & PlainParts;

const methods: Registry<PruningMethod> = {
  gradual: {
    options: [...choice, 'pattern', 'regrow'],
    make: (options: Plain<GradualMagnitudeOptions>) => gradualMagnitude(withParts(options)),
  },
  'hardware-aware': {
    options: [...choice, 'block', 'budgets', 'regulariser'],
    make: (options: Plain<HardwareAwareOptions>) => hardwareAware(withParts(options)),
  },
  bdwp: { options: ['n', 'm', 'decay', 'beginStep', 'exclude'], make: bdwp },
};

/**
 * Makes a method from plain data, as it stands in `PruningMethod.config`, in a run log or in a configuration file: `name` is
 * `gradual`, `hardware-aware` or `bdwp`, the rest are the options of {@link gradualMagnitude}, {@link hardwareAware} or {@link bdwp}.
 * Scores, patterns and allocations are plain data too: `{name: 'nm', n: 2, m: 4}`.
 *
 * @throws SparsityError for an unknown name or option, with the nearest that exists, and for values out of range.
 * @example
 * ```ts
 * methodFromConfig({name: 'gradual', finalSparsity: 0.8, endStep: 1000}).pruned; // 'zero'
 * ```
 */
export function methodFromConfig(config: Config): PruningMethod {
  return fromConfig('pruning method', methods, config);
}

/** The options with their parts made. */
function withParts<T extends PlainParts>({ score, pattern, allocation, ...options }: T): Omit<T, keyof Parts> & Parts {
  return {
    ...options,
    ...(score && { score: fromConfig('score', scores, score) }),
    ...(pattern && { pattern: fromConfig('pattern', patterns, pattern) }),
    ...(allocation && { allocation: fromConfig('allocation', allocations, allocation) }),
  };
}

function fromConfig<T>(what: string, registry: Registry<T>, { name, ...options }: Config): T {
  const names = Object.keys(registry);
  if (!Object.hasOwn(registry, name)) {
    throw new SparsityError({ what, got: name, expected: `one of ${names.join(', ')}`, fix: nearest(String(name), names) });
  }
  const entry = registry[name];
  for (const option of Object.keys(options)) {
    if (entry.options.includes(option)) continue;
    const expected = `options among ${entry.options.join(', ') || 'none'}`;
    const fix = entry.options.length > 0 ? nearest(option, entry.options) : 'leave it out';
    throw new SparsityError({ what: `${what} ${name}`, got: option, expected, fix });
  }
  return entry.make(options as never);
}
