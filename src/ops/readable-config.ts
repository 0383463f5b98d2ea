import type * as tf from '@tensorflow/tfjs';

/** A layer's config as tfjs 4.22 writes it, from which the same layer is made again. */
export function readableConfig(layer: tf.layers.Layer, config: tf.serialization.ConfigDict): tf.serialization.ConfigDict {
  const { depthMultiplier } = layer as { depthMultiplier?: number };
  if (depthMultiplier === undefined) return config;
  // Of a separable layer it leaves this out.
  if ('pointwiseConstraint' in config) return { ...config, depthMultiplier };
  // Of a depthwise one it writes the regularizer where the constraint belongs, which cannot be read back.
  return config.depthwiseRegularizer ? { ...config, depthwiseConstraint: null } : config;
}
