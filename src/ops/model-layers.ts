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
  const leaves = leavesOf(model);
  const layers = [...leaves.filter(hasKernels), ...leaves.filter((leaf) => !hasKernels(leaf))];
  const names = numbered(layers.map((layer) => layer.name));
  return new Map(layers.map((layer, i) => [layer, names[i] as string]));
}

/**
 * The kernels of a layer, its weights of rank 2 and more, with the names under which they are reported: the layer's own `name`, and in a layer of
 * several `name/<weight>`, as few of the last parts of the weights' names as tell them apart, without `_kernel` at the end where that does too.
 */
export function namedKernels(layer: tf.layers.Layer, name: string): Map<tf.LayerVariable, string> {
  const kernels = layer.weights.filter((weight) => weight.shape.length >= 2);
  if (kernels.length === 1) return new Map(kernels.map((kernel) => [kernel, name]));
  const paths = kernels.map(({ originalName }) => originalName.split('/'));
  const depth = Math.max(0, ...paths.map(({ length }) => length));
  const tailsOf = (length: number) => paths.map((path) => path.slice(-length).join('/'));
  const choices = Array.from({ length: depth }, (_, i) => tailsOf(i + 1)).flatMap((tails) => [
    tails.map((tail) => tail.replace(/_kernel$/, '')),
    tails,
  ]);
  const parts = choices.find((tails) => new Set(tails).size === tails.length) ?? numbered(choices.at(-1) ?? []);
  return new Map(kernels.map((kernel, i) => [kernel, `${name}/${parts[i]}`]));
}

/** Names of which none comes twice: the second of one name is `name#2`. */
function numbered(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const namesakes = (seen.get(name) ?? 0) + 1;
    seen.set(name, namesakes);
    return namesakes === 1 ? name : `${name}#${namesakes}`;
  });
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
