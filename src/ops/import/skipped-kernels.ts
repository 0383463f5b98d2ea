import type * as tf from '@tensorflow/tfjs';
import type { NetworkLayer } from '../../hw/index.js';
import { leavesOf } from '../model-layers.js';
import type { SkippedLayer } from '../policy.js';
import { kernelNames } from '../tap/kernel-names.js';
import { wholeName } from '../tap/kernel-parts.js';

const lookedUp = 'an embedding is a table: its rows are looked up, not multiplied';

/** The kernels of a model that are in none of the layers found, and its layers that have weights but no kernel, in model order. */
export function skippedKernels(model: tf.LayersModel, found: readonly NetworkLayer[]): readonly SkippedLayer[] {
  const seen = new Set(found.map(({ name }) => wholeName(name)));
  const names = kernelNames(model);
  return leavesOf(model).flatMap((layer) => {
    if (layer.weights.length === 0) return [];
    const className = layer.getClassName();
    const kernels = layer.weights.flatMap((weight) => names.get(weight.read().id)?.name ?? []);
    if (kernels.length === 0) {
      return [{ layer: layer.name, className, reason: 'its weights are vectors: they scale and shift, and multiply no matrix' }];
    }
    const reason =
      className === 'Embedding' ? lookedUp : 'it was in no convolution and no product of two matrices of the forward pass';
    return kernels.filter((kernel) => !seen.has(kernel)).map((kernel) => ({ layer: kernel, className, reason }));
  });
}
