import { checkAmount, checkChoice, checkFlag, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Allocation } from '../contracts.js';
import { described } from '../described.js';
import { sizeFromShape } from '../size-from-shape.js';

/** Options of {@link erdosRenyiAllocation}. */
export interface ErdosRenyiAllocationOptions {
  /**
   * Whether the window counts too (ERK), or the input and output channels only (ER).
   * @default true
   */
  readonly includeKernel?: boolean;
  /**
   * Exponent of the raw densities, above 0: the greater, the more uneven the layers.
   * @default 1
   */
  readonly powerScale?: number;
  /**
   * `rigl`: the whole keeps what layers of the target sparsity would, each with `floor(size * sparsity)` zeros.
   * @default 'default'
   */
  readonly profile?: 'default' | 'rigl';
}

/**
 * Erdos-Renyi-Kernel: a layer's density is `epsilon * (sum of its axes / product of its axes)^powerScale`, with the epsilon at which the
 * whole keeps `1 - sparsity` of all weights. A layer whose density would exceed 1 stays dense, and the others are solved for again.
 * Narrow layers so stay denser than wide ones. Under a ramp this is solved at each target by itself, so that the whole keeps what the
 * target says and narrow layers are pruned late; jaxpruner solves it once, for the final sparsity, and scales each layer's with the ramp.
 * Mocanu et al. 2018 (arXiv 1707.04780), Evci et al. 2020 (arXiv 1911.11134).
 *
 * @throws SparsityError for a sparsity outside [0, 1), a powerScale of 0 or less, an unknown profile.
 * @example
 * ```ts
 * const layer = (shape: readonly [number, number]) => {
 *   const info = {name: 'fc', kind: 'dense', shape, inputAxis: 0, outputAxis: 1} as const;
 *   return {info, scores: new Float32Array(shape[0] * shape[1])};
 * };
 * erdosRenyiAllocation()([layer([2, 2]), layer([4, 4])], 0.4); // [0, 0.5]
 * ```
 */
export function erdosRenyiAllocation(options: ErdosRenyiAllocationOptions = {}): Allocation {
  checkGiven(erdosRenyiAllocation, options);
  const { includeKernel = true, powerScale = 1, profile = 'default' } = options;
  checkFlag('includeKernel', includeKernel);
  checkAmount('powerScale', powerScale, true);
  checkChoice('profile', profile, ['default', 'rigl']);
  return described({ name: 'erdos-renyi', includeKernel, powerScale, profile }, (kernels, sparsity) => {
    checkSparsity('sparsity', sparsity);
    const layers = kernels.map(({ info: { shape, inputAxis, outputAxis } }) => {
      const size = sizeFromShape(shape);
      const axes = includeKernel ? shape : [shape[inputAxis], shape[outputAxis]];
      const raw = (axes.reduce((sum, length) => sum + length, 0) / sizeFromShape(axes)) ** powerScale;
      const kept = profile === 'rigl' ? size - Math.floor(size * sparsity) : size * (1 - sparsity);
      return { size, raw, kept };
    });
    const total = layers.reduce((sum, { kept }) => sum + kept, 0);
    const dense = new Set<number>();
    for (;;) {
      const open = layers.filter((_, i) => !dense.has(i));
      const rest = total - layers.reduce((sum, { size }, i) => sum + (dense.has(i) ? size : 0), 0);
      const epsilon = rest / open.reduce((sum, { size, raw }) => sum + size * raw, 0);
      const over = layers.flatMap(({ raw }, i) => (!dense.has(i) && epsilon * raw > 1 ? [i] : []));
      if (over.length === 0) return layers.map(({ raw }, i) => (dense.has(i) ? 0 : Math.max(0, 1 - epsilon * raw)));
      for (const layer of over) dense.add(layer);
    }
  });
}

inConfig(erdosRenyiAllocation, 'erdos-renyi', { includeKernel: true, powerScale: true, profile: true });
