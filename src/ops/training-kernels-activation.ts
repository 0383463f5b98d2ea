import type * as tf from '@tensorflow/tfjs';
import type { WasmHeap } from './training-kernels-heap.js';

/** tfjs's kernels of the activations that follow a fused product; those with parameters stay with tfjs altogether. */
export const activationKernels: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
};

/** The activation, by name, of a tensor that no caller has seen; `linear` is none. */
export function activated(heap: WasmHeap, y: tf.TensorInfo, activation: string): tf.TensorInfo {
  if (activation === 'linear') return y;
  const result = heap.run(activationKernels[activation], { x: y });
  heap.dispose(y);
  return result;
}
