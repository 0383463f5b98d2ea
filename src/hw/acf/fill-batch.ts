import { sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { wholeBatch } from '../whole-batch.js';
import type { AcfSpec } from './options.js';

/**
 * A work of few sampled images with these repeated, in turn, up to the whole batch; any other work as it is. A few input rows leave a tile
 * part empty that the batch would fill, and a few reduction indices a fold: many empty ones would stand for few full ones.
 */
export function fillBatch(work: GemmWork, { rows, cols }: AcfSpec): GemmWork {
  const { nest, imageScale, phase } = work;
  const pixels = nest.batch * sizeOf(nestPhase(nest, phase) === 'inputGradient' ? nest.inSize : nest.outSize);
  return imageScale === 1 || pixels >= 8 * Math.max(rows, cols) ? work : wholeBatch(work);
}
