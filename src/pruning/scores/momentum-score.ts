import { inConfig } from '../config-entry.js';
import type { Score } from '../contracts.js';
import { needyScore, slotOf } from '../needs.js';
import { magnitudes } from './magnitude-score.js';

/**
 * Magnitude of the running gradient: `score = |momentum|`, or `|m|` of Adam and Adamax. Dettmers and Zettlemoyer 2019 (arXiv 1907.04840).
 *
 * @throws SparsityError from `fit`: an optimizer that keeps no such slot; from the score: one that has not kept it yet.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 1], inputAxis: 0, outputAxis: 1} as const;
 * const kernel = {info, weights: Float32Array.of(-3, 1), masks: undefined, slots: {m: Float32Array.of(1, -2)}};
 * momentumScore()(kernel); // [1, 2]
 * ```
 */
export function momentumScore(): Score {
  const names = ['momentum', 'm'];
  return needyScore({ name: 'momentum' }, { needs: ['slots'], slotNames: [names] }, (kernel) =>
    magnitudes(slotOf('momentumScore', kernel, names)),
  );
}

inConfig(momentumScore, 'momentum', {});
