import type * as tf from '@tensorflow/tfjs';
import { type Flow, isElementwise, type LaneFlow, type LayerInternals } from './lane-flow.js';
import { windowGeometry } from './lane-geometry.js';
import type { LaneShape } from './lane-layout.js';
import { laneMaxPool } from './lane-pool.js';

/** A layer without a prunable kernel, applied in lanes; undefined when it has to see the images as tfjs has them. */
type Companion = (layer: tf.layers.Layer, flow: LaneFlow, kwargs: object) => Flow | undefined;

const valueByValue: Companion = (layer, { tensor, images }, kwargs) => ({
  tensor: layer.apply(tensor, kwargs) as tf.Tensor,
  images,
});

const companions: Readonly<Record<string, Companion>> = {
  ReLU: valueByValue,
  LeakyReLU: valueByValue,
  ELU: valueByValue,
  Dropout(layer, flow, kwargs) {
    const { seed, noiseShape } = layer as unknown as { seed?: number | null; noiseShape?: number[] | null };
    // A seed and a shape of the noise speak of the images as they are.
    return seed == null && noiseShape == null ? valueByValue(layer, flow, kwargs) : undefined;
  },
  Activation(layer, flow, kwargs) {
    const { activation } = layer as unknown as LayerInternals;
    return isElementwise(activation?.getClassName() ?? '') ? valueByValue(layer, flow, kwargs) : undefined;
  },
  Flatten(layer, { tensor, images }) {
    if ((layer as unknown as LayerInternals).dataFormat === 'channelsFirst') return undefined;
    const [blocks, height, width, channels] = tensor.shape as LaneShape;
    const features = height * width * channels;
    return { tensor: tensor.reshape([blocks, 1, 1, features, 32]), images: [images[0] as number, features] };
  },
  MaxPooling2D(layer, { tensor, images }) {
    const { poolSize, strides, padding, dataFormat } = layer as unknown as Required<LayerInternals>;
    if (dataFormat === 'channelsFirst') return undefined;
    const [batch, , , channels] = images as [number, number, number, number];
    const g = windowGeometry(images, [...poolSize, channels, channels], strides, padding);
    return { tensor: laneMaxPool(tensor, g), images: [batch, g.outHeight, g.outWidth, channels] };
  },
};

/** Applies a layer in lanes, if it can be. */
export function applyInLanes(layer: tf.layers.Layer, flow: LaneFlow, kwargs: object): Flow | undefined {
  return companions[layer.getClassName()]?.(layer, flow, kwargs);
}
