import type * as tf from '@tensorflow/tfjs';
import type { MagnitudeGroups } from '../kernels/index.js';
import { hasHeap, onHeap } from './lanes/on-heap.js';

/**
 * W.M of an N:M mask along an axis, made in one pass on the heap: of each `m` weights in a row the `n` of the largest |w|, ties to the lowest
 * index, and 0 for the others. Undefined where there is no such kernel, and where a weight is NaN or infinite.
 */
export function keptInGroups(weights: tf.Tensor, axis: number, groups: MagnitudeGroups): tf.Tensor | undefined {
  const size = (axes: readonly number[]) => axes.reduce((product, length) => product * length, 1);
  const inner = size(weights.shape.slice(axis + 1));
  if ((inner > 1 && inner < 4) || !hasHeap()) return undefined;
  const along = { outer: size(weights.shape.slice(0, axis)), length: weights.shape[axis] as number, inner };
  let areFinite = false;
  const kept = onHeap({ weights }, (heap, inputs) => {
    const out = heap.output(weights.shape);
    heap.scratch(32 * groups.m, (scratch) => {
      areFinite = heap.lanes.keepInGroups(heap.pointer(inputs.weights), along, groups, scratch, heap.pointer(out));
    });
    return out;
  });
  if (areFinite) return kept;
  kept.dispose();
  return undefined;
}
