import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import { forwardFrame } from '../../kernels/offset-lists.js';
import { fromLanes } from './lane-layout.js';

/**
 * The weight gradient of all weights, by the dense kernels: where no mask limits it, these take a third less time than a list of all
 * weights, also with the way out of lanes.
 *
 * @param shape of the kernel: [in, out], or [height, width, in, out].
 */
export function denseWeightGradient(A: tf.Tensor, E: tf.Tensor, shape: number[], g: ConvGeometry, batch: number): tf.Tensor {
  return tf.tidy(() => {
    if (shape.length === 2) {
      const [x, dy] = [fromLanes(A, [batch, g.inChannels]), fromLanes(E, [batch, g.outChannels])];
      return tf.matMul(x, dy, true, false);
    }
    const x = fromLanes(A, [batch, g.inHeight, g.inWidth, g.inChannels]);
    const dy = fromLanes(E, [batch, g.outHeight, g.outWidth, g.outChannels]);
    const { top, bottom, left, right } = forwardFrame(g);
    const attrs = {
      strides: [g.strideHeight, g.strideWidth],
      pad: [[0, 0], [top, bottom], [left, right], [0, 0]], // biome-ignore format: sides
      ...{ dataFormat: 'NHWC', dimRoundingMode: 'floor', filterShape: shape },
    };
    return tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
  });
}
