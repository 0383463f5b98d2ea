import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { checkNm } from './patterns/nm.js';

/** Share of the dense MACs that each product of a training step still does. */
export interface PhaseDensity {
  readonly forward: number;
  readonly inputGradient: number;
  readonly weightGradient: number;
  /** Of the three together, which do the same number of MACs when dense. */
  readonly training: number;
}

type Product = 'forward' | 'inputGradient' | 'weightGradient';

/** Which products of a step have an operand that a method thins as they can use it. */
const thinned: Readonly<Record<string, readonly Product[]>> = {
  dense: [],
  ste: ['forward'],
  'sr-ste': ['forward'],
  sdgp: ['inputGradient'],
  sdwp: ['inputGradient'],
  bdwp: ['forward', 'inputGradient'],
  'bi-mask': ['forward', 'inputGradient'],
  'transposable-nm': ['forward', 'inputGradient'],
  'sparse-train': ['inputGradient', 'weightGradient'],
  swat: ['forward', 'inputGradient', 'weightGradient'],
};

/**
 * What thinning leaves of the MACs of a training step by method: `n / m` of a product that has an operand N:M along the axis it reduces
 * over, all of one that has none. The mask of `ste` and `sr-ste` lies along the wrong axis for the input gradient, so only their forward
 * pass counts. For `swat` and `sparse-train`, which keep values anywhere, `n / m` is the share that stays of the weights and activations,
 * or of the errors. Fang et al. 2023 (arXiv 2309.13015).
 *
 * @param method dense, ste, sr-ste, sdgp, sdwp, bdwp, bi-mask, transposable-nm, sparse-train or swat.
 * @throws SparsityError for an unknown method, n outside 1 to m.
 * @example
 * ```ts
 * phaseDensity('bdwp', {n: 2, m: 8}).training; // 0.5
 * ```
 */
export function phaseDensity(method: string, { n, m }: { readonly n: number; readonly m: number }): PhaseDensity {
  checkNm(n, m);
  if (!Object.hasOwn(thinned, method)) {
    const names = Object.keys(thinned);
    throw new SparsityError({ what: 'method', got: method, expected: `one of ${names.join(', ')}`, fix: nearest(method, names) });
  }
  const of = (product: Product) => (thinned[method].includes(product) ? n / m : 1);
  const [forward, inputGradient, weightGradient] = [of('forward'), of('inputGradient'), of('weightGradient')];
  return { forward, inputGradient, weightGradient, training: (forward + inputGradient + weightGradient) / 3 };
}
