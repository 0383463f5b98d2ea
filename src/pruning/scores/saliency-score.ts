import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { gradientOf, needyScore } from '../needs.js';

/**
 * Saliency: `score = |w g|`, to first order what the loss changes by when w becomes 0; g is that of the step just done, w stands after it.
 * Mozer and Smolensky 1989; Molchanov et al. 2016 (arXiv 1611.06440).
 *
 * @throws SparsityError from the score: a kernel without gradient, as before the first step.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const kernel = {info, weights: Float32Array.of(-3, 1), masks: undefined, gradient: Float32Array.of(1, -2)};
 * saliencyScore()(kernel); // [3, 2]
 * ```
 */
export function saliencyScore(): Score {
  return needyScore({ name: 'saliency' }, { needs: ['gradient'] }, (kernel) => {
    const gradient = gradientOf(kernel);
    return kernel.weights.map((weight, i) => Math.abs(weight * gradient[i]));
  });
}

inConfig(saliencyScore, 'saliency', {});
