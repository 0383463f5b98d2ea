import type * as tf from '@tensorflow/tfjs';
import { laneExecutor } from './lanes/lane-executor.js';
import { isMasked } from './masked-layer-class.js';
import { type Container, containersOf } from './model-layers.js';
import { type CreateRegionExecutor, Region } from './region.js';
import { markTrainingSteps } from './training-step.js';

/** A region as data. */
export interface RegionGroup {
  /** The model that holds its layers. */
  readonly model: string;
  /** Names of its layers, in the order of execution. */
  readonly layers: readonly string[];
}

/** What may stand in a chain beside masked layers: layers with one input that work image by image or channel by channel. */
const companions = new Set([
  'Activation',
  'AveragePooling1D',
  'AveragePooling2D',
  'BatchNormalization',
  'Dropout',
  'ELU',
  'Flatten',
  'GlobalAveragePooling1D',
  'GlobalAveragePooling2D',
  'LeakyReLU',
  'MaxPooling1D',
  'MaxPooling2D',
  'ReLU',
  'Softmax',
  'ZeroPadding2D',
]);

/** What the types of tfjs hide of a graph. */
interface GraphNode {
  readonly outboundLayer: tf.layers.Layer;
  readonly inputTensors: tf.SymbolicTensor[];
  readonly outputTensors: tf.SymbolicTensor[];
}
interface GraphLayer {
  inboundNodes: GraphNode[];
  readonly outboundNodes: GraphNode[];
}
interface Rerouted {
  sourceLayer: tf.layers.Layer;
  inputs: tf.SymbolicTensor[];
}

/**
 * Groups the maximal chains of a fresh model's layers, each with at least one masked layer, into regions, and reroutes the execution
 * through them: the output of a chain comes from its region, which hangs on the chain's input. Nothing else of the model changes.
 */
export function groupRegions(model: tf.LayersModel, createExecutor: CreateRegionExecutor = laneExecutor): readonly RegionGroup[] {
  markTrainingSteps();
  return containersOf(model).flatMap((container) =>
    chainsOf(container).map((chain) => {
      reroute(chain, new Region(chain, createExecutor));
      return { model: container.name, layers: chain.map(({ name }) => name) };
    }),
  );
}

function chainsOf(container: Container): tf.layers.Layer[][] {
  const outputs = (container as unknown as tf.LayersModel).outputs;
  const members = new Set(container.layers.filter(isChainable));
  /** The layer that alone consumes a layer's output, inside the chain's model. */
  const successor = (layer: tf.layers.Layer): tf.layers.Layer | undefined => {
    const { outboundNodes } = graph(layer);
    const next = outboundNodes[0]?.outboundLayer;
    const inner = outboundNodes.length === 1 && !outputs.includes(nodeOf(layer).outputTensors[0] as tf.SymbolicTensor);
    return inner && next && members.has(next) ? next : undefined;
  };
  const inside = new Set([...members].map(successor));
  return [...members]
    .filter((layer) => !inside.has(layer))
    .map((first) => {
      const chain = [first];
      for (let next = successor(first); next; next = successor(next)) chain.push(next);
      return chain;
    })
    .filter((chain) => chain.some(isMasked));
}

/** One use, one input, a class that a chain may hold. */
function isChainable(layer: tf.layers.Layer): boolean {
  const { inboundNodes } = graph(layer);
  if (inboundNodes.length !== 1 || inboundNodes[0]?.inputTensors.length !== 1) return false;
  return isMasked(layer) || companions.has(layer.getClassName());
}

function reroute(chain: readonly tf.layers.Layer[], region: Region): void {
  const end = nodeOf(chain.at(-1) as tf.layers.Layer);
  const output = end.outputTensors[0] as unknown as Rerouted;
  // The executor of tfjs finds a tensor's layer, that layer's inputs and, by its nodes, its outputs.
  output.sourceLayer = region;
  output.inputs = nodeOf(chain[0] as tf.layers.Layer).inputTensors;
  graph(region).inboundNodes = [end];
}

function nodeOf(layer: tf.layers.Layer): GraphNode {
  return graph(layer).inboundNodes[0] as GraphNode;
}

function graph(layer: tf.layers.Layer): GraphLayer {
  return layer as unknown as GraphLayer;
}
