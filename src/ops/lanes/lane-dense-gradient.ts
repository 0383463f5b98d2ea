import * as tf from '@tensorflow/tfjs';
import { type ConvGeometry, gemmScratchBytes, type Pointer } from '../../kernels/index.js';
import { type Frame, forwardFrame } from '../../kernels/offset-lists.js';
import { noFrame } from './lane-frames.js';
import { unpackFramed } from './lane-layout.js';
import { onHeap } from './on-heap.js';

/**
 * The weight gradient of all weights, by the dense kernels: where no mask limits it, these take a third less time than a list of all
 * weights, also with the way out of lanes; and a product of lanes with lanes, pixel by pixel, is slower than they are, too.
 *
 * @param A in the frame of the forward pass.
 * @param frame in which E stands.
 * @param shape of the kernel: [in, out], or [height, width, in, out].
 * @param begin what the products are added to, in its place: nobody else holds it; undefined for zeros.
 */
export function denseWeightGradient(
  A: tf.Tensor,
  E: tf.Tensor,
  frame: Frame,
  shape: number[],
  geometry: ConvGeometry,
  begin: tf.Tensor | undefined,
): tf.Tensor {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = geometry;
  return tf.tidy(() => {
    const isDense = shape.length === 2;
    const x = unpackFramed(A, isDense ? noFrame : forwardFrame(geometry), [batch, inHeight, inWidth, inChannels]);
    const dy = unpackFramed(E, frame, [batch, outHeight, outWidth, outChannels]);
    return onHeap({ x, dy, ...(begin ? { begin } : {}) }, (heap, inputs) => {
      const { kernels } = heap;
      const dw = inputs.begin ? heap.share(inputs.begin) : heap.zeros(shape);
      const [xAt, dyAt, out] = [inputs.x, inputs.dy, dw].map((t) => heap.pointer(t as tf.TensorInfo)) as Pointers;
      const row = 4 * outChannels;
      if (isDense) {
        const [m, n] = [inChannels, outChannels];
        heap.scratch(gemmScratchBytes, (room) =>
          kernels.gemm(m, n, batch, xAt, 4, 4 * inChannels, dyAt, row, false, out, row, room),
        );
      } else {
        const bytes = kernels.conv2dFilterGradientScratch(geometry);
        heap.scratch(bytes, (room) => kernels.conv2dFilterGradient(xAt, dyAt, out, room, geometry));
      }
      return dw;
    });
  });
}

type Pointers = [x: Pointer, dy: Pointer, out: Pointer];
