import * as tf from '@tensorflow/tfjs';
import { gradientGeometryOf, type Shape4D, stockWithSides } from './training-kernels-geometry.js';
import type { HeapKernel } from './training-kernels-heap.js';

/** tf.maxPool and tf.avgPool, NHWC. */
export const pool: HeapKernel = (inputs, attrs, heap, stock) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolAttrs;
  const shape = inputs.x.shape as Shape4D;
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return stockWithSides(info, inputs, attrs, heap, stock);
};

/** dx of tf.maxPool, NHWC. */
export const maxPoolGrad: HeapKernel = ({ dy, input }, attrs, heap) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as tf.MaxPoolGradAttrs;
  const shape = input.shape as Shape4D;
  const g = gradientGeometryOf(tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode), dy);
  const dx = heap.zeros(input.shape);
  heap.kernels.maxPoolGradient(heap.pointer(input), heap.pointer(dy), heap.pointer(dx), g);
  return dx;
};
