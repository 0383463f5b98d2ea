import type * as tf from '@tensorflow/tfjs';
import type { PrunableKernel } from './contracts.js';
import { isMasked } from './masked-layer-class.js';
import { leavesOf } from './model-layers.js';

/**
 * The kernels of all masked layers of a model, in model order: also those in nested models, wrappers such as `timeDistributed`, and
 * regions; a shared layer comes once. The handles are live.
 *
 * @param model any model; without masked layers the list is empty.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [maskedDense({units: 2, inputShape: [3]})]});
 * prunableKernels(model).map(({info}) => info.shape); // [[3, 2]]
 * ```
 */
export function prunableKernels(model: tf.LayersModel): readonly PrunableKernel[] {
  return leavesOf(model)
    .filter(isMasked)
    .flatMap(({ kernelStore }) => kernelStore ?? []);
}
