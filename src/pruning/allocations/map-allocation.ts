import { SparsityError } from '../../errors.js';
import { checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation } from '../contracts.js';
import { described } from '../described.js';
import { byName, checkNamed } from '../name-pattern.js';

/** Options of {@link mapAllocation}. */
export interface MapAllocationOptions {
  /**
   * Sparsity of each layer by its name, in [0, 1). In a name `*` stands for any text, and text between slashes is a regular expression;
   * a plain name goes before a pattern, an earlier pattern before a later one.
   */
  readonly sparsities: Readonly<Record<string, number>>;
  /**
   * Final target of the schedule, above 0 and below 1: below it a layer has its sparsity in proportion to the target.
   * @default layers have their sparsities at every target above 0
   */
  readonly finalSparsity?: number;
  /**
   * Sparsity of the layers that are not named, in [0, 1); 0 leaves them dense.
   * @default the target
   */
  readonly unnamed?: number;
}

/**
 * A sparsity for each layer by name or pattern: `s_l * min(1, sparsity / finalSparsity)`.
 *
 * @throws SparsityError for a sparsity outside [0, 1), a finalSparsity of 0, a name that no layer has; from `fit`: one whose layers all go
 * to others.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const allocation = mapAllocation({sparsities: {fc: 0.8}, finalSparsity: 0.5});
 * allocation([{info, scores: Float32Array.of(1, 2)}], 0.25); // [0.4]
 * ```
 */
export function mapAllocation(options: MapAllocationOptions): Allocation {
  checkGiven(mapAllocation, options);
  const { sparsities, finalSparsity, unnamed } = options;
  if (typeof sparsities !== 'object' || sparsities === null || Array.isArray(sparsities)) {
    const fix = "write {conv1: 0.5, 'fc*': 0.9}";
    throw new SparsityError({ what: 'sparsities', got: sparsities, expected: 'a sparsity for each name', fix });
  }
  for (const [name, sparsity] of Object.entries(sparsities)) checkSparsity(`sparsity of ${name}`, sparsity);
  const ownOf = byName(sparsities, 'sparsities');
  if (finalSparsity !== undefined) checkSparsity('finalSparsity', finalSparsity);
  if (unnamed !== undefined) checkSparsity('unnamed', unnamed);
  if (finalSparsity === 0) {
    const fix = 'pass the final sparsity of the schedule, or leave it out';
    throw new SparsityError({ what: 'finalSparsity', got: finalSparsity, expected: 'a sparsity above 0', fix });
  }
  const config = {
    name: 'map',
    sparsities,
    ...(finalSparsity !== undefined && { finalSparsity }),
    ...(unnamed !== undefined && { unnamed }),
  };
  return described(config, (kernels, sparsity) => {
    checkSparsity('sparsity', sparsity);
    const names = kernels.map(({ info }) => info.name);
    checkNamed('sparsities by layer', Object.keys(sparsities), names);
    const share = sparsity === 0 ? 0 : Math.min(1, sparsity / (finalSparsity ?? sparsity));
    return names.map((name) => {
      const own = ownOf(name) ?? unnamed;
      return own === undefined ? sparsity : own * share;
    });
  });
}

inConfig(mapAllocation, 'map', { sparsities: true, finalSparsity: true, unnamed: true });
