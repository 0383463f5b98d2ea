import * as tf from '@tensorflow/tfjs';
import { forwardBackwardOp } from '../forward-backward-op.js';
import { laneReluGradient } from './lane-relu.js';
import { onHeap } from './on-heap.js';

/** The sum of maps in lanes, and relu of it where asked. */
export function laneAdd([first, ...others]: readonly tf.Tensor[], relu: boolean): tf.Tensor {
  return others.reduce((sum, next, i) => addTwo(sum, next, relu && i === others.length - 1), first as tf.Tensor);
}

function addTwo(a: tf.Tensor, b: tf.Tensor, relu: boolean): tf.Tensor {
  return forwardBackwardOp({
    name: 'laneAdd',
    inputs: { a, b },
    attrs: {},
    forward(save) {
      const y = onHeap({ a, b }, (heap, inputs) => {
        const sum = heap.output(a.shape);
        heap.lanes.add(heap.pointer(inputs.a), heap.pointer(inputs.b), heap.pointer(sum), a.size, relu);
        return sum;
      });
      if (relu) save([y]);
      return y;
    },
    backward(dy, [y]) {
      const error = y ? laneReluGradient(y, dy) : dy;
      // Two tensors, since tfjs frees what it adds to; they share their values.
      return { a: () => tf.clone(error), b: () => tf.clone(error) };
    },
  });
}
