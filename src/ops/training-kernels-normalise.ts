import * as tf from '@tensorflow/tfjs';
import type { HeapKernel } from './training-kernels-heap.js';

/** tf.batchNorm of floats over the last axis. tfjs takes a root and a quotient for each value, here it is one of each for a channel. */
export const fusedBatchNorm: HeapKernel = (inputs, attrs, heap, stock) => {
  const { x, mean, variance } = inputs;
  const { offset, scale } = inputs as Partial<typeof inputs>;
  const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
  const width = x.shape.at(-1);
  const isRow = (t?: tf.TensorInfo) => !t || (t.dtype === 'float32' && t.shape.length === 1 && t.shape[0] === width);
  const fits = [mean, variance, offset, scale].every(isRow);
  if (!fits || x.dtype !== 'float32' || !width) return stock(inputs, attrs);
  const y = heap.output(x.shape);
  const rows = tf.util.sizeFromShape(x.shape) / width;
  heap.scratch(8 * width, (factorAt) => {
    const offsetAt = factorAt + 4 * width;
    // All that may come from another backend, before any view.
    const [xAt, meanAt] = [x, mean].map(heap.pointer);
    const [variances, scales, shifts] = heap.views(variance, scale ?? variance, offset ?? variance);
    const [factors, offsets] = [factorAt, offsetAt].map((at) => heap.floats(at, width));
    factors.set(variances.map((value, c) => (scale ? scales[c] : 1) / Math.sqrt(value + varianceEpsilon)));
    if (offset) offsets.set(shifts);
    else offsets.fill(0);
    heap.kernels.normaliseRows(xAt, meanAt, factorAt, offsetAt, rows, width, heap.pointer(y));
  });
  return y;
};
