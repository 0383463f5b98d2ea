import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { described } from '../described.js';

/**
 * Magnitude: `score = |w|`.
 *
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * magnitudeScore()({info, weights: Float32Array.of(-3, 1), masks: undefined}); // [3, 1]
 * ```
 */
export function magnitudeScore(): Score {
  return described({ name: 'magnitude' }, ({ weights }) => magnitudes(weights));
}

inConfig(magnitudeScore, 'magnitude', {});

/** |w| of each weight. */
export function magnitudes(weights: Float32Array): Float32Array {
  const scores = new Float32Array(weights.length);
  for (let i = 0; i < scores.length; i++) scores[i] = Math.abs(weights[i]);
  return scores;
}
