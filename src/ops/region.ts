import * as tf from '@tensorflow/tfjs';
import type { KernelStore } from './kernel-store.js';
import { isMasked, type MaskedLayer } from './masked-layer-class.js';

/**
 * How the layers of a region compute. An executor may hold kernels in any form; whoever prunes, reads or saves goes through the stores
 * that it gives its masked layers.
 */
export interface RegionExecutor {
  /** The outputs of the chain; recorded for the backward pass where the tape is on. `kwargs` is what tfjs hands to a layer. */
  call(x: tf.Tensor, kwargs: object): tf.Tensor;
  /** Where a masked layer's kernel is kept while the region executes it. */
  storeOf(layer: MaskedLayer): KernelStore;
}

/** Makes the executor of a chain of built layers, in the order of execution. */
export type CreateRegionExecutor = (layers: readonly tf.layers.Layer[]) => RegionExecutor;

/** Runs the layers one after the other, each as it would run alone. */
export const denseMaskedExecutor: CreateRegionExecutor = (layers) => ({
  call: (x, kwargs) => tf.tidy(() => layers.reduce((y, layer) => layer.apply(y, kwargs) as tf.Tensor, x)),
  storeOf: (layer) => layer.kernelStore as KernelStore,
});

/**
 * One layer that owns the layer objects of a chain. Their model keeps them: its config, weights, summary and `getLayer` see the originals,
 * and only the execution goes through the region.
 */
export class Region extends tf.layers.Layer {
  static readonly className = 'SparsityRegion';
  private readonly executor: RegionExecutor;

  constructor(layers: readonly tf.layers.Layer[], createExecutor: CreateRegionExecutor) {
    const last = layers.at(-1) as tf.layers.Layer;
    // tfjs knows the node of a graph by the name of its layer and an index: the region stands at the last layer's node.
    super({ name: last.name });
    this.executor = createExecutor(layers);
    this.built = true;
    this.supportsMasking = layers.every((layer) => layer.supportsMasking);
    for (const layer of layers.filter(isMasked)) layer.kernelStore = this.executor.storeOf(layer);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor {
    return this.executor.call((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor, kwargs);
  }
}
