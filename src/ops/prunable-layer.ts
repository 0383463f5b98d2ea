import type * as tf from '@tensorflow/tfjs';
import { kindForClass, type MaskedKind } from './masked-kinds.js';
import { type OwnLayerClass, registerMaskedLayer } from './register-masked-layer.js';

/** A layer of your own that says itself which of its weights can be pruned, as tfmot's `PrunableLayer` does. */
export interface PrunableLayer extends tf.layers.Layer {
  /** The kernel, as `addWeight` returned it, with channels last; nothing for a layer that is not to be pruned. */
  getPrunableWeights(): readonly tf.LayerVariable[];
}

/** The kind of a layer that names its prunable weights, whose class is registered by that; or why it stays dense. */
export function kindByMethod(layer: PrunableLayer): MaskedKind | string {
  const weights = layer.getPrunableWeights();
  if (!Array.isArray(weights)) return 'its getPrunableWeights gives no list of weights';
  if (weights.length !== 1) return `its getPrunableWeights names ${weights.length} weights: a layer has one kernel with masks`;
  const fields = layer as unknown as Readonly<Record<string, unknown>>;
  const known = kindForClass(layer.constructor);
  if (known) {
    const isKernel = fields[known.kernelField] === weights[0];
    return isKernel ? known : `its getPrunableWeights names another weight than ${known.kernelField}, the kernel of its class`;
  }
  const kernel = Object.keys(fields).find((field) => fields[field] === weights[0]);
  if (kernel === undefined) return 'its getPrunableWeights names a weight that is in none of its fields';
  registerMaskedLayer(layer.constructor as unknown as OwnLayerClass, { kernel });
  return kindForClass(layer.constructor) as MaskedKind;
}
