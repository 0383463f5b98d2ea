import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { ConvGeometry } from '../kernels/index.js';
import { geometryOf } from './training-kernels-geometry.js';
import type { HeapKernel } from './training-kernels-heap.js';

type Shape5D = [number, number, number, number, number];

/** Byte offsets of the planes that meet: one of the input, one of the output, and the kernel's slice between them. */
type Visit = (input: number, output: number, slice: number) => void;

/** dW of tf.conv3d, NDHWC: a 2-D filter gradient for each pair of planes. tfjs's own is wrong for strides above 1. */
export const conv3dBackpropFilter: HeapKernel = ({ x, dy }, attrs, heap) => {
  const { strides, pad, filterShape } = attrs as unknown as tf.Conv3DBackpropFilterV2Attrs;
  const info = tf.backend_util.computeConv3DInfo(x.shape as Shape5D, filterShape, strides, 1, pad);
  const g = planeGeometry(info);
  const dw = heap.zeros(filterShape);
  const { kernels, pointer } = heap;
  heap.scratch(kernels.conv2dFilterGradientScratch(g), (scratch) =>
    forEachPlanePair(info, (input, output, slice) =>
      kernels.conv2dFilterGradient(pointer(x) + input, pointer(dy) + output, pointer(dw) + slice, scratch, g),
    ),
  );
  return dw;
};

/** dx of tf.conv3d, NDHWC: a 2-D input gradient for each pair of planes. tfjs's own is wrong. */
export const conv3dBackpropInput: HeapKernel = ({ dy, filter }, attrs, heap) => {
  const { strides, pad, inputShape } = attrs as unknown as tf.Conv3DBackpropInputV2Attrs;
  const info = tf.backend_util.computeConv3DInfo(inputShape, filter.shape as Shape5D, strides, 1, pad);
  const g = planeGeometry(info);
  const dx = heap.zeros(inputShape);
  const { kernels, pointer } = heap;
  heap.scratch(kernels.conv2dInputGradientScratch(g), (scratch) =>
    forEachPlanePair(info, (input, output, slice) =>
      kernels.conv2dInputGradient(pointer(dy) + output, pointer(filter) + slice, pointer(dx) + input, scratch, g),
    ),
  );
  return dx;
};

/** The 2-D convolution between one plane of the input and one of the output. */
function planeGeometry(info: tf.backend_util.Conv3DInfo): ConvGeometry {
  const { top, left } = info.padInfo;
  // tfjs computes a negative padding for strides larger than the kernel, and shifts its forward pass by it.
  if (top < 0 || left < 0) {
    throw new SparsityError({
      what: "gradient of a 3-D convolution with padding 'same' on the wasm backend",
      got: `strides of ${info.strideHeight} x ${info.strideWidth} on a kernel of ${info.filterHeight} x ${info.filterWidth}`,
      expected: 'strides no larger than the kernel',
      fix: "build the layer with padding 'valid'",
    });
  }
  return { ...geometryOf(info), batch: 1 };
}

function forEachPlanePair(info: tf.backend_util.Conv3DInfo, visit: Visit): void {
  const inPlane = 4 * info.inHeight * info.inWidth * info.inChannels;
  const outPlane = 4 * info.outHeight * info.outWidth * info.outChannels;
  const slice = 4 * info.filterHeight * info.filterWidth * info.inChannels * info.outChannels;
  for (let image = 0; image < info.batchSize; image++) {
    for (let out = 0; out < info.outDepth; out++) {
      for (let tap = 0; tap < info.filterDepth; tap++) {
        const from = out * info.strideDepth - info.padInfo.front + tap;
        if (from < 0 || from >= info.inDepth) continue;
        visit((image * info.inDepth + from) * inPlane, (image * info.outDepth + out) * outPlane, tap * slice);
      }
    }
  }
}
