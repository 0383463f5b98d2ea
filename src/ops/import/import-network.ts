import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { fileHandler } from '../file-handler.js';
import { type ImportedNetwork, type NetworkOfOptions, networkOf } from './network-of.js';

/**
 * The network of a saved layers model, as {@link networkOf} reads it. A model.json without weights is read too: its network has no
 * non-zeros of weights, and these have to be declared.
 *
 * @param path a directory that `model.save` has written or its model.json; or a URL that tfjs loads from, `https://`, `indexeddb://` ...
 * @throws SparsityError naming the path: no such file, no JSON, a graph model, no model at all, truncated weights, a class that is not
 * registered; and as {@link networkOf}.
 * @example
 * ```ts
 * const {network} = await importNetwork('lenet-90/model.json', {batch: 128});
 * denseArray().start().executeStep(trainingWorks([...syntheticRecords(network, {seed: 1, sparsity: {W: 0, A: 0.5}})], {slots: 1, masked: []}));
 * ```
 */
export async function importNetwork(path: string, options: Omit<NetworkOfOptions, 'weights'> = {}): Promise<ImportedNetwork> {
  const artifacts = await read(path);
  checkLayersModel(path, artifacts);
  const hasWeights = (artifacts.weightSpecs?.length ?? 0) > 0;
  const model = await build(path, artifacts, hasWeights);
  try {
    return networkOf(model, { ...options, weights: hasWeights });
  } finally {
    model.dispose();
  }
}

/** Files of this machine are read here, with tfjs-node or without; the rest is asked of tfjs. */
async function read(path: string): Promise<tf.io.ModelArtifacts> {
  const isUrl = /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
  const handler =
    !isUrl || path.startsWith('file://') ? fileHandler(path.replace(/^file:\/\//, '')) : tf.io.getLoadHandlers(path)[0];
  const load = handler?.load;
  if (!load)
    throw refused(path, 'an address that tfjs cannot load from', 'a directory, a model.json or a URL of one', 'check it');
  return attempt(path, () => load.call(handler));
}

function checkLayersModel(path: string, { format, modelTopology }: tf.io.ModelArtifacts): void {
  const topology = modelTopology as { readonly node?: unknown } | undefined;
  if (format === 'graph-model' || topology?.node !== undefined) {
    const fix = 'convert it with --output_format=tfjs_layers_model: a graph has lost its layers, and cannot be trained';
    throw refused(path, 'a graph model', 'a layers model', fix);
  }
  if (typeof topology !== 'object' || topology === null) {
    throw refused(path, 'JSON without a modelTopology', 'the model.json of a layers model', 'save the model with model.save()');
  }
}

function build(path: string, artifacts: tf.io.ModelArtifacts, hasWeights: boolean): Promise<tf.LayersModel> {
  return attempt(path, () =>
    hasWeights
      ? tf.loadLayersModel(tf.io.fromMemory(artifacts))
      : tf.models.modelFromJSON(artifacts.modelTopology as Parameters<typeof tf.models.modelFromJSON>[0]),
  );
}

async function attempt<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (cause) {
    if (cause instanceof SparsityError) throw cause;
    const got = cause instanceof Error ? cause.message.split('\n')[0] : cause;
    const fix = 'save the model again; layers of your own are registered by tf.serialization.registerClass first';
    throw refused(path, got, 'a layers model that tfjs can build', fix);
  }
}

function refused(path: string, got: unknown, expected: string, fix: string): SparsityError {
  return new SparsityError({ what: `importing ${path}`, got, expected, fix });
}
