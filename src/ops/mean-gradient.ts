import * as tf from '@tensorflow/tfjs';
import { isRecording } from './forward-backward-op.js';
import { hasHeap, onHeap } from './lanes/on-heap.js';

const ours = new WeakSet<tf.GradConfig>();

/**
 * Registers a gradient of `tf.mean`, with which the backward pass of a loss begins: `dy / n` everywhere, in one pass where all axes are
 * averaged and tfjs takes four operations; to the bit the same. In all other cases it is tfjs's own.
 */
export function registerMeanGradient(): void {
  const stock = tf.getGradient('Mean');
  if (!stock || ours.has(stock)) return;
  const own: tf.GradConfig = {
    ...stock,
    gradFunc(dy, saved, attrs) {
      const [x] = saved as [tf.Tensor];
      // The gradient of this one would be asked for where its ops are recorded.
      const fits = dy instanceof tf.Tensor && dy.size === 1 && x.size > 0 && hasHeap() && !isRecording();
      return fits ? { x: () => spread(dy, x.shape) } : stock.gradFunc(dy, saved, attrs);
    },
  };
  tf.registerGradient(own);
  ours.add(own);
}

function spread(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return onHeap({ dy }, (heap, inputs) => {
    const dx = heap.output(shape);
    const [value] = heap.floats(heap.pointer(inputs.dy), 1) as unknown as [number];
    heap.floats(heap.pointer(dx), size).fill(value / size);
    return dx;
  });
}
