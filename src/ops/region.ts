import * as tf from '@tensorflow/tfjs';
import type { KernelStore } from './kernel-store.js';
import type { LaneObstacle } from './lanes/lane-flow.js';
import { isMasked, type MaskedLayer } from './masked-layer-class.js';

/** A layer in a region. */
export interface RegionNode {
  readonly layer: tf.layers.Layer;
  /** Where its inputs come from: indices of nodes before it, or -1 for the input of the region. */
  readonly inputs: readonly number[];
}

/** How a layer of a region computed when the region last ran. */
export interface LayerExecution {
  readonly layer: string;
  readonly className: string;
  /** Whether it ran with the sparse kernels, or between layers that did, without leaving their layout. */
  readonly inLanes: boolean;
  /** Why not. */
  readonly obstacle?: LaneObstacle;
}

/**
 * How the layers of a region compute. An executor may hold kernels in any form; whoever prunes, reads or saves goes through the stores
 * that it gives its masked layers.
 */
export interface RegionExecutor {
  /** The output of the last node; recorded for the backward pass where the tape is on. `kwargs` is what tfjs hands to a layer. */
  call(x: tf.Tensor, kwargs: object): tf.Tensor;
  /** Where a masked layer's kernel is kept while the region executes it. */
  storeOf(layer: MaskedLayer): KernelStore;
  /** How the layers computed in the last call, in the order of nodes. */
  report(): readonly LayerExecution[];
}

/** Makes the executor of a sub-graph of built layers, in the order of execution; the last node gives the output. */
export type CreateRegionExecutor = (nodes: readonly RegionNode[]) => RegionExecutor;

/** Runs the nodes in their order, each from the results of those before it; the last result is the region's. */
export function runNodes<Result>(
  nodes: readonly RegionNode[],
  input: Result,
  run: (layer: tf.layers.Layer, inputs: Result[], index: number) => Result,
): Result {
  const results: Result[] = [];
  for (const [index, { layer, inputs }] of nodes.entries()) {
    const values = inputs.map((i) => (i < 0 ? input : (results[i] as Result)));
    results.push(run(layer, values, index));
  }
  return results.at(-1) as Result;
}

/** Applies a layer as tfjs's models do: whatever the type of the result, the next layer sees floats. */
export function applyLayer(layer: tf.layers.Layer, inputs: readonly tf.Tensor[], kwargs: object): tf.Tensor {
  const result = layer.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : [...inputs], kwargs) as tf.Tensor;
  return result.dtype === 'float32' ? result : result.cast('float32');
}

/**
 * One layer that owns the layer objects of a sub-graph with one input and one output. Their model keeps them: its config, weights, summary
 * and `getLayer` see the originals, and only the execution goes through the region.
 */
export class Region extends tf.layers.Layer {
  static readonly className = 'SparsityRegion';
  readonly executor: RegionExecutor;

  constructor(nodes: readonly RegionNode[], createExecutor: CreateRegionExecutor) {
    const last = nodes.at(-1) as RegionNode;
    // tfjs knows the node of a graph by the name of its layer and an index: the region stands at the last layer's node.
    super({ name: last.layer.name });
    this.executor = createExecutor(nodes);
    this.built = true;
    const layers = nodes.map(({ layer }) => layer);
    this.supportsMasking = layers.every((layer) => layer.supportsMasking);
    for (const layer of layers.filter(isMasked)) layer.kernelStores = [this.executor.storeOf(layer)];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor {
    return this.executor.call((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor, kwargs);
  }
}
