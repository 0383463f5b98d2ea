import { asFloat32 } from '../as-float32.js';
import { type CountProfile, keptCount } from '../kept-count.js';
import { topScores } from './top-scores.js';

/**
 * A mask over units, be they weights, blocks or channels, that keeps the highest scores as a library counts them. `tfmot` also keeps
 * what ties with the lowest one kept, `sparseml` only what is above the highest one that goes; else ties go to the lowest index.
 */
export function keptUnits(given: Float32Array, sparsity: number, profile: CountProfile): Uint8Array {
  const scores = asFloat32(given);
  const mask = topScores(scores, keptCount(scores.length, sparsity, profile));
  if (profile === 'tfmot') {
    const threshold = scores.reduce(
      (least, score, i) => (mask[i] === 1 && score < least ? score : least),
      Number.POSITIVE_INFINITY,
    );
    return mask.map((_, i) => Number(scores[i] >= threshold));
  }
  if (profile === 'sparseml') {
    const threshold = scores.reduce((most, score, i) => (mask[i] === 0 && score > most ? score : most), Number.NEGATIVE_INFINITY);
    return mask.map((bit, i) => Number(bit === 1 && scores[i] !== threshold));
  }
  return mask;
}
