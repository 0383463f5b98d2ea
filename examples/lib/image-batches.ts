import { type SeededBatches, seededBatches } from 'tfjs-sparsity/callbacks';
import type { DatasetShape, Images } from './dataset.js';
import { oneHot } from './one-hot.js';

/** Images as batches in an order that the seed decides: pixels in [0, 1], and a row for each label. */
export function imageBatches(
  { imageShape, classes }: DatasetShape,
  { count, pixels, labels }: Images,
  { batchSize, seed }: { readonly batchSize: number; readonly seed: number },
): SeededBatches {
  return seededBatches({
    xs: { data: pixels, shape: [count, ...imageShape], scale: 1 / 255 },
    ys: { data: oneHot(labels, classes), shape: [count, classes] },
    batchSize,
    seed,
  });
}
