import { copyBits, sizeOf, wordsFor } from '../bits.js';
import type { BitTensor, GemmWork, Operand } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
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

/** A work of sampled images with these repeated, in turn, up to the whole batch. */
export function wholeBatch(work: GemmWork): GemmWork {
  const { nest, imageScale, phase, input, kernel } = work;
  const batch = Math.round(nest.batch * imageScale);
  const filled = (operand: Operand): Operand => ({ ...operand, nonzeros: repeatImages(operand.nonzeros, batch) });
  return {
    ...work,
    nest: { ...nest, batch },
    imageScale: 1,
    input: filled(input),
    kernel: phase === 'weightGradient' ? filled(kernel) : kernel,
  };
}

function repeatImages({ shape: [images, ...rest], words }: BitTensor, batch: number): BitTensor {
  const size = sizeOf(rest);
  const all = new Uint32Array(wordsFor(batch * size));
  for (let image = 0; image < batch; image += images) {
    copyBits(words, 0, all, image * size, Math.min(images, batch - image) * size);
  }
  return { shape: [batch, ...rest], words: all };
}
