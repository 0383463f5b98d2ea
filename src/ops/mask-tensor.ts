import * as tf from '@tensorflow/tfjs';
import { hasHeap, onHeap } from './lanes/on-heap.js';

/** A mask, a byte a weight, as a tensor of zeros and ones; without an array of floats in between where it lies on the heap. */
export function maskTensor(mask: Uint8Array, shape: readonly number[]): tf.Tensor {
  // A Float32Array, not a cast: on the cpu backend a cast keeps the bytes of the old type.
  if (!hasHeap()) return tf.tensor(new Float32Array(mask), [...shape]);
  return onHeap({}, (heap) => {
    const all = heap.output(shape);
    heap.scratch(mask.length, (bytes) => {
      heap.bytes(bytes, mask.length).set(mask);
      heap.lanes.expandMask(bytes, heap.pointer(all), mask.length);
    });
    return all;
  });
}
