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
  'top-kast': ['forward', 'inputGradient'],
  dropback: ['forward', 'inputGradient'],
  'sparse-train': ['inputGradient', 'weightGradient'],
  swat: ['forward', 'inputGradient', 'weightGradient'],
};

/** The methods that can choose which weights get a gradient. */
const choosy: readonly string[] = ['bdwp', 'top-kast'];

/** Options of {@link phaseDensity}. */
export interface PhaseDensityOptions {
  /** N: what stays of each `m`, from 1 to `m`. */
  readonly n: number;
  /** M: values in a group, at least 1. */
  readonly m: number;
  /**
   * Of `bdwp` and `top-kast`: of each `m` weights so many, `n`, get a gradient; the others' products are not needed. Top-KAST's set of
   * weights that train is its own, larger than that in use.
   * @default every weight gets a gradient
   */
  readonly weightUpdate?: { readonly n: number; readonly m: number };
}

/**
 * What thinning leaves of the MACs of a training step by method: `n / m` of a product that has an operand N:M along the axis it reduces
 * over, all of one that has none. The mask of `ste` and `sr-ste` lies along the wrong axis for the input gradient, so only their forward
 * pass counts. For methods that keep values anywhere `n / m` is the share that stays: of the weights and activations (`swat`), of the errors
 * (`sparse-train`), of the weights in use (`top-kast`, whose backward pass uses those of its forward pass) or tracked (`dropback`, once its
 * initial weights have faded). Under `dropback` every weight gets a gradient, by which it competes to be tracked. Fang et al. 2023 (arXiv
 * 2309.13015), Jayakumar et al. 2020 (arXiv 2106.03517), Yang et al. 2020 (Procrustes).
 *
 * @param method dense, ste, sr-ste, sdgp, sdwp, bdwp, bi-mask, transposable-nm, top-kast, dropback, sparse-train or swat.
 * @throws SparsityError for an unknown method, n outside 1 to m, a weight update of a method that has none, and one of Top-KAST that is
 * smaller than what is in use.
 * @example
 * ```ts
 * phaseDensity('bdwp', {n: 2, m: 8}).training; // 0.5
 * phaseDensity('top-kast', {n: 1, m: 10, weightUpdate: {n: 5, m: 10}}).weightGradient; // 0.5
 * ```
 */
export function phaseDensity(method: string, { n, m, weightUpdate }: PhaseDensityOptions): PhaseDensity {
  checkNm(n, m);
  if (!Object.hasOwn(thinned, method)) {
    const names = Object.keys(thinned);
    throw new SparsityError({ what: 'method', got: method, expected: `one of ${names.join(', ')}`, fix: nearest(method, names) });
  }
  if (weightUpdate) checkNm(weightUpdate.n, weightUpdate.m);
  if (weightUpdate && !choosy.includes(method)) {
    const expected = `none, or one of ${choosy.join(', ')}`;
    throw new SparsityError({ what: `weightUpdate of ${method}`, got: weightUpdate, expected, fix: 'leave weightUpdate out' });
  }
  if (method === 'top-kast' && weightUpdate && weightUpdate.n * m < n * weightUpdate.m) {
    const fix = 'let all weights in use get a gradient';
    throw new SparsityError({
      what: 'weightUpdate of top-kast',
      got: weightUpdate,
      expected: `${n}:${m} at least, the weights in use`,
      fix,
    });
  }
  const of = (product: Product) => (thinned[method].includes(product) ? n / m : 1);
  const [forward, inputGradient] = [of('forward'), of('inputGradient')];
  const weightGradient = weightUpdate ? weightUpdate.n / weightUpdate.m : of('weightGradient');
  return { forward, inputGradient, weightGradient, training: (forward + inputGradient + weightGradient) / 3 };
}
