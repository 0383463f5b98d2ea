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

/** The layers of a model that have kernels, weights of rank 2 and more, with their {@link layerNames}. */
export function namedLayers(model: tf.layers.Layer): Map<tf.layers.Layer, string> {
  return new Map([...layerNames(model)].filter(([layer]) => hasKernels(layer)));
}

/**
 * The layers of a model that hold no other layer, with the names under which they are reported: their own; where layers of different nested
 * models have one name, the second is `name#2`. Those that have kernels come first.
 */
export function layerNames(model: tf.layers.Layer): Map<tf.layers.Layer, string> {
  const names = new Map<tf.layers.Layer, string>();
  const seen = new Map<string, number>();
  const leaves = leavesOf(model);
  for (const layer of [...leaves.filter(hasKernels), ...leaves.filter((leaf) => !hasKernels(leaf))]) {
    const namesakes = (seen.get(layer.name) ?? 0) + 1;
    seen.set(layer.name, namesakes);
    names.set(layer, namesakes === 1 ? layer.name : `${layer.name}#${namesakes}`);
  }
  return names;
}

/**
 * The kernels of a layer, its weights of rank 2 and more, with the names under which they are reported: the layer's own `name`, and in a layer of
 * several `name/<weight>`, the last part of the weight's name, or the last two where that is not enough.
 */
export function namedKernels(layer: tf.layers.Layer, name: string): Map<tf.LayerVariable, string> {
  const kernels = layer.weights.filter((weight) => weight.shape.length >= 2);
  const tails = (length: number) =>
    kernels.map(({ originalName }) =>
      originalName
        .split('/')
        .slice(-length)
        .join('/')
        .replace(/_kernel$/, ''),
    );
  const short = tails(1);
  const parts = new Set(short).size === short.length ? short : tails(2);
  return new Map(kernels.map((kernel, i) => [kernel, kernels.length === 1 ? name : `${name}/${parts[i]}`]));
}

function hasKernels({ weights }: tf.layers.Layer): boolean {
  return weights.some(({ shape }) => shape.length >= 2);
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
