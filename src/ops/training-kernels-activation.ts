import type * as tf from '@tensorflow/tfjs';
import type { WasmHeap } from './training-kernels-heap.js';

/** tfjs's kernels of the activations that follow a fused product. */
const activationKernels = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
} as const;

/**
 * The fused activation of sums that no caller has seen; `linear` is none.
 *
 * @param weights slopes of `prelu` below 0, which the others do not read.
 */
export function activated(
  heap: WasmHeap,
  y: tf.TensorInfo,
  { activation, leakyreluAlpha }: Pick<tf._FusedMatMulAttrs, 'activation' | 'leakyreluAlpha'>,
  weights: tf.TensorInfo | undefined,
): tf.TensorInfo {
  if (activation === 'linear') return y;
  const inputs = { x: y, ...(weights && { alpha: weights }) };
  const result = heap.run(activationKernels[activation], inputs, { alpha: leakyreluAlpha ?? 0 });
  heap.dispose(y);
  return result;
}
