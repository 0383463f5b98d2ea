import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { packBitsReference } from '../kernels/index.js';
import { heapOf } from './training-kernels-heap.js';

/**
 * Packs the non-zeros of a tensor to bits, row-major: element i is bit `i & 31` of word `i >> 5`; -0 counts as zero, NaN as non-zero.
 * Float32 tensors of the wasm backend are read where they lie; others are downloaded first.
 *
 * @param t a float32, int32 or bool tensor; it is only read.
 * @param elements how many elements to take from the front.
 * @default elements t.size
 * @throws SparsityError when `elements` is not within the tensor.
 * @example
 * ```ts
 * packTensorBits(tf.tensor1d([0, 3, 0, 1])); // [0b1010]
 * ```
 */
export function packTensorBits(t: tf.Tensor, elements: number = t.size): Uint32Array {
  if (!(elements >= 0 && elements <= t.size)) {
    const expected = `0 to ${t.size}, the size of the tensor`;
    throw new SparsityError({ what: 'elements to pack', got: elements, expected, fix: 'leave it out to pack the whole tensor' });
  }
  const heap = tf.getBackend() === 'wasm' && t.dtype === 'float32' ? heapOf(tf.backend()) : undefined;
  if (heap === undefined || typeof heap === 'string') return packBitsReference(t.dataSync(), elements);
  const words = Math.ceil(elements / 32);
  return heap.scratch(4 * words, (out) => {
    heap.kernels.packBits(heap.pointer(t), elements, out);
    return heap.readWords(out, words);
  });
}
