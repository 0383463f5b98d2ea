import * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../kernels/index.js';
import type { HeapKernel } from './training-kernels-heap.js';

export type Shape4D = [number, number, number, number];

/** tfjs's geometry in the words of the kernels; of a 3-D convolution, that of its planes. */
export function geometryOf(info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo): ConvGeometry {
  return {
    batch: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    kernelHeight: info.filterHeight,
    kernelWidth: info.filterWidth,
    strideHeight: info.strideHeight,
    strideWidth: info.strideWidth,
    dilationHeight: info.dilationHeight,
    dilationWidth: info.dilationWidth,
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

/** The loops of a gradient, whose outputs are those of the error: tfjs does not tell its gradients how their sizes were rounded. */
export function gradientGeometryOf(info: tf.backend_util.Conv2DInfo, { shape }: tf.TensorInfo): ConvGeometry {
  const [, outHeight, outWidth] = shape as Shape4D;
  return { ...geometryOf(info), outHeight, outWidth };
}

/**
 * tfjs's own convolution or pooling, given the padding of each side that its outputs need. XNNPACK, which runs it, works the outputs out anew: of
 * 'same' it makes zeros where a stride is larger than the kernel, of a number (for which tfjs takes both axes to be as the height) often more than
 * tfjs has made room for, or fewer. Those beyond are cut off. Where there are no outputs it would spoil the heap.
 */
export function stockWithSides(
  info: tf.backend_util.Conv2DInfo,
  ...[inputs, attrs, heap, stock]: Parameters<HeapKernel>
): tf.TensorInfo {
  const { outHeight, outWidth, outShape, padInfo } = info;
  if (outShape.some((length) => length <= 0)) return heap.zeros(outShape);
  const { top, left } = padInfo;
  const bottom = Math.max(0, (outHeight - 1) * info.strideHeight + info.effectiveFilterHeight - info.inHeight - top);
  const right = Math.max(0, (outWidth - 1) * info.strideWidth + info.effectiveFilterWidth - info.inWidth - left);
  const pad = [[0, 0], [top, bottom], [left, right], [0, 0]]; // biome-ignore format: sides
  const y = stock(inputs, { ...attrs, pad, dimRoundingMode: 'floor' });
  if (tf.util.arraysEqual(y.shape, outShape)) return y;
  const cut = heap.run('Slice', { x: y }, { begin: [0, 0, 0, 0], size: outShape });
  heap.dispose(y);
  return cut;
}
