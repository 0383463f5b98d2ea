import { inConfig } from '../config-entry.js';
import type { Allocation } from '../contracts.js';
import { described } from '../described.js';

/**
 * Every layer gets the target sparsity.
 *
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * uniformAllocation()([{info, scores: Float32Array.of(1, 2)}], 0.5); // [0.5]
 * ```
 */
export function uniformAllocation(): Allocation {
  return described({ name: 'uniform' }, (kernels, sparsity) => kernels.map(() => sparsity));
}

inConfig(uniformAllocation, 'uniform', {});
