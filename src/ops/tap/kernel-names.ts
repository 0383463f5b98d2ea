import type * as tf from '@tensorflow/tfjs';
import { leavesOf } from '../model-layers.js';

/** A weight of a layer, as tfjs's layers hold it. */
type Weight = tf.layers.Layer['trainableWeights'][number];

/**
 * The names under which a model's kernels are reported, by the id of their variables: the layer's name; `name/depthwise` and
 * `name/pointwise`, and in general `name/<weight>`, in layers of several kernels. Kernels are the trained weights of rank 2 and more.
 * When layers in different nested models have one name, the second is `name#2`.
 */
export function kernelNames(model: tf.LayersModel): Map<number, string> {
  const names = new Map<number, string>();
  const seen = new Map<string, number>();
  for (const layer of leavesOf(model)) {
    const kernels = layer.trainableWeights.filter((weight) => weight.shape.length >= 2);
    if (kernels.length === 0) continue;
    const namesakes = (seen.get(layer.name) ?? 0) + 1;
    seen.set(layer.name, namesakes);
    const name = namesakes === 1 ? layer.name : `${layer.name}#${namesakes}`;
    const parts = partNames(kernels);
    kernels.forEach((kernel, i) => {
      names.set(kernel.read().id, kernels.length === 1 ? name : `${name}/${parts[i]}`);
    });
  }
  return names;
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
