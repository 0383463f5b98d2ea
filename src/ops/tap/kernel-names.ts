import type * as tf from '@tensorflow/tfjs';
import { namedKernels, namedLayers } from '../model-layers.js';

/** A kernel that the tap looks for. */
export interface NamedKernel {
  readonly name: string;
  /** False for a frozen one. */
  readonly trained: boolean;
}

/**
 * A model's kernels by the id of their variables, each under its layer's name; `name/depthwise` and `name/pointwise`, and in general
 * `name/<weight>`, in layers of several kernels. Kernels are the weights of rank 2 and more.
 */
export function kernelNames(model: tf.LayersModel): Map<number, NamedKernel> {
  const kernels = new Map<number, NamedKernel>();
  for (const [layer, layerName] of namedLayers(model)) {
    for (const [weight, name] of namedKernels(layer, layerName)) {
      kernels.set(weight.read().id, { name, trained: layer.trainableWeights.includes(weight) });
    }
  }
  return kernels;
}
