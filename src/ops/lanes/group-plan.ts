import * as tf from '@tensorflow/tfjs';
import { type GroupDecay, type GroupListPointers, type GroupListShape, groupListShape } from '../../kernels/group-lists.js';
import type { ConvGeometry, MagnitudeGroups, Pointer } from '../../kernels/index.js';
import { segmentCount } from '../../kernels/list-segments.js';
import { backwardWalks, forwardWalk, type LaneWalk } from '../../kernels/offset-lists.js';
import { heapOf, type WasmHeap } from '../training-kernels-heap.js';
import { framesOf, type HeapProduct, type LanePlan } from './lane-plan.js';
import { onHeap } from './on-heap.js';

/** A plan for N:M masks that follow from the weights, whose lists are written over as these change. */
export interface GroupPlan extends LanePlan {
  readonly groups: MagnitudeGroups;
  /** The weights that the lists are of from now on; false where some are NaN or infinite, of which no masks can be made. */
  update(weights: tf.Tensor, decay: number): boolean;
}

/** A list that is made at the first update, on the heap. */
interface GroupProduct extends HeapProduct {
  readonly list: GroupListShape;
  listPointers(heap: WasmHeap): GroupListPointers;
  update(heap: WasmHeap, weights: Pointer, decay?: GroupDecay): boolean;
}

/** @param geometry of a batch of any size. */
export function groupPlan(geometry: ConvGeometry, groups: MagnitudeGroups): GroupPlan {
  const tensors: tf.Tensor[] = [];
  const forward = productOf(forwardWalk(geometry), groups, tensors);
  const backward = backwardWalks(geometry).map((walk) => productOf(walk, groups, tensors));
  /** The weights of which there are no backward lists yet: a first layer never needs them. */
  let pending: tf.Tensor | undefined;
  /** What decays of `listed`; the gradient takes it. */
  let term: tf.Tensor | undefined;
  let listed: { readonly weights: tf.Tensor; readonly decay: number } | undefined;
  const heapNow = () => heapOf(tf.backend()) as WasmHeap;
  const update = (weights: tf.Tensor, decay: number): boolean => {
    listed = { weights, decay };
    const heap = heapNow();
    if (decay === 0) return forward.update(heap, heap.pointer(weights));
    term ??= tf.keep(onHeap({}, ({ output }) => output(weights.shape)));
    return forward.update(heap, heap.pointer(weights), { factor: decay, term: heap.pointer(term) });
  };
  return {
    geometry,
    groups,
    ...framesOf(geometry),
    forward,
    update(weights, decay) {
      pending = weights;
      return update(weights, decay);
    },
    backward() {
      const heap = heapNow();
      if (pending) for (const product of backward) product.update(heap, heap.pointer(pending));
      pending = undefined;
      return backward;
    },
    gradient: undefined,
    takeDecayTerm() {
      // A second gradient of the same weights.
      if (!term && listed) update(listed.weights, listed.decay);
      const kept = term as tf.Tensor;
      term = undefined;
      const taken = onHeap({ kept }, (heap, inputs) => heap.share(inputs.kept));
      kept.dispose();
      return taken;
    },
    dispose() {
      tf.dispose(tensors.splice(0));
      term?.dispose();
      term = undefined;
    },
  };
}

function productOf(walk: LaneWalk, groups: MagnitudeGroups, tensors: tf.Tensor[]): GroupProduct {
  const { shape } = walk;
  const segments = segmentCount(shape.channels, shape.taps.length, groups.n / groups.m);
  const list = groupListShape({ ...shape, segments }, groups);
  const kept = (words: Int32Array) => {
    const tensor = tf.keep(tf.tensor1d(words, 'int32'));
    tensors.push(tensor);
    return tensor;
  };
  const place = () => {
    // One word at least: tfjs keeps no empty tensor on the heap.
    const room = new Int32Array(Math.max(1, list.entries));
    const taps = [...shape.taps.map(({ start }) => start), ...shape.taps.map(({ offset }) => offset), 0];
    return {
      rowStart: kept(new Int32Array(list.rowStart)),
      taps: kept(Int32Array.from(taps)),
      offsets: kept(room),
      values: kept(room),
    };
  };
  let onHeap: ReturnType<typeof place> | undefined;
  const placed = () => {
    onHeap ??= place();
    return onHeap;
  };
  const listPointers = (heap: WasmHeap) => ({ taps: heap.pointer(placed().taps), offsets: heap.pointer(placed().offsets) });
  return {
    ...walk,
    list,
    listPointers,
    pointers: (heap) => ({
      ...{ rowStart: heap.pointer(placed().rowStart), offsets: heap.pointer(placed().offsets) },
      ...{ rows: shape.rows, segments, quads: false },
    }),
    update: (heap, weights, decay) =>
      heap.scratch(16 * groups.m, (scratch) =>
        heap.lanes.listGroups(list, listPointers(heap), weights, heap.pointer(placed().values), scratch, decay),
      ),
    withValues: (heap, _w, _among, body) => body(heap.pointer(placed().values)),
  };
}
