import * as tf from '@tensorflow/tfjs';
import { leavesOf } from '../model-layers.js';

/** A layer that computes, and what it was given. */
export interface RunningLayer {
  readonly layer: tf.layers.Layer;
  readonly inputs: readonly tf.Tensor[];
}

/** Layers that compute now, the innermost last. */
const running: RunningLayer[] = [];
/** How many watch a layer, and what takes the watch off. */
const watched = new Map<tf.layers.Layer, { watchers: number; release(): void }>();

/** The innermost of these layers that computes now; those of other watched models may compute in it, or it in them. */
export function runningLayer(own: { has(layer: tf.layers.Layer): boolean }): RunningLayer | undefined {
  return running.findLast(({ layer }) => own.has(layer));
}

/** Notes which layers of a model compute, until the returned function is called. However many watch a layer, it is wrapped once. */
export function watchLayers(model: tf.LayersModel): () => void {
  const layers = leavesOf(model);
  for (const layer of layers) {
    const watch = watched.get(layer) ?? { watchers: 0, release: wrapCall(layer) };
    watch.watchers += 1;
    watched.set(layer, watch);
  }
  return () => {
    for (const layer of layers.splice(0)) {
      const watch = watched.get(layer);
      if (!watch || --watch.watchers > 0) continue;
      watched.delete(layer);
      watch.release();
    }
  };
}

/** What is returned takes the wrapper off, unless somebody else has wrapped it since: then it goes on without noting anything. */
function wrapCall(layer: tf.layers.Layer): () => void {
  const before = Object.getOwnPropertyDescriptor(layer, 'call');
  const { call } = layer;
  const wrapper: typeof call = (inputs, kwargs) => {
    running.push({ layer, inputs: [inputs].flat().filter((input) => input instanceof tf.Tensor) });
    try {
      return call.call(layer, inputs, kwargs);
    } finally {
      running.pop();
    }
  };
  layer.call = wrapper;
  return () => {
    if (layer.call !== wrapper) return;
    if (before) Object.defineProperty(layer, 'call', before);
    else delete (layer as Partial<tf.layers.Layer>).call;
  };
}
