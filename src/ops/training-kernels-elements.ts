import * as tf from '@tensorflow/tfjs';
import type { ElementOperation, OperandRows } from '../kernels/index.js';
import { type BroadcastAxis, broadcastAxes } from './broadcast-axes.js';
import type { HeapKernel } from './training-kernels-heap.js';

/** tfjs copies: here every tensor that is saved for the backward pass, each step. Text has its own storage. */
export const identity: HeapKernel = ({ x }, attrs, heap, stock) => (x.dtype === 'string' ? stock({ x }, attrs) : heap.share(x));

/** tf.cast; to the type that a tensor has it is {@link identity}, as in the gradients of products. */
export const cast: HeapKernel = (inputs, attrs, heap, stock) =>
  inputs.x.dtype === attrs.dtype ? identity(inputs, attrs, heap, stock) : stock(inputs, attrs);

/** Beyond so many blocks, of fewer values than this, tfjs's own arithmetic takes less time than a call for each. */
const fewBlocks = 64;
const smallBlock = 256;

/** An operation on two tensors of floats whose shapes broadcast along few axes, in large blocks or few. */
export function combine(operation: ElementOperation): HeapKernel {
  return (inputs, attrs, heap, stock) => {
    const { a, b } = inputs;
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const axes = broadcastAxes(a.shape, b.shape);
    const fits = a.dtype === 'float32' && b.dtype === 'float32' && axes.length <= 3 && tf.util.sizeFromShape(shape) > 0;
    if (!fits) return stock(inputs, attrs);
    const [blocks, rows, columns] = [...Array<BroadcastAxis>(3 - axes.length).fill({ length: 1, steps: [0, 0] }), ...axes];
    if (blocks.length > fewBlocks && rows.length * columns.length < smallBlock) return stock(inputs, attrs);
    const out = heap.output(shape);
    const operand = (t: tf.TensorInfo, which: 0 | 1, block: number): OperandRows => ({
      at: heap.pointer(t) + 4 * blocks.steps[which] * block,
      rowBytes: 4 * rows.steps[which],
      still: columns.steps[which] === 0,
    });
    const bytes = 4 * rows.length * columns.length;
    for (let block = 0; block < blocks.length; block++) {
      const target = heap.pointer(out) + bytes * block;
      heap.kernels.combine(operation, operand(a, 0, block), operand(b, 1, block), target, rows.length, columns.length);
    }
    return out;
  };
}

/** tf.tile of floats where it repeats what lies together, as broadcasting does; tfjs works it out for each value. */
export const tile: HeapKernel = (inputs, attrs, heap, stock) => {
  const { x } = inputs;
  const { reps } = attrs as unknown as tf.TileAttrs;
  const shape = x.shape.map((length, axis) => length * reps[axis]);
  const first = reps.findIndex((times) => times !== 1);
  const last = reps.findLastIndex((times) => times !== 1);
  const together = x.shape.slice(first, last).every((length) => length === 1);
  if (x.dtype !== 'float32' || first < 0 || !together || tf.util.sizeFromShape(shape) === 0) return stock(inputs, attrs);
  const out = heap.output(shape);
  const bytes = 4 * tf.util.sizeFromShape(x.shape.slice(first));
  const times = tf.util.sizeFromShape(reps);
  for (let block = 0; block < tf.util.sizeFromShape(x.shape.slice(0, first)); block++) {
    heap.repeat(heap.pointer(x) + bytes * block, bytes, heap.pointer(out) + bytes * times * block, times);
  }
  return out;
};
