import * as tf from '@tensorflow/tfjs';
import { isRecording } from './forward-backward-op.js';
import { onHeap } from './lanes/on-heap.js';
import { combine } from './training-kernels-elements.js';
import { neighbourAxes } from './training-kernels-sums.js';

/** The gradients of a kernel's inputs, or undefined where tfjs's own have to do. */
type Gradients = (dy: tf.Tensor, saved: tf.Tensor[], attrs: tf.NamedAttrMap) => Record<string, () => tf.Tensor> | undefined;

const isRow = (t: tf.Tensor | undefined, width: number) => t?.rank === 1 && t.size === width && t.dtype === 'float32';

/** Of y = (x - mean) scale / sqrt(variance + epsilon) + offset: all that is summed, in one pass, where tfjs takes thirteen. */
const batchNorm: Gradients = (dy, [x, mean, variance, scale], attrs) => {
  const { varianceEpsilon } = attrs as unknown as tf.FusedBatchNormAttrs;
  const width = x.shape.at(-1) as number;
  if (x.dtype !== 'float32' || ![mean, variance, scale].every((t) => isRow(t, width))) return undefined;
  const sums = onHeap({ x, dy, mean }, (heap, inputs) => {
    const out = heap.zeros([2, width]);
    const [xAt, dyAt, meanAt] = [inputs.x, inputs.dy, inputs.mean].map(heap.pointer);
    heap.kernels.normaliseSums(xAt, dyAt, meanAt, x.size / width, width, heap.pointer(out));
    return out;
  });
  const [errors, products] = tf.unstack(sums);
  const slope = tf.rsqrt(tf.add(variance, varianceEpsilon));
  const factor = tf.mul(slope, scale);
  return {
    x: () => tf.mul(dy, factor),
    mean: () => tf.neg(tf.mul(errors, factor)),
    variance: () => tf.mul(products, tf.mul(tf.mul(factor, tf.square(slope)), -0.5)),
    scale: () => tf.mul(products, slope),
    offset: () => errors.clone(),
  };
};

/** One value everywhere: how the backward pass of a loss begins. */
function spread(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return onHeap({ dy }, (heap, inputs) => {
    const dx = heap.output(shape);
    const value = heap.floats(heap.pointer(inputs.dy), 1)[0] as number;
    heap.floats(heap.pointer(dx), size).fill(value / size);
    return dx;
  });
}

/** Divides before it broadcasts: the same numbers, and one pass where tfjs takes three. */
const mean: Gradients = (dy, [x], attrs) => {
  if (dy.size === 1 && x.size > 0) return { x: () => spread(dy, x.shape) };
  const axes = neighbourAxes(x, (attrs as unknown as tf.MeanAttrs).axis);
  if (!axes || x.size === 0) return undefined;
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const times = x.shape.map((length, axis) => (axes.includes(axis) ? length : 1));
  return { x: () => tf.tile(tf.div(tf.reshape(dy, kept), tf.util.sizeFromShape(times)), times) };
};

const multiplyStep = combine('multiplyStep');

/** dy where x is above 0, without a tensor of ones and zeros. */
const relu: Gradients = (dy, [x]) => {
  if (x.dtype !== 'float32') return undefined;
  return { x: () => onHeap({ a: dy, b: x }, (heap, inputs) => multiplyStep(inputs, {}, heap, () => heap.zeros(x.shape))) };
};

const gradients: Readonly<Record<string, Gradients>> = { FusedBatchNorm: batchNorm, Mean: mean, Relu: relu };

let registered = false;

/**
 * Registers gradients in fewer passes over large tensors than tfjs's own, once. They are not differentiable themselves: where a gradient is
 * derived again tfjs's are taken, and so they are unless `areOurs` says that the training kernels are in force.
 */
export function registerTrainingGradients(areOurs: () => boolean): void {
  if (registered) return;
  registered = true;
  for (const [kernelName, ours] of Object.entries(gradients)) {
    const stock = tf.getGradient(kernelName);
    const gradFunc: tf.GradFunc = (dy, saved, attrs) =>
      (areOurs() && !isRecording() ? ours(dy as tf.Tensor, saved, attrs) : undefined) ?? stock.gradFunc(dy, saved, attrs);
    tf.unregisterGradient(kernelName); // registering over it would warn in debug mode
    tf.registerGradient({ ...stock, gradFunc });
  }
}
