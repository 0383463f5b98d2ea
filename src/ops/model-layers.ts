import type * as tf from '@tensorflow/tfjs';

/** A model as a layer that holds layers; `tf.LayersModel` and `tf.Sequential`, nested or not. */
export interface Container extends tf.layers.Layer {
  readonly layers: tf.layers.Layer[];
}

/** Whether a layer is a model. */
export function isContainer(layer: tf.layers.Layer): layer is Container {
  return Array.isArray((layer as Partial<Container>).layers);
}

/** Every model in a model, the outermost first; each once. */
export function containersOf(model: tf.layers.Layer): Container[] {
  return [...new Set(walk(model))].filter(isContainer);
}

/** Every layer of a model that holds no other layer, in model order; each once, however often and deep it is used. */
export function leavesOf(model: tf.layers.Layer): tf.layers.Layer[] {
  return [...new Set(walk(model))].filter((layer) => childrenOf(layer).length === 0);
}

/** Depth first; a layer that is used twice comes twice. */
function* walk(layer: tf.layers.Layer): Iterable<tf.layers.Layer> {
  yield layer;
  for (const child of childrenOf(layer)) yield* walk(child);
}

function childrenOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  if (isContainer(layer)) return layer.layers;
  // A bidirectional wrapper keeps the layer it was given as a pattern only, and runs two copies of it.
  const { layer: wrapped, forwardLayer } = layer as { layer?: tf.layers.Layer; forwardLayer?: tf.layers.Layer };
  return wrapped && !forwardLayer ? [wrapped] : [];
}
