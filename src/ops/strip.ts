import * as tf from '@tensorflow/tfjs';
import { checkModel } from './check-model.js';
import type { KernelStore } from './kernel-store.js';
import { isMasked, maskedKindOf } from './masked-layer-class.js';
import { rebuild } from './rebuild.js';

/**
 * The inverse of `sparsify`: a plain tfjs model with the same outputs, whose kernels are W.M_f, pruned weights being exactly 0. It needs
 * nothing of this package to be saved, loaded and run. The new model is not compiled; the old one keeps its weights.
 *
 * @param model a model with masked layers, in regions or not; without any it is merely copied.
 * @throws SparsityError for what is not a layers model, and for a layer object that belongs to two models.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [maskedDense({units: 2, inputShape: [3]})]});
 * strip(model).layers[0].getClassName(); // 'Dense'
 * ```
 */
export function strip<Model extends tf.LayersModel>(model: Model): Model {
  checkModel(model);
  return rebuild(model, (layer) => {
    const kind = maskedKindOf(layer);
    if (!kind || !isMasked(layer)) return undefined;
    return {
      className: kind.stock,
      config: ({ sparsity, ...config }) => config,
      weights: (old) =>
        old.map((weight, i) => {
          const store = layer.kernelStores[layer.kernelWeights.indexOf(layer.weights[i] as tf.LayerVariable)];
          return store ? tf.tensor(foldedKernel(store), weight.shape) : weight;
        }),
    };
  });
}

function foldedKernel(store: KernelStore): Float32Array {
  const { forward } = store.masks;
  const values = store.readKernel();
  return forward ? values.map((value, i) => (forward[i] ? value : 0)) : values;
}
