import { checkChoice } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Pattern } from '../contracts.js';
import { described } from '../described.js';
import { type CountProfile, countProfiles } from '../kept-count.js';
import { checkKernel } from './check-kernel.js';
import { keptUnits } from './kept-units.js';

/** Options of {@link unstructured}. */
export interface UnstructuredOptions {
  /**
   * Whose count holds, see {@link keptCount}. `tfmot` also keeps every weight that ties with the lowest one kept, so that more than
   * asked may stay; `sparseml` prunes every weight that ties with the highest one pruned, so that fewer may.
   * @default 'default'
   */
  readonly profile?: CountProfile;
}

/**
 * The highest scores of the whole kernel, exactly {@link keptCount} of them, ties to the lowest index.
 *
 * @throws SparsityError when scores and shape disagree, a score is NaN, or the sparsity is outside [0, 1).
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 2], inputAxis: 0, outputAxis: 1} as const;
 * unstructured()(Float32Array.of(1, 3, 2, 1), info, 0.5); // [0, 1, 1, 0]
 * ```
 */
export function unstructured(options: UnstructuredOptions = {}): Pattern {
  checkGiven(unstructured, options);
  const { profile = 'default' } = options;
  checkChoice('profile', profile, countProfiles);
  return described({ name: 'unstructured', profile }, (scores, info, sparsity) => {
    checkKernel(info, scores);
    return keptUnits(scores, sparsity, profile);
  });
}

inConfig(unstructured, 'unstructured', { profile: true });
