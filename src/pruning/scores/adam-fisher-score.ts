import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { needyScore, slotOf } from '../needs.js';

/**
 * Diagonal Fisher information by what Adam keeps anyway: `score = w^2 v / 2`, to second order what the loss rises by when w becomes 0; v is
 * Adam's running mean of g^2, or `rms` of RMSProp. WoodFisher on the diagonal: Singh and Alistarh 2020 (arXiv 2004.14340).
 *
 * @throws SparsityError from `fit`: an optimizer that keeps no such slot; from the score: one that has not kept it yet.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const kernel = {info, weights: Float32Array.of(-3, 1), masks: undefined, slots: {v: Float32Array.of(2, 4)}};
 * adamFisherScore()(kernel); // [9, 2]
 * ```
 */
export function adamFisherScore(): Score {
  const names = ['v', 'rms'];
  return needyScore({ name: 'adam-fisher' }, { needs: ['slots'], slotNames: [names] }, (kernel) => {
    const secondMoment = slotOf('adamFisherScore', kernel, names);
    return kernel.weights.map((weight, i) => (weight * weight * secondMoment[i]) / 2);
  });
}

inConfig(adamFisherScore, 'adam-fisher', {});
