import type * as tf from '@tensorflow/tfjs';
import type { MapInMemory } from '../../kernels/lane-maps.js';
import { type Frame, laneBytes } from '../../kernels/offset-lists.js';
import type { WasmHeap } from '../training-kernels-heap.js';
import type { LaneShape } from './lane-layout.js';
import { onHeap } from './on-heap.js';

/** No zeros around a map. */
export const noFrame: Frame = { top: 0, left: 0, bottom: 0, right: 0 };

/** Shape of a map with its frame. */
export function framedShape([blocks, height, width, channels]: LaneShape, { top, left, bottom, right }: Frame): LaneShape {
  return [blocks, top + height + bottom, left + width + right, channels, 32];
}

/** A map with zeros around it: itself where none are needed. */
export function inFrame(map: tf.Tensor, frame: Frame): tf.Tensor {
  const { top, left, bottom, right } = frame;
  if (top + left + bottom + right === 0) return map;
  const shape = map.shape as LaneShape;
  const [blocks, height, width, channels] = shape;
  const pixel = channels * laneBytes;
  return onHeap({ map }, (heap, inputs) => {
    const framed = heap.output(framedShape(shape, frame));
    const [from, to] = [heap.pointer(inputs.map), heap.pointer(framed)];
    heap.lanes.pad(from, to, blocks, height, width * pixel, top, bottom, left * pixel, right * pixel);
    return framed;
  });
}

/** The map in a frame. */
export function outOfFrame(framed: tf.Tensor, { top, left, bottom, right }: Frame): tf.Tensor {
  if (top + left + bottom + right === 0) return framed;
  const [blocks, height, width, channels, lanes] = framed.shape as LaneShape;
  const pixel = channels * lanes;
  const [innerHeight, innerWidth] = [height - top - bottom, width - left - right];
  // tfjs slices tensors of rank 5 element by element.
  return framed
    .reshape([blocks, height, width * pixel])
    .slice([0, top, left * pixel], [blocks, innerHeight, innerWidth * pixel])
    .reshape([blocks, innerHeight, innerWidth, channels, lanes]);
}

/** Where a tensor lies, as the kernels see it. */
export function mapOf(heap: WasmHeap, t: tf.TensorInfo): MapInMemory {
  const [, height, width, channels] = t.shape as LaneShape;
  return { pointer: heap.pointer(t), height, width, channels };
}

/** A framed map from its first pixel inside the frame on. */
export function inside(map: MapInMemory, { top, left }: Frame): MapInMemory {
  return { ...map, pointer: map.pointer + (top * map.width + left) * map.channels * laneBytes };
}
