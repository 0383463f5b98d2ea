import type * as tf from '@tensorflow/tfjs';
import { fieldOf, kindForClass, type MaskedKind } from './masked-kinds.js';
import { type OwnLayerClass, registerMaskedLayer } from './register-masked-layer.js';

/** A layer of your own that says itself which of its weights can be pruned, as tfmot's `PrunableLayer` does. */
export interface PrunableLayer extends tf.layers.Layer {
  /** The kernels, as `addWeight` returned them, with channels last; nothing for a layer that is not to be pruned. */
  getPrunableWeights(): readonly tf.LayerVariable[];
}

/** The kind of a layer that names its prunable weights, whose class is registered by that; or why it stays dense. */
export function kindByMethod(layer: PrunableLayer): MaskedKind | string {
  const weights = layer.getPrunableWeights();
  if (!Array.isArray(weights)) return 'its getPrunableWeights gives no list of weights';
  if (weights.length === 0) return 'its getPrunableWeights names no weight';
  if (new Set(weights).size < weights.length) return 'its getPrunableWeights names a weight twice';
  const fields = layer as unknown as Readonly<Record<string, unknown>>;
  const known = kindForClass(layer.constructor);
  if (known) {
    const { kernelFields } = known;
    const own: readonly unknown[] = kernelFields.map((field) => fieldOf(layer, field));
    const areKernels = weights.length === own.length && own.every((kernel) => weights.some((weight) => weight === kernel));
    const others = `names other weights than ${kernelFields.join(', ')}, the kernels of its class`;
    return areKernels ? known : `its getPrunableWeights ${others}`;
  }
  const kernels = weights.map((weight) => Object.keys(fields).find((field) => fields[field] === weight));
  if (kernels.includes(undefined)) return 'its getPrunableWeights names a weight that is in none of its fields';
  registerMaskedLayer(layer.constructor as unknown as OwnLayerClass, { kernel: kernels as string[] });
  return kindForClass(layer.constructor) as MaskedKind;
}
