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

/** Which products of a step have an operand that is N:M along the axis they reduce over. */
const thinned: Readonly<Record<string, readonly ('forward' | 'inputGradient')[]>> = {
  dense: [],
  'sr-ste': ['forward'],
  sdgp: ['inputGradient'],
  bdwp: ['forward', 'inputGradient'],
  'bi-mask': ['forward', 'inputGradient'],
  'transposable-nm': ['forward', 'inputGradient'],
};

/**
 * What N:M leaves of the MACs of a training step by method: `n / m` of a product that has an operand N:M along the axis it reduces
 * over, all of one that has none. The mask of `sr-ste` lies along the wrong axis for the input gradient, so only its forward pass counts.
 * No method thins the weight gradient. Fang et al. 2023 (arXiv 2309.13015).
 *
 * @param method dense, sr-ste, sdgp, bdwp, bi-mask or transposable-nm.
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
  const of = (phase: 'forward' | 'inputGradient') => (thinned[method].includes(phase) ? n / m : 1);
  const [forward, inputGradient, weightGradient] = [of('forward'), of('inputGradient'), 1];
  return { forward, inputGradient, weightGradient, training: (forward + inputGradient + weightGradient) / 3 };
}
