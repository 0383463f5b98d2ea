import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { HeapKernel } from './training-kernels-heap.js';

/** tf.unsortedSegmentSum: the gradient of tf.gather, hence of an embedding. */
export const unsortedSegmentSum: HeapKernel = ({ x, segmentIds }, attrs, heap) => {
  const { numSegments } = attrs as unknown as tf.UnsortedSegmentSumAttrs;
  const { dtype } = x;
  if (dtype !== 'float32' && dtype !== 'int32') {
    throw new SparsityError({
      what: 'dtype of UnsortedSegmentSum on the wasm backend',
      got: dtype,
      expected: 'float32 or int32',
      fix: "cast first: x.cast('float32')",
    });
  }
  const inner = x.shape.slice(1);
  const out = heap.zeros([numSegments, ...inner], dtype);
  const { kernels, pointer } = heap;
  const sum = dtype === 'int32' ? kernels.segmentSumInteger : kernels.segmentSum;
  sum(pointer(x), pointer(segmentIds), x.shape[0], tf.util.sizeFromShape(inner), numSegments, pointer(out));
  return out;
};

/** tf.sum over leading axes of floats (the gradient of a bias); every other sum stays with tfjs's own kernel. */
export const sumLeadingAxes: HeapKernel = (inputs, attrs, heap, stock) => {
  const { x } = inputs;
  const { axis, keepDims } = attrs as unknown as tf.SumAttrs;
  const axes = tf.util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
  const leading = axes.length < x.shape.length && axes.every((value, position) => value === position);
  if (!leading || axes.length === 0 || x.dtype !== 'float32') return stock(inputs, attrs);
  const kept = x.shape.slice(axes.length);
  const out = heap.zeros(keepDims ? [...axes.map(() => 1), ...kept] : kept);
  const rows = tf.util.sizeFromShape(x.shape.slice(0, axes.length));
  heap.kernels.sumRows(heap.pointer(x), rows, tf.util.sizeFromShape(kept), heap.pointer(out));
  return out;
};
