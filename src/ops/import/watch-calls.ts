import * as tf from '@tensorflow/tfjs';
import { leavesOf } from '../model-layers.js';
import type { RunningLayer } from '../tap/running-layers.js';

/** Who watches the layers of a model at work. */
export interface CallWatch {
  /** The layer that computes now. */
  readonly running: RunningLayer | undefined;
  /** Takes the watch off: the layers are as before. */
  release(): void;
}

/**
 * Watches each layer of a model compute. While predicting a dropout hands its input on: here it hands on a copy, and tells the rate.
 *
 * @param onDropout called with what comes out of a dropout.
 */
export function watchCalls(model: tf.LayersModel, onDropout: (output: tf.Tensor, rate: number) => void): CallWatch {
  let running: RunningLayer | undefined;
  const restore = leavesOf(model).map((layer) => {
    const before = Object.getOwnPropertyDescriptor(layer, 'call');
    const { call } = layer;
    const rate = dropoutRate(layer);
    layer.call = (inputs, kwargs) => {
      const caller = running;
      running = { layer, inputs: [inputs].flat() };
      try {
        const outputs = call.call(layer, inputs, kwargs);
        if (rate === undefined || Array.isArray(outputs)) return outputs;
        const copy = tf.reshape(outputs, outputs.shape);
        onDropout(copy, rate);
        return copy;
      } finally {
        running = caller;
      }
    };
    return () => {
      if (before) Object.defineProperty(layer, 'call', before);
      else delete (layer as Partial<tf.layers.Layer>).call;
    };
  });
  return {
    get running() {
      return running;
    },
    release() {
      for (const put of restore) put();
    },
  };
}

function dropoutRate(layer: tf.layers.Layer): number | undefined {
  if (!/^(Seeded|Spatial)?Dropout/.test(layer.getClassName())) return undefined;
  return layer.getConfig().rate as number;
}
