import type * as tf from '@tensorflow/tfjs';
import type { ConvGeometry } from '../../kernels/index.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import type { LaneShape } from './lane-layout.js';
import { onHeap } from './on-heap.js';

/** Max pooling in lanes; the window is the kernel of `g`. A gradient goes to the first largest element of its window. */
export function laneMaxPool(x: tf.Tensor, g: ConvGeometry): tf.Tensor {
  const [blocks] = x.shape as LaneShape;
  return forwardBackwardOp({
    name: 'laneMaxPool',
    inputs: { x },
    attrs: {},
    forward(save) {
      const y = onHeap({ x }, (heap, inputs) => {
        const out = heap.output([blocks, g.outHeight, g.outWidth, g.outChannels, 32]);
        heap.lanes.maxPool(heap.pointer(inputs.x), heap.pointer(out), blocks, g);
        return out;
      });
      save([x, y]);
      return y;
    },
    backward: (dy, [X, Y]) => ({
      x: () =>
        onHeap({ x: X as tf.Tensor, y: Y as tf.Tensor, dy }, (heap, inputs) => {
          const dx = heap.output(x.shape);
          const [a, b, c, d] = [inputs.x, inputs.y, inputs.dy, dx].map((t) => heap.pointer(t as tf.TensorInfo));
          heap.lanes.maxPoolGradient(a as number, b as number, c as number, d as number, blocks, g);
          return dx;
        }),
    }),
  });
}
