import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { type ConvGeometry, isEmpty } from '../kernels/geometry.js';
import { activated } from './training-kernels-activation.js';
import { geometryOf, gradientGeometryOf, type Shape4D, stockWithSides } from './training-kernels-geometry.js';
import type { HeapKernel, WasmHeap } from './training-kernels-heap.js';

/** Images fill the tiles of our forward pass by fours; where more than this share of them stays empty, tfjs's kernel is faster. */
const emptyShare = 0.3;

/**
 * Whether our forward pass takes a convolution. tfjs's gives wrong sums for some strides larger than the kernel, and spoils its heap where there
 * are none, so those are ours.
 */
function isOurs(g: ConvGeometry): boolean {
  if (isEmpty(g)) return true;
  if (g.dilationHeight > 1 || g.dilationWidth > 1) return false;
  const places = 4 * Math.ceil(g.batch / 4);
  return places - g.batch <= emptyShare * places || g.strideHeight > g.kernelHeight || g.strideWidth > g.kernelWidth;
}

/** y of tf.conv2d, NHWC. */
export const conv2d: HeapKernel = (inputs, attrs, heap, stock) => {
  const { x, filter } = inputs;
  const { strides, pad, dataFormat, dilations, dimRoundingMode } = attrs as unknown as tf.Conv2DAttrs;
  if (dataFormat === 'NCHW') return stock(inputs, attrs);
  const shapes = [x.shape as Shape4D, filter.shape as Shape4D] as const;
  const info = tf.backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode);
  const g = geometryOf(info);
  if (!isOurs(g)) return stockWithSides(info, inputs, attrs, heap, stock);
  const y = heap.zeros(info.outShape);
  addConvolution(heap, x, filter, y, g);
  return y;
};

/** tf.fused.conv2d, NHWC: the bias is what the sums start from. */
export const fusedConv2d: HeapKernel = (inputs, attrs, heap, stock) => {
  const { x, filter } = inputs;
  const { bias, preluActivationWeights } = inputs as Partial<typeof inputs>;
  const { strides, pad, dataFormat, dilations, dimRoundingMode, ...activation } = attrs as unknown as tf.FusedConv2DAttrs;
  const fitting = !bias || (bias.shape.length === 1 && bias.shape[0] === filter.shape[3]);
  if (dataFormat !== 'NHWC' || !fitting) return stock(inputs, attrs); // which refuses it
  const shapes = [x.shape as Shape4D, filter.shape as Shape4D] as const;
  const info = tf.backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode);
  const g = geometryOf(info);
  if (!isOurs(g)) return stockWithSides(info, inputs, attrs, heap, stock);
  const y = heap.zeros(info.outShape);
  if (bias) heap.repeat(heap.pointer(bias), 4 * g.outChannels, heap.pointer(y), g.batch * g.outHeight * g.outWidth);
  addConvolution(heap, x, filter, y, g);
  return activated(heap, y, activation, preluActivationWeights);
};

function addConvolution(heap: WasmHeap, x: tf.TensorInfo, filter: tf.TensorInfo, y: tf.TensorInfo, g: ConvGeometry): void {
  const { kernels, pointer } = heap;
  heap.scratch(kernels.conv2dForwardScratch(g), (scratch) =>
    kernels.conv2dForward(pointer(x), pointer(filter), pointer(y), scratch, g),
  );
}

/** dW of tf.conv2d, NHWC. */
export const conv2dBackpropFilter: HeapKernel = ({ x, dy }, attrs, heap) => {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
  if (dataFormat === 'NCHW') {
    throw new SparsityError({
      what: 'dataFormat of Conv2DBackpropFilter on the wasm backend',
      got: dataFormat,
      expected: 'NHWC',
      fix: "build the layer with dataFormat 'channelsLast'",
    });
  }
  const shape = x.shape as Shape4D;
  const g = gradientGeometryOf(tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode), dy);
  const dw = heap.zeros(filterShape);
  const { kernels, pointer } = heap;
  heap.scratch(kernels.conv2dFilterGradientScratch(g), (scratch) =>
    kernels.conv2dFilterGradient(pointer(x), pointer(dy), pointer(dw), scratch, g),
  );
  return dw;
};

/** dx of tf.conv2d, NHWC; the forward pass of tf.conv2dTranspose. */
export const conv2dBackpropInput: HeapKernel = (inputs, attrs, heap, stock) => {
  const { dy, filter } = inputs;
  const { strides, pad, dataFormat, dimRoundingMode, inputShape } = attrs as unknown as tf.Conv2DBackpropInputAttrs;
  if (dataFormat === 'NCHW') return stock(inputs, attrs);
  const shape = filter.shape as Shape4D;
  const g = gradientGeometryOf(tf.backend_util.computeConv2DInfo(inputShape, shape, strides, 1, pad, dimRoundingMode), dy);
  const dx = heap.zeros(inputShape);
  const { kernels, pointer } = heap;
  heap.scratch(kernels.conv2dInputGradientScratch(g), (scratch) =>
    kernels.conv2dInputGradient(pointer(dy), pointer(filter), pointer(dx), scratch, g),
  );
  return dx;
};
