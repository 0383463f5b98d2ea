import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import { geometryOf } from '../training-kernels-geometry.js';

/** The loops of a 2-D window over images [batch, height, width, channels]; the batch is left out. */
export function windowGeometry(
  images: readonly number[],
  kernel: readonly number[],
  strides: readonly [number, number],
  padding: 'valid' | 'same',
): ConvGeometry {
  const info = tf.backend_util.computeConv2DInfo(
    images as [number, number, number, number],
    kernel as [number, number, number, number],
    strides as [number, number],
    1,
    padding,
  );
  return { ...geometryOf(info), batch: 0 };
}

/** A dense layer as a convolution of one pixel. */
export function denseGeometry(inChannels: number, outChannels: number): ConvGeometry {
  return {
    ...{ batch: 0, inHeight: 1, inWidth: 1, inChannels, outHeight: 1, outWidth: 1, outChannels },
    ...{ kernelHeight: 1, kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
    ...{ padTop: 0, padLeft: 0 },
  };
}

const known = new WeakMap<tf.layers.Layer, { readonly images: readonly number[]; readonly geometry: ConvGeometry }>();

/** The loops of a layer, made anew only for images of another shape than the last ones. */
export function knownGeometry(layer: tf.layers.Layer, images: readonly number[], make: () => ConvGeometry): ConvGeometry {
  const last = known.get(layer);
  if (last && tf.util.arraysEqual([...images], [...last.images])) return last.geometry;
  const geometry = make();
  known.set(layer, { images: [...images], geometry });
  return geometry;
}
