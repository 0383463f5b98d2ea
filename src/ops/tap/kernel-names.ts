import type * as tf from '@tensorflow/tfjs';
import { namedLayers } from '../model-layers.js';

/** A weight of a layer, as tfjs's layers hold it. */
type Weight = tf.layers.Layer['weights'][number];

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
  for (const [layer, name] of namedLayers(model)) {
    const weights = layer.weights.filter((weight) => weight.shape.length >= 2);
    const parts = partNames(weights);
    weights.forEach((weight, i) => {
      const trained = layer.trainableWeights.includes(weight);
      kernels.set(weight.read().id, { name: weights.length === 1 ? name : `${name}/${parts[i]}`, trained });
    });
  }
  return kernels;
}

/** The last part of each weight's name; the last two where that is not enough. */
function partNames(kernels: readonly Weight[]): string[] {
  const tails = (length: number) =>
    kernels.map(({ originalName }) =>
      originalName
        .split('/')
        .slice(-length)
        .join('/')
        .replace(/_kernel$/, ''),
    );
  const short = tails(1);
  return new Set(short).size === short.length ? short : tails(2);
}
