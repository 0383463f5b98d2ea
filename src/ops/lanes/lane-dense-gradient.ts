import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import { type Frame, forwardFrame } from '../../kernels/offset-lists.js';
import { noFrame } from './lane-frames.js';
import { unpackFramed } from './lane-layout.js';

/**
 * The weight gradient of all weights, by the dense kernels: where no mask limits it, these take a third less time than a list of all
 * weights, also with the way out of lanes; and a product of lanes with lanes, pixel by pixel, is slower than they are, too.
 *
 * @param A in the frame of the forward pass.
 * @param frame in which E stands.
 * @param shape of the kernel: [in, out], or [height, width, in, out].
 */
export function denseWeightGradient(
  A: tf.Tensor,
  E: tf.Tensor,
  frame: Frame,
  shape: number[],
  g: ConvGeometry,
  batch: number,
): tf.Tensor {
  return tf.tidy(() => {
    if (shape.length === 2) {
      const [x, dy] = [unpackFramed(A, noFrame, [batch, g.inChannels]), unpackFramed(E, noFrame, [batch, g.outChannels])];
      return tf.matMul(x, dy, true, false);
    }
    const x = unpackFramed(A, forwardFrame(g), [batch, g.inHeight, g.inWidth, g.inChannels]);
    const dy = unpackFramed(E, frame, [batch, g.outHeight, g.outWidth, g.outChannels]);
    const { top, bottom, left, right } = forwardFrame(g);
    const attrs = {
      strides: [g.strideHeight, g.strideWidth],
      pad: [[0, 0], [top, bottom], [left, right], [0, 0]], // biome-ignore format: sides
      ...{ dataFormat: 'NHWC', dimRoundingMode: 'floor', filterShape: shape },
    };
    return tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
  });
}
