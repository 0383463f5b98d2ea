import * as tf from '@tensorflow/tfjs';
import { geometryOf, type Shape4D, stockWithSides } from './training-kernels-geometry.js';
import type { HeapKernel } from './training-kernels-heap.js';

/** tf.depthwiseConv2d, plain or fused. */
export const depthwiseConv2d: HeapKernel = (inputs, attrs, heap, stock) => {
  const { strides, pad, dilations, dimRoundingMode } = attrs as unknown as tf.DepthwiseConv2dNativeAttrs;
  const shapes = [inputs.x.shape as Shape4D, inputs.filter.shape as Shape4D] as const;
  const info = tf.backend_util.computeConv2DInfo(...shapes, strides, dilations ?? 1, pad, dimRoundingMode, true);
  return stockWithSides(info, inputs, attrs, heap, stock);
};

/** dW of tf.depthwiseConv2d: a channel multiplier is one pass per plane dy[..., m]. */
export const depthwiseBackpropFilter: HeapKernel = ({ x, dy }, attrs, heap) => {
  const { strides, pad, dilations, dimRoundingMode, filterShape } =
    attrs as unknown as tf.DepthwiseConv2dNativeBackpropFilterAttrs;
  const shape = x.shape as Shape4D;
  const g = geometryOf(tf.backend_util.computeConv2DInfo(shape, filterShape, strides, dilations, pad, dimRoundingMode, true));
  const { kernels, pointer } = heap;
  const dw = heap.zeros(filterShape);
  const multiplier = g.outChannels / g.inChannels;
  if (multiplier === 1) {
    kernels.depthwiseFilterGradient(pointer(x), pointer(dy), pointer(dw), g);
    return dw;
  }
  const dyPlane = tf.util.sizeFromShape(dy.shape) / multiplier;
  const dwPlane = tf.util.sizeFromShape(filterShape) / multiplier;
  heap.scratch(4 * (dyPlane + dwPlane), (dyAt) => {
    const dwAt = dyAt + 4 * dyPlane;
    for (let m = 0; m < multiplier; m++) {
      kernels.copyStrided(pointer(dy) + 4 * m, multiplier, dyAt, 1, dyPlane);
      heap.clear(dwAt, 4 * dwPlane);
      kernels.depthwiseFilterGradient(pointer(x), dyAt, dwAt, g);
      kernels.copyStrided(dwAt, 1, pointer(dw) + 4 * m, multiplier, dwPlane);
    }
  });
  return dw;
};

/** dx of tf.depthwiseConv2d: a channel multiplier is one pass per plane dy[..., m], w[..., m]. */
export const depthwiseBackpropInput: HeapKernel = ({ dy, filter }, attrs, heap) => {
  const { strides, pad, dilations, dimRoundingMode, inputShape } = attrs as unknown as tf.DepthwiseConv2dNativeBackpropInputAttrs;
  const shape = filter.shape as Shape4D;
  const g = geometryOf(tf.backend_util.computeConv2DInfo(inputShape, shape, strides, dilations, pad, dimRoundingMode, true));
  const { kernels, pointer } = heap;
  const dx = heap.zeros(inputShape);
  const multiplier = g.outChannels / g.inChannels;
  if (multiplier === 1) {
    kernels.depthwiseInputGradient(pointer(dy), pointer(filter), pointer(dx), g);
    return dx;
  }
  const dyPlane = tf.util.sizeFromShape(dy.shape) / multiplier;
  const wPlane = tf.util.sizeFromShape(filter.shape) / multiplier;
  heap.scratch(4 * (dyPlane + wPlane), (dyAt) => {
    const wAt = dyAt + 4 * dyPlane;
    for (let m = 0; m < multiplier; m++) {
      kernels.copyStrided(pointer(dy) + 4 * m, multiplier, dyAt, 1, dyPlane);
      kernels.copyStrided(pointer(filter) + 4 * m, multiplier, wAt, 1, wPlane);
      kernels.depthwiseInputGradient(dyAt, wAt, pointer(dx), g);
    }
  });
  return dx;
};
