import { copyBits, sizeOf, wordsFor } from './bits.js';
import type { BitTensor, GemmWork, Operand } from './contracts.js';

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

/** The work with images that all stand for the same whole number of images: where they do not, they are repeated, in turn. */
export function evenBatch(work: GemmWork): GemmWork {
  return Number.isInteger(work.imageScale) ? work : wholeBatch(work);
}

function repeatImages({ shape: [images, ...rest], words }: BitTensor, batch: number): BitTensor {
  const size = sizeOf(rest);
  const all = new Uint32Array(wordsFor(batch * size));
  for (let image = 0; image < batch; image += images) {
    copyBits(words, 0, all, image * size, Math.min(images, batch - image) * size);
  }
  return { shape: [batch, ...rest], words: all };
}
