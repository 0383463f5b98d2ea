import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { containersOf, leavesOf } from './model-layers.js';
import { readableConfig } from './readable-config.js';

/** What becomes of a layer when its model is rebuilt. */
export interface LayerChange {
  /** Class name of the new layer. */
  readonly className: string;
  /** The new layer's config, from the old one's. */
  readonly config: (old: tf.serialization.ConfigDict) => tf.serialization.ConfigDict;
  /** The new layer's weights, from the old one's; the caller of {@link rebuild} disposes new tensors. @default the same */
  readonly weights?: (old: tf.Tensor[]) => tf.Tensor[];
}

type FromConfig = (
  cls: unknown,
  config: tf.serialization.ConfigDict,
  customObjects: object,
  fastWeightInit: boolean,
) => tf.LayersModel;

/**
 * A new model like the old one, some of whose layers are of another class: the same names, connections, sharing, trainability, weights
 * and metadata. It is not compiled. The old model is as before.
 *
 * @throws SparsityError for a layer that belongs to two models at once, which tfjs's configs cannot say.
 */
export function rebuild<Model extends tf.LayersModel>(
  model: Model,
  change: (layer: tf.layers.Layer) => LayerChange | undefined,
): Model {
  checkRebuildable(model);
  const changes = new Map<tf.layers.Layer, Partial<LayerChange>>(leavesOf(model).map((layer) => [layer, change(layer) ?? {}]));
  const fresh = deserialize(model.getClassName(), configOf(model, changes)) as Model;
  const freshContainers = containersOf(fresh);
  for (const [i, container] of containersOf(model).entries()) {
    if (!container.trainable) (freshContainers[i] as tf.layers.Layer).trainable = false;
  }
  const freshLeaves = leavesOf(fresh);
  tf.tidy(() => {
    for (const [i, [layer, { weights }]] of [...changes].entries()) {
      const values = layer.getWeights();
      if (values.length) (freshLeaves[i] as tf.layers.Layer).setWeights(weights ? weights(values) : values);
    }
  });
  const metadata = model.getUserDefinedMetadata();
  if (metadata) fresh.setUserDefinedMetadata(metadata);
  return fresh;
}

/** A model's config, in which changed layers appear under their new class. */
function configOf(
  model: tf.LayersModel,
  changes: ReadonlyMap<tf.layers.Layer, Partial<LayerChange>>,
): tf.serialization.ConfigDict {
  // Models and wrappers ask each layer for its class name and config, however deep it sits: there they can be told otherwise.
  for (const [layer, { className = layer.getClassName(), config = (same: tf.serialization.ConfigDict) => same }] of changes) {
    const old = readableConfig(layer, layer.getConfig());
    Object.assign(layer, { getClassName: () => className, getConfig: () => config(old) });
  }
  try {
    return JSON.parse(JSON.stringify(model.getConfig()));
  } finally {
    for (const layer of changes.keys()) {
      Reflect.deleteProperty(layer, 'getClassName');
      Reflect.deleteProperty(layer, 'getConfig');
    }
  }
}

/** What `tf.models.modelFromJSON` does, without its promise. */
function deserialize(className: string, config: tf.serialization.ConfigDict): tf.LayersModel {
  const entry = tf.serialization.SerializationMap.getMap().classNameMap[className];
  if (!entry) {
    throw new SparsityError({
      what: 'model class',
      got: className,
      expected: 'a class registered with tf.serialization.registerClass',
      fix: 'register the class, or pass a tf.sequential or tf.model',
    });
  }
  const [cls, fromConfig] = entry as unknown as [unknown, FromConfig];
  return fromConfig(cls, config, {}, true);
}

function checkRebuildable(model: tf.LayersModel): void {
  const owners = new Map<tf.layers.Layer, string>();
  for (const container of containersOf(model)) {
    for (const layer of container.layers) {
      const owner = owners.get(layer);
      if (owner !== undefined) {
        throw new SparsityError({
          what: `layer ${layer.name}`,
          got: `one layer object in the models ${owner} and ${container.name}`,
          expected: 'a layer that belongs to one model, which may be used many times',
          fix: 'put the shared layers into one nested model and share that',
        });
      }
      owners.set(layer, container.name);
    }
  }
}
