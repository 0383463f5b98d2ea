import type * as tf from '@tensorflow/tfjs';
import { isCompanion } from './lanes/lane-companions.js';
import { isMasked, maskedKindOf } from './masked-layer-class.js';
import { type Container, containersOf } from './model-layers.js';
import { type CreateRegionExecutor, type LayerExecution, Region, type RegionNode } from './region.js';
import { markTrainingSteps } from './training-step.js';

/** A region as data. */
export interface RegionGroup {
  /** The model that holds its layers. */
  readonly model: string;
  /** Names of its layers, in the order of execution. */
  readonly layers: readonly string[];
  /** How each of them computed when the region last ran. */
  readonly execution: readonly LayerExecution[];
}

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
 * Groups the layers of a fresh model into regions, the largest connected sub-graphs with one input and one output, each with at least one
 * masked layer, and reroutes the execution through them: the output of a region comes from it, and it hangs on the region's input.
 * Nothing else of the model changes.
 *
 * @returns the regions; their `execution` is that of the moment at which it is read.
 */
export function groupRegions(model: tf.LayersModel, createExecutor: CreateRegionExecutor): readonly RegionGroup[] {
  markTrainingSteps();
  return containersOf(model).flatMap((container) =>
    subgraphsOf(container).map(({ input, layers }) => {
      const region = new Region(nodesOf(layers, input), createExecutor);
      reroute(layers, input, region);
      return {
        model: container.name,
        layers: layers.map(({ name }) => name),
        get execution() {
          return region.executor.report();
        },
      };
    }),
  );
}

/** Layers, in the order of execution, that see one tensor from outside; only the last one's output is seen outside. */
interface Subgraph {
  readonly input: tf.SymbolicTensor;
  readonly layers: tf.layers.Layer[];
}

function subgraphsOf(container: Container): Subgraph[] {
  const free = new Set(container.layers.filter(canJoin));
  const outputs = new Set((container as unknown as tf.LayersModel).outputs);
  const found: Subgraph[] = [];
  // From the model's input on, since a region that begins earlier holds those that begin later.
  for (const input of tensorsOf(container)) {
    for (let layers = largestFrom(input, free, outputs); layers; layers = largestFrom(input, free, outputs)) {
      for (const layer of layers) free.delete(layer);
      found.push({ input, layers });
    }
  }
  return found;
}

/** The largest sub-graph with a masked layer that hangs on a tensor. */
function largestFrom(
  input: tf.SymbolicTensor,
  free: ReadonlySet<tf.layers.Layer>,
  outputs: ReadonlySet<tf.SymbolicTensor>,
): tf.layers.Layer[] | undefined {
  const reached = new Map<tf.SymbolicTensor, tf.layers.Layer>();
  for (const layer of free) {
    const { inputTensors } = nodeOf(layer);
    if (inputTensors.every((tensor) => tensor === input || reached.has(tensor))) reached.set(outputOf(layer), layer);
  }
  const layersBefore = (last: tf.layers.Layer): tf.layers.Layer[] => {
    const members = new Set([last]);
    for (const member of members) {
      for (const tensor of nodeOf(member).inputTensors) {
        if (tensor !== input) members.add(reached.get(tensor) as tf.layers.Layer);
      }
    }
    return [...reached.values()].filter((layer) => members.has(layer));
  };
  for (const last of [...reached.values()].reverse()) {
    const members = layersBefore(last);
    const isInner = (layer: tf.layers.Layer) =>
      !outputs.has(outputOf(layer)) && graph(layer).outboundNodes.every((next) => members.includes(next.outboundLayer));
    if (members.some(isMasked) && members.every((layer) => layer === last || isInner(layer))) return members;
  }
  return undefined;
}

/** The tensors that layers of a model see, in the order in which they come to be: tfjs keeps layers behind those that they depend on. */
function tensorsOf({ layers }: Container): ReadonlySet<tf.SymbolicTensor> {
  return new Set(layers.flatMap((layer) => graph(layer).inboundNodes.flatMap((node) => node.inputTensors)));
}

/** One use and one output, of a class that a region may hold. */
function canJoin(layer: tf.layers.Layer): boolean {
  const { inboundNodes } = graph(layer);
  if (inboundNodes.length !== 1 || !inboundNodes[0]?.inputTensors.length) return false;
  return maskedKindOf(layer)?.op !== undefined || isCompanion(layer.getClassName());
}

function nodesOf(layers: readonly tf.layers.Layer[], input: tf.SymbolicTensor): RegionNode[] {
  const tensors = layers.map(outputOf);
  return layers.map((layer) => ({
    layer,
    inputs: nodeOf(layer).inputTensors.map((tensor) => (tensor === input ? -1 : tensors.indexOf(tensor))),
  }));
}

function reroute(layers: readonly tf.layers.Layer[], input: tf.SymbolicTensor, region: Region): void {
  const end = nodeOf(layers.at(-1) as tf.layers.Layer);
  const output = end.outputTensors[0] as unknown as Rerouted;
  // The executor of tfjs finds a tensor's layer, that layer's inputs and, by its nodes, its outputs.
  output.sourceLayer = region;
  output.inputs = [input];
  graph(region).inboundNodes = [end];
}

function outputOf(layer: tf.layers.Layer): tf.SymbolicTensor {
  return nodeOf(layer).outputTensors[0] as tf.SymbolicTensor;
}

function nodeOf(layer: tf.layers.Layer): GraphNode {
  return graph(layer).inboundNodes[0] as GraphNode;
}

function graph(layer: tf.layers.Layer): GraphLayer {
  return layer as unknown as GraphLayer;
}
