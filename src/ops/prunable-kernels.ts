import type * as tf from '@tensorflow/tfjs';
import { checkModel } from './check-model.js';
import type { PrunableKernel } from './contracts.js';
import { isMasked } from './masked-layer-class.js';
import { namedKernels, namedLayers } from './model-layers.js';

/**
 * The kernels of all masked layers of a model, in model order: also those in nested models, wrappers such as `timeDistributed`, and
 * regions; a shared layer comes once. The handles are live. They have the names under which the tap reports them: when layers in
 * different nested models have one name, the second is `name#2`; kernels of a layer that has several are `name/<weight>`.
 *
 * @param model any model; without masked layers the list is empty.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [maskedDense({units: 2, inputShape: [3]})]});
 * prunableKernels(model).map(({info}) => info.shape); // [[3, 2]]
 * ```
 */
export function prunableKernels(model: tf.LayersModel): readonly PrunableKernel[] {
  checkModel(model);
  return [...namedLayers(model)].flatMap(([layer, layerName]) => {
    if (!isMasked(layer)) return [];
    const names = namedKernels(layer, layerName);
    return layer.kernelStores.map((kernel, i) => {
      const name = names.get(layer.kernelWeights[i] as tf.LayerVariable) ?? layerName;
      return kernel.info.name === name ? kernel : renamed(kernel, name);
    });
  });
}

function renamed(kernel: PrunableKernel, name: string): PrunableKernel {
  return {
    info: { ...kernel.info, name },
    get masks() {
      return kernel.masks;
    },
    get treatment() {
      return kernel.treatment;
    },
    get masksUsed() {
      return kernel.masksUsed;
    },
    set masksUsed(used) {
      kernel.masksUsed = used;
    },
    get isCollecting() {
      return kernel.isCollecting;
    },
    readKernel: () => kernel.readKernel(),
    writeKernel: (values) => kernel.writeKernel(values),
    repack: (masks, treatment, optimizer) => kernel.repack(masks, treatment, optimizer),
    regroup: (groups, masksOf, treatment, optimizer) => kernel.regroup(groups, masksOf, treatment, optimizer),
    addToGradient: (term) => kernel.addToGradient(term),
    collectGradient: (on) => kernel.collectGradient(on),
    gradient: () => kernel.gradient(),
    readSlots: (optimizer) => kernel.readSlots(optimizer),
    thinOperands: (thinning) => kernel.thinOperands(thinning),
    settle: () => kernel.settle(),
    enforce: (optimizer) => kernel.enforce(optimizer),
  };
}
