import * as tf from '@tensorflow/tfjs';
import { type GroupDecay, groupListShape } from '../../kernels/group-lists.js';
import type { ConvGeometry, MagnitudeGroups, Pointer } from '../../kernels/index.js';
import { segmentCount } from '../../kernels/list-segments.js';
import type { Tap } from '../../kernels/mask-lists.js';
import { backwardWalks, forwardWalk, type LaneWalk } from '../../kernels/offset-lists.js';
import type { GroupedMasks } from '../../pruning/contracts.js';
import { heapOf, type WasmHeap } from '../training-kernels-heap.js';
import { framesOf, type HeapProduct, type LanePlan } from './lane-plan.js';
import { onHeap } from './on-heap.js';

/** A plan for N:M masks that follow from the weights, whose lists are written over as these change. */
export interface GroupPlan extends LanePlan {
  readonly groups: GroupedMasks;
  /** The weights that the lists are of from now on; false where some are NaN or infinite, of which no masks can be made. */
  update(weights: tf.Tensor, decay: number): boolean;
}

/** A product whose list is made at the first update, on the heap, of the weights or of a mask. */
interface UpdatedProduct extends HeapProduct {
  update(heap: WasmHeap, source: Pointer): void;
}

/** One whose list is made of the weights; false where some are not finite. */
interface GroupProduct extends UpdatedProduct {
  update(heap: WasmHeap, weights: Pointer, decay?: GroupDecay): boolean;
}

/** @param geometry of a batch of any size. */
export function groupPlan(geometry: ConvGeometry, groups: GroupedMasks): GroupPlan {
  const tensors: tf.Tensor[] = [];
  const forward = productOf(forwardWalk(geometry), groups, tensors);
  const backwardOf = groups.backward === 'output' ? productOf : maskProductOf;
  const backward: readonly UpdatedProduct[] = backwardWalks(geometry).map((walk) => backwardOf(walk, groups, tensors));
  /** The weights of which there are no backward lists yet: a first layer never needs them. */
  let pending: tf.Tensor | undefined;
  /** What decays of `listed`; the gradient takes it. */
  let term: tf.Tensor | undefined;
  let listed: { readonly weights: tf.Tensor; readonly decay: number } | undefined;
  const heapNow = () => heapOf(tf.backend()) as WasmHeap;
  const makeList = (weights: tf.Tensor, decay: number): boolean => {
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
      return makeList(weights, decay);
    },
    backward() {
      const heap = heapNow();
      const update = (source: Pointer) => {
        for (const product of backward) product.update(heap, source);
      };
      if (pending && groups.backward === 'output') update(heap.pointer(pending));
      else if (pending) withMask(heap, heap.pointer(pending), geometry, groups, update);
      pending = undefined;
      return backward;
    },
    gradient: undefined,
    takeDecayTerm() {
      // A second gradient of the same weights.
      if (!term && listed) makeList(listed.weights, listed.decay);
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

/** Runs `body` with M_f in bytes. */
function withMask(
  heap: WasmHeap,
  weights: Pointer,
  { kernelHeight, kernelWidth, inChannels, outChannels }: ConvGeometry,
  groups: MagnitudeGroups,
  body: (mask: Pointer) => void,
): void {
  const axis = { outer: kernelHeight * kernelWidth, length: inChannels, inner: outChannels };
  // More than the weights: lists are made of 16 bytes at a time.
  heap.scratch(axis.outer * inChannels * outChannels + 16, (mask) => {
    heap.lanes.groupMask(weights, axis, groups, mask);
    body(mask);
  });
}

/** Keeps words on the heap from when they are first asked for. */
function keptLater<Name extends string>(tensors: tf.Tensor[], words: () => Record<Name, Int32Array>) {
  let kept: Record<Name, tf.Tensor> | undefined;
  return (heap: WasmHeap): Record<Name, Pointer> => {
    if (!kept) {
      const entries = Object.entries<Int32Array>(words()).map(([name, list]) => [name, tf.keep(tf.tensor1d(list, 'int32'))]);
      kept = Object.fromEntries(entries) as Record<Name, tf.Tensor>;
      tensors.push(...Object.values<tf.Tensor>(kept));
    }
    const pointers = Object.entries<tf.Tensor>(kept).map(([name, tensor]) => [name, heap.pointer(tensor)]);
    return Object.fromEntries(pointers) as Record<Name, Pointer>;
  };
}

/** Starts of taps, and behind them their offsets; one word at least, as in all lists: tfjs keeps no empty tensor on the heap. */
const tapWords = (taps: readonly Tap[]) =>
  Int32Array.from([...taps.map(({ start }) => start), ...taps.map(({ offset }) => offset), 0]);
const room = (entries: number) => new Int32Array(Math.max(1, entries));

function productOf(walk: LaneWalk, groups: MagnitudeGroups, tensors: tf.Tensor[]): GroupProduct {
  const { shape } = walk;
  const segments = segmentCount(shape.channels, shape.taps.length, groups.n / groups.m);
  const list = groupListShape({ ...shape, segments }, groups);
  const placed = keptLater(tensors, () => ({
    rowStart: new Int32Array(list.rowStart),
    taps: tapWords(shape.taps),
    offsets: room(list.entries),
    values: room(list.entries),
  }));
  return {
    ...walk,
    pointers: (heap) => ({ ...placed(heap), rows: shape.rows, segments, quads: false }),
    update: (heap, weights, decay) =>
      heap.scratch(16 * groups.m, (scratch) =>
        heap.lanes.listGroups(list, placed(heap), weights, placed(heap).values, scratch, decay),
      ),
    withValues: (heap, _w, _among, body) => body(placed(heap).values),
  };
}

/**
 * A product over the mask of the other direction: its rows run across the groups, so that how many weights each of them keeps changes, but not
 * how many all of them do.
 */
function maskProductOf(walk: LaneWalk, { n, m }: MagnitudeGroups, tensors: tf.Tensor[]): UpdatedProduct {
  const { rows, channels, taps } = walk.shape;
  const segments = segmentCount(channels, taps.length, n / m);
  const shape = { ...walk.shape, segments };
  const entries = taps.length * channels * (Math.floor(rows / m) * n + Math.min(n, rows % m));
  const placed = keptLater(tensors, () => ({
    rowStart: room(segments * rows + 1),
    taps: tapWords(taps),
    offsets: room(entries),
    order: room(entries),
  }));
  return {
    ...walk,
    pointers: (heap) => ({ ...placed(heap), rows, segments, quads: false }),
    update: (heap, mask) => void heap.lanes.listMask(shape, { mask, ...placed(heap) }),
    withValues: (heap, w, _among, body) =>
      heap.scratch(4 * entries + 4, (values) => {
        heap.lanes.permute(w, placed(heap).order, values, entries);
        body(values);
      }),
  };
}
