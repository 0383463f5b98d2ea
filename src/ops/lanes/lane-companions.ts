import * as tf from '@tensorflow/tfjs';
import { withoutChain } from '../op-chain.js';
import { laneAdd } from './lane-add.js';
import { laneConcatenate, lanePad, laneReshape } from './lane-arrange.js';
import { laneBatchNormalization } from './lane-batch-normalization.js';
import { type Flow, isElementwise, isRelu, type LaneFlow, type LaneObstacle, type LayerInternals } from './lane-flow.js';
import { knownGeometry, windowGeometry } from './lane-geometry.js';
import type { LaneShape } from './lane-layout.js';
import { laneAveragePool, laneGlobalMaxPool, laneMaxPool } from './lane-pool.js';
import { laneRelu } from './lane-relu.js';

/** How a region calls a layer. */
export interface LayerCall {
  /** What tfjs hands to it. */
  readonly kwargs: { readonly training?: boolean };
  /** Whether the next layer, and only that, takes the relu of the output: what can may apply it. */
  readonly thenRelu: boolean;
}

/** A layer without a prunable kernel, applied in lanes, or why it cannot be. */
type Companion = (layer: tf.layers.Layer, flows: readonly [LaneFlow, ...LaneFlow[]], call: LayerCall) => Flow | LaneObstacle;

const valueByValue: Companion = (layer, [{ tensor, images }], { kwargs }) => ({
  tensor: withoutChain([tensor], () => layer.apply(tensor, kwargs) as tf.Tensor),
  images,
});

const relu: Companion = (_, [flow]) => (flow.rectified ? flow : { ...flow, tensor: laneRelu(flow.tensor), rectified: true });

/** The loops of a pooling layer. */
function poolGeometry(layer: tf.layers.Layer, images: readonly number[]): ReturnType<typeof windowGeometry> {
  const { poolSize, strides, padding } = layer as unknown as Required<LayerInternals>;
  const channels = images[3] as number;
  return knownGeometry(layer, images, () => windowGeometry(images, [...poolSize, channels, channels], strides, padding));
}

/** The loops of max pooling whose windows lie side by side from the first pixel on, so that the layer before may do it; else undefined. */
export function tilingPool(layer: tf.layers.Layer, images: readonly number[]): ReturnType<typeof windowGeometry> | undefined {
  const { dataFormat } = layer as unknown as LayerInternals;
  if (layer.getClassName() !== 'MaxPooling2D' || dataFormat === 'channelsFirst') return undefined;
  const g = poolGeometry(layer, images);
  const isTiling = g.kernelHeight === g.strideHeight && g.kernelWidth === g.strideWidth && g.padTop + g.padLeft === 0;
  return isTiling ? g : undefined;
}

type Window = (x: tf.Tensor, g: ReturnType<typeof windowGeometry>) => tf.Tensor;

/** Pooling by windows. */
const pooling =
  (pool: Window): Companion =>
  (layer, [{ tensor, images, pooled }]) => {
    if ((layer as unknown as LayerInternals).dataFormat === 'channelsFirst') return 'channelsFirst';
    const g = poolGeometry(layer, images);
    const pooledImages = [images[0] as number, g.outHeight, g.outWidth, g.outChannels];
    return { tensor: pooled ? tensor : pool(tensor, g), images: pooledImages };
  };

/** Pooling of whole maps. */
const globalPooling =
  (pool: Window): Companion =>
  (layer, [{ tensor, images }]) => {
    if ((layer as unknown as LayerInternals).dataFormat === 'channelsFirst') return 'channelsFirst';
    const [batch, height, width, channels] = images as [number, number, number, number];
    const g = knownGeometry(layer, images, () => windowGeometry(images, [height, width, channels, channels], [1, 1], 'valid'));
    return { tensor: pool(tensor, g), images: [batch, channels] };
  };

const companions: Readonly<Record<string, Companion>> = {
  LeakyReLU: valueByValue,
  ELU: valueByValue,
  ReLU: (layer, flows, call) => (isRelu(layer) ? relu : valueByValue)(layer, flows, call),
  Dropout(layer, flows, call) {
    const { seed, noiseShape } = layer as unknown as { seed?: number | null; noiseShape?: number[] | null };
    // A seed and a shape of the noise speak of the images as they are.
    return seed == null && noiseShape == null ? valueByValue(layer, flows, call) : 'seededDropout';
  },
  Activation(layer, flows, call) {
    if (isRelu(layer)) return relu(layer, flows, call);
    const { activation } = layer as unknown as LayerInternals;
    return isElementwise(activation?.getClassName() ?? '') ? valueByValue(layer, flows, call) : 'unsupportedLayer';
  },
  Flatten(layer, [{ tensor, images }]) {
    if ((layer as unknown as LayerInternals).dataFormat === 'channelsFirst') return 'channelsFirst';
    const [blocks, height, width, channels] = tensor.shape as LaneShape;
    const features = height * width * channels;
    return { tensor: laneReshape(tensor, [blocks, 1, 1, features, 32]), images: [images[0] as number, features] };
  },
  ZeroPadding2D(layer, [{ tensor, images }]) {
    const { padding, dataFormat } = layer as unknown as { padding: [[number, number], [number, number]]; dataFormat: string };
    if (dataFormat === 'channelsFirst') return 'channelsFirst';
    const [[top, bottom], [left, right]] = padding;
    const [batch, height, width, channels] = images as [number, number, number, number];
    return {
      tensor: lanePad(tensor, { top, bottom, left, right }),
      images: [batch, top + height + bottom, left + width + right, channels],
    };
  },
  BatchNormalization: laneBatchNormalization,
  MaxPooling2D: pooling(laneMaxPool),
  AveragePooling2D: pooling(laneAveragePool),
  GlobalMaxPooling2D: globalPooling(laneGlobalMaxPool),
  GlobalAveragePooling2D: globalPooling(laneAveragePool),
  Add(_, flows, { thenRelu }) {
    const [{ images }] = flows;
    if (flows.some((flow) => !tf.util.arraysEqual(flow.images, images))) return 'unsupportedLayer';
    const tensors = flows.map(({ tensor }) => tensor);
    return { tensor: laneAdd(tensors, thenRelu), images, rectified: thenRelu };
  },
  Concatenate(layer, flows) {
    const { axis } = layer as unknown as { axis: number };
    const [{ images }] = flows;
    if (axis !== -1 && axis !== images.length - 1) return 'otherAxis';
    const channels = flows.reduce((sum, flow) => sum + (flow.images.at(-1) as number), 0);
    return { tensor: laneConcatenate(flows.map((flow) => flow.tensor)), images: [...images.slice(0, -1), channels] };
  },
};

/** They run outside of lanes, between layers that do not. */
const besides = new Set(['AveragePooling1D', 'GlobalAveragePooling1D', 'MaxPooling1D', 'Softmax']);

/** Whether a region may hold layers of a class beside masked ones: they work image by image, or channel by channel. */
export function isCompanion(className: string): boolean {
  return Object.hasOwn(companions, className) || besides.has(className);
}

/** Applies a layer in lanes, or says why it cannot be. */
export function applyInLanes(
  layer: tf.layers.Layer,
  flows: readonly [LaneFlow, ...LaneFlow[]],
  call: LayerCall,
): Flow | LaneObstacle {
  return companions[layer.getClassName()]?.(layer, flows, call) ?? 'unsupportedLayer';
}
