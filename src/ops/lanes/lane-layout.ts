import type * as tf from '@tensorflow/tfjs';
import { type Frame, laneBytes } from '../../kernels/offset-lists.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import { onHeap } from './on-heap.js';

/** Shape of a tensor in lanes: [blocks, height, width, channels, 32]; a dense layer's has height and width 1. */
export type LaneShape = [blocks: number, height: number, width: number, channels: number, lanes: 32];

/** Images in lanes: 32 images side by side for every value of a map, so that one weight meets 32 values in a row. */
export function toLanes(x: tf.Tensor): tf.Tensor {
  return forwardBackwardOp({
    name: 'toLanes',
    inputs: { x },
    attrs: {},
    forward: () => pack(x),
    backward: (dy) => ({ x: () => unpack(dy, x.shape) }),
  });
}

/** @param shape of the images, [batch, ...]: those of the tensor that went into lanes, or what became of it. */
export function fromLanes(x: tf.Tensor, shape: number[]): tf.Tensor {
  return forwardBackwardOp({
    name: 'fromLanes',
    inputs: { x },
    attrs: {},
    forward: () => unpack(x, shape),
    backward: (dy) => ({ x: () => pack(dy, x.shape as LaneShape) }),
  });
}

function pack(images: tf.Tensor, shape: LaneShape = laneShape(images)): tf.Tensor {
  const [batch] = images.shape as [number];
  const features = shape[1] * shape[2] * shape[3];
  return onHeap({ images }, (heap, inputs) => {
    const lanes = heap.output(shape);
    heap.lanes.toLanes(heap.pointer(inputs.images), batch, features, heap.pointer(lanes));
    return lanes;
  });
}

/** The images of a map that stands in a frame; not on the tape. */
export function unpackFramed(framed: tf.Tensor, frame: Frame, shape: number[]): tf.Tensor {
  const [, height, width, channels] = framed.shape as LaneShape;
  const { top, left, bottom, right } = frame;
  const [pixel, row] = [channels * laneBytes, width * channels * laneBytes];
  return onHeap({ framed }, (heap, inputs) => {
    const images = heap.output(shape);
    const map = { pointer: heap.pointer(inputs.framed) + top * row + left * pixel, block: height * row, row };
    heap.lanes.fromLanes(map, shape[0], height - top - bottom, (width - left - right) * channels, heap.pointer(images));
    return images;
  });
}

function unpack(lanes: tf.Tensor, shape: number[]): tf.Tensor {
  return unpackFramed(lanes, { top: 0, left: 0, bottom: 0, right: 0 }, shape);
}

function laneShape({ shape }: tf.Tensor): LaneShape {
  const [batch, height, width, channels] = (shape.length === 4 ? shape : [shape[0], 1, 1, shape[1]]) as [
    number,
    number,
    number,
    number,
  ];
  return [Math.ceil(batch / 32), height, width, channels, 32];
}
