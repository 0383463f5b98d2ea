import type * as tf from '@tensorflow/tfjs';
import { type XnnpackLayer, xnnpackSupport } from '../pruning/xnnpack-support.js';
import { isContainer, leavesOf } from './model-layers.js';
import type { ModelPolicy } from './policy.js';

/** What the types of tfjs hide of a layer's connections. */
interface ConnectedLayer {
  readonly inboundNodes: readonly { readonly inboundLayers: readonly tf.layers.Layer[] }[];
  readonly outboundNodes: readonly { readonly outboundLayer: tf.layers.Layer }[];
}

/**
 * Only the 1x1 convolutions that XNNPACK, behind TFLite, runs faster for their zeros, as tfmot's `PruneForLatencyOnXNNPack` has it: they
 * stand in a sparse subgraph, which begins in each branch of the inputs with a 3x3 convolution of 3 channels and stride 2, `valid` behind
 * a zero padding of 1, and ends in each branch of the outputs with a global average that keeps its axes. tfjs has no such average; one
 * whose only reader is a reshape to [1, 1, channels] counts. Where the subgraph is incomplete or holds a layer that XNNPACK refuses
 * there (see `xnnpackSupport`), nothing is pruned, and each layer says why. Nested models are refused.
 *
 * @returns a rule for the `policy` option of `sparsify`.
 * @example
 * ```ts
 * const dense = tf.sequential({layers: [tf.layers.conv2d({filters: 4, kernelSize: 1, inputShape: [8, 8, 3]})]});
 * const model = sparsify(dense, {policy: xnnpackPolicy()});
 * sparsifyReport(model).skipped[0].reason; // 'XNNPACK has no sparse subgraph here: no 3x3 convolution of stride 2 begins it ...'
 * ```
 */
export function xnnpackPolicy(): ModelPolicy {
  return (model) => {
    const layers = leavesOf(model);
    const subgraph = sparseSubgraph(model);
    if (typeof subgraph === 'string') {
      return new Map(layers.map((layer) => [layer, `XNNPACK has no sparse subgraph here: ${subgraph}`]));
    }
    const reasonFor = (layer: tf.layers.Layer): string | undefined => {
      if (!subgraph.has(layer)) return 'it is outside of the sparse subgraph of XNNPACK';
      return supportOf(layer).prunable ? undefined : 'XNNPACK has sparse kernels for 1x1 convolutions only';
    };
    return new Map(layers.flatMap((layer) => (reasonFor(layer) ? [[layer, reasonFor(layer) as string]] : [])));
  };
}

/** The layers between stems and averages, or why there are none. */
function sparseSubgraph(model: tf.LayersModel): ReadonlySet<tf.layers.Layer> | string {
  const nested = model.layers.find(isContainer);
  if (nested) return `the model holds another, ${nested.name}`;
  const stems = firstOn([...new Set(model.inputs.map(({ sourceLayer }) => sourceLayer))], isStem, consumersOf);
  if (!stems)
    return 'no 3x3 convolution of stride 2 begins it in all branches of the inputs (3 channels, valid, behind a padding of 1)';
  const ends = firstOn([...new Set(model.outputs.map(({ sourceLayer }) => sourceLayer))], isEnd, producersOf);
  if (!ends) return 'no global average that keeps its axes ends it in all branches of the outputs';
  const inside = new Set<tf.layers.Layer>();
  const reached = [...stems].flatMap(consumersOf);
  for (const layer of reached) {
    if (inside.has(layer) || ends.has(layer)) continue;
    if (!supportOf(layer).inside) return `it cannot hold layer ${layer.name} (${layer.getClassName()})`;
    inside.add(layer);
    reached.push(...consumersOf(layer));
  }
  return inside;
}

/** The first layers on all ways from `sources` that pass the test; undefined when a way ends without one. */
function firstOn(
  sources: readonly tf.layers.Layer[],
  test: (layer: tf.layers.Layer) => boolean,
  next: (layer: tf.layers.Layer) => readonly tf.layers.Layer[],
): ReadonlySet<tf.layers.Layer> | undefined {
  const seen = new Set(sources);
  const found = new Set<tf.layers.Layer>();
  for (const layer of seen) {
    if (test(layer)) {
      found.add(layer);
      continue;
    }
    const following = next(layer);
    if (following.length === 0) return undefined;
    for (const each of following) seen.add(each);
  }
  return found;
}

function isStem(layer: tf.layers.Layer): boolean {
  if (plainClassName(layer) !== 'Conv2D') return false;
  const { strides, padding } = configOf(layer);
  const kernel = layer.weights[0]?.shape.slice(0, 3).join();
  return kernel === '3,3,3' && String(strides) === '2,2' && padding === 'valid' && zeroPaddingBefore(layer) === 1;
}

function isEnd(layer: tf.layers.Layer): boolean {
  if (layer.getClassName() !== 'GlobalAveragePooling2D') return false;
  if (configOf(layer).keepDims) return true;
  const readers = consumersOf(layer);
  return readers.length > 0 && readers.every((reader) => /^1,1,\d+$/.test(String(reader.getConfig().targetShape)));
}

function supportOf(layer: tf.layers.Layer): ReturnType<typeof xnnpackSupport> {
  return xnnpackSupport({ className: plainClassName(layer), config: configOf(layer), zeroPadding: zeroPaddingBefore(layer) });
}

function plainClassName(layer: tf.layers.Layer): string {
  return layer.getClassName().replace(/^Masked/, '');
}

function configOf(layer: tf.layers.Layer): NonNullable<XnnpackLayer['config']> {
  return layer.getConfig() as NonNullable<XnnpackLayer['config']>;
}

/** The width of the zero padding right before a layer, where it is the same on all sides; else 0. */
function zeroPaddingBefore(layer: tf.layers.Layer): number {
  const [before, ...others] = producersOf(layer);
  if (before?.getClassName() !== 'ZeroPadding2D' || others.length > 0) return 0;
  const widths = [...new Set((before.getConfig().padding as number[][]).flat())];
  return widths.length === 1 ? (widths[0] as number) : 0;
}

function producersOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  return connections(layer).inboundNodes.flatMap(({ inboundLayers }) => inboundLayers);
}

function consumersOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  return connections(layer).outboundNodes.map(({ outboundLayer }) => outboundLayer);
}

function connections(layer: tf.layers.Layer): ConnectedLayer {
  return layer as unknown as ConnectedLayer;
}
