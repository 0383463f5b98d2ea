import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { gradientOf, needyScore } from '../needs.js';
import { magnitudes } from './magnitude-score.js';

/**
 * Magnitude of the gradient: `score = |g|`, g of the step just done.
 *
 * @throws SparsityError from the score: a kernel without gradient, as before the first step.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const kernel = {info, weights: Float32Array.of(-3, 1), masks: undefined, gradient: Float32Array.of(1, -2)};
 * gradientScore()(kernel); // [1, 2]
 * ```
 */
export function gradientScore(): Score {
  return needyScore({ name: 'gradient' }, { needs: ['gradient'] }, (kernel) => magnitudes(gradientOf(kernel)));
}

inConfig(gradientScore, 'gradient', {});
