import type * as tf from '@tensorflow/tfjs';
import type { ConvGeometry, Pointer } from '../../kernels/index.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import type { WasmHeap } from '../training-kernels-heap.js';
import type { LaneShape } from './lane-layout.js';
import { onHeap } from './on-heap.js';

/** Max pooling in lanes; the window is the kernel of `g`. A gradient goes to the first largest element of its window. */
export function laneMaxPool(x: tf.Tensor, g: ConvGeometry): tf.Tensor {
  return pool('laneMaxPool', x, g, {
    forward: (heap, x, y, blocks) => heap.lanes.maxPool(x, y, blocks, g),
    backward: (heap, [x, y], dy, dx, blocks) => heap.lanes.maxPoolGradient(x, y, dy, dx, blocks, g),
  });
}

/** The largest value of each map, of window `g`. All elements that equal it get the gradient, as with `tf.max`. */
export function laneGlobalMaxPool(x: tf.Tensor, g: ConvGeometry): tf.Tensor {
  return pool('laneGlobalMaxPool', x, g, {
    forward: (heap, x, y, blocks) => heap.lanes.maxPool(x, y, blocks, g),
    backward: (heap, [x, y], dy, dx, blocks) =>
      heap.lanes.globalMaxGradient(x, y, dy, dx, blocks, g.inHeight * g.inWidth, g.inChannels),
  });
}

/** Average pooling in lanes; the window is the kernel of `g`, and padding does not count. */
export function laneAveragePool(x: tf.Tensor, g: ConvGeometry): tf.Tensor {
  return pool('laneAveragePool', x, g, {
    forward: (heap, x, y, blocks) => heap.lanes.averagePool(x, y, blocks, g),
    backward: (heap, _, dy, dx, blocks) => heap.lanes.averagePoolGradient(dy, dx, blocks, g),
    linear: true,
  });
}

interface Pool {
  forward(heap: WasmHeap, x: Pointer, y: Pointer, blocks: number): void;
  backward(heap: WasmHeap, saved: readonly [x: Pointer, y: Pointer], dy: Pointer, dx: Pointer, blocks: number): void;
  /** The gradient needs neither x nor y. */
  readonly linear?: true;
}

function pool(name: string, x: tf.Tensor, g: ConvGeometry, { forward, backward, linear }: Pool): tf.Tensor {
  const { shape } = x;
  const [blocks] = shape as LaneShape;
  return forwardBackwardOp({
    name,
    inputs: { x },
    attrs: {},
    forward(save) {
      const y = onHeap({ x }, (heap, inputs) => {
        const out = heap.output([blocks, g.outHeight, g.outWidth, g.outChannels, 32]);
        forward(heap, heap.pointer(inputs.x), heap.pointer(out), blocks);
        return out;
      });
      if (!linear) save([x, y]);
      return y;
    },
    backward: (dy, [X = dy, Y = dy]) => ({
      x: () =>
        onHeap({ X, Y, dy }, (heap, inputs) => {
          const dx = heap.output(shape);
          backward(heap, [heap.pointer(inputs.X), heap.pointer(inputs.Y)], heap.pointer(inputs.dy), heap.pointer(dx), blocks);
          return dx;
        }),
    }),
  });
}
