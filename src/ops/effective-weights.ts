import * as tf from '@tensorflow/tfjs';
import type { OpMasks } from './masked-ops.js';

/**
 * W times a mask of {@link OpMasks}, elementwise, both of one shape; W itself without a mask, and the mask itself where it is applied
 * already.
 */
export function effectiveWeights(w: tf.Tensor, mask: tf.Tensor | null, { areApplied = false }: OpMasks): tf.Tensor {
  if (!mask) return w;
  return areApplied ? mask : tf.mul(w, mask);
}
