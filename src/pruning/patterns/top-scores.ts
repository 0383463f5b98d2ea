import { highestInRuns } from '../../kernels/index.js';

/** A mask of the `count` highest scores, ties to the lowest index; in linear time whatever the order and the ties. No score may be NaN. */
export function topScores(scores: Float32Array, count: number): Uint8Array {
  const { length } = scores;
  return highestInRuns(scores, { outer: 1, length, inner: 1, width: length }, count);
}
