import * as tf from '@tensorflow/tfjs';
import { leavesOf } from '../model-layers.js';

/**
 * Watches the dropouts of a model. While predicting a dropout hands its input on: here it hands on a copy, and tells the rate.
 *
 * @param onDropout called with what comes out of a dropout.
 * @returns takes the watch off: the layers are as before.
 */
export function watchDropouts(model: tf.LayersModel, onDropout: (output: tf.Tensor, rate: number) => void): () => void {
  const dropouts = leavesOf(model).filter((layer) => /^(Seeded|Spatial)?Dropout/.test(layer.getClassName()));
  const restore = dropouts.map((layer) => {
    const before = Object.getOwnPropertyDescriptor(layer, 'call');
    const { call } = layer;
    const { rate } = layer.getConfig();
    layer.call = (inputs, kwargs) => {
      const outputs = call.call(layer, inputs, kwargs);
      if (Array.isArray(outputs)) return outputs;
      const copy = tf.reshape(outputs, outputs.shape);
      onDropout(copy, rate as number);
      return copy;
    };
    return () => {
      if (before) Object.defineProperty(layer, 'call', before);
      else delete (layer as Partial<tf.layers.Layer>).call;
    };
  });
  return () => {
    for (const put of restore) put();
  };
}
