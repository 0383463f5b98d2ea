import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { HeapKernel, WasmHeap } from './training-kernels-heap.js';

/** Beyond so many blocks, of fewer values than this, tfjs's own sum takes less time than a call for each. */
const fewBlocks = 64;
const smallBlock = 32;

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

/**
 * tf.sum of floats over neighbouring axes that are not the last (the gradient of a bias), of large blocks or few; every other sum
 * stays with tfjs's own kernel.
 */
export const sumAxes: HeapKernel = (inputs, attrs, heap, stock) => sumOfAxes(inputs.x, attrs, heap) ?? stock(inputs, attrs);

/** tf.mean, where {@link sumAxes} takes the sum; tfjs transposes first. */
export const meanAxes: HeapKernel = (inputs, attrs, heap, stock) => {
  const mean = sumOfAxes(inputs.x, attrs, heap);
  if (!mean) return stock(inputs, attrs);
  const [values] = heap.views(mean);
  const count = tf.util.sizeFromShape(inputs.x.shape) / values.length;
  for (let i = 0; i < values.length; i++) values[i] /= count;
  return mean;
};

function sumOfAxes(x: tf.TensorInfo, attrs: tf.NamedAttrMap, heap: WasmHeap): tf.TensorInfo | undefined {
  const { axis, keepDims } = attrs as unknown as tf.SumAttrs;
  const axes = neighbourAxes(x, axis);
  if (!axes) return undefined;
  const count = (from: number, to?: number) => tf.util.sizeFromShape(x.shape.slice(from, to));
  const [first, end] = [axes[0], axes[0] + axes.length];
  const [blocks, rows, width] = [count(0, first), count(first, end), count(end)];
  // Of nothing tfjs's own sum is whatever lay there.
  if (rows > 0 && blocks > fewBlocks && rows * width < smallBlock) return undefined;
  const out = heap.zeros(x.shape.flatMap((length, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [length])));
  for (let outer = 0; outer < blocks; outer++) {
    heap.kernels.sumRows(heap.pointer(x) + 4 * rows * width * outer, rows, width, heap.pointer(out) + 4 * width * outer);
  }
  return out;
}

/** The axes over which floats are reduced, in order, if they are neighbours and the last axis is not among them. */
export function neighbourAxes({ dtype, shape }: tf.TensorInfo, axis: number | number[]): number[] | undefined {
  const axes = tf.util.parseAxisParam(axis, shape).sort((a, b) => a - b);
  const fits = dtype === 'float32' && axes.length > 0 && axes.every((value, i) => value === axes[0] + i);
  return fits && !axes.includes(shape.length - 1) ? axes : undefined;
}
