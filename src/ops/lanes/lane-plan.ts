import * as tf from '@tensorflow/tfjs';
import { type ConvGeometry, countOnes, type ListPointers, type Pointer } from '../../kernels/index.js';
import { inQuads } from '../../kernels/list-quads.js';
import { segmentCount } from '../../kernels/list-segments.js';
import {
  backwardFrame,
  backwardProducts,
  type Frame,
  forwardFrame,
  forwardProduct,
  type LaneProduct,
  type LaneWalk,
} from '../../kernels/offset-lists.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import type { WasmHeap } from '../training-kernels-heap.js';

/** What a layer trains: the dense kernel, or only the values that get a gradient, in the order of their product. */
export type TrainedValues = 'dense' | 'gradient';

/** A product whose list lies on the heap. */
export interface HeapProduct extends LaneWalk {
  pointers(heap: WasmHeap): ListPointers;
  /** Runs `body` with the values of the list, taken from those at `w`. */
  withValues(heap: WasmHeap, w: Pointer, among: TrainedValues, body: (values: Pointer) => void): void;
}

/** One whose list says where each of its values lies. */
export interface PlacedProduct extends HeapProduct {
  readonly list: LaneProduct['list'];
  readonly nonzeros: number;
  order(heap: WasmHeap, among: TrainedValues): Pointer;
}

/** How a layer computes under its masks: its products, with their lists on the heap until it is disposed. */
export interface LanePlan {
  readonly geometry: ConvGeometry;
  readonly forwardFrame: Frame;
  readonly backwardFrame: Frame;
  /** Of W.M_f, by output channel. */
  readonly forward: HeapProduct;
  /** Of W.M_b, by input channel; made at the first backward pass. */
  backward(): readonly HeapProduct[];
  /** Of the positions that get a gradient, by output channel; undefined where every weight of a pruned kernel gets one. */
  readonly gradient: (() => PlacedProduct) | undefined;
  /** `decay (1 - M_f).W` of a decay that is not 0, of plans that make it with their lists: the taker may add to it in its place. */
  takeDecayTerm?(): tf.Tensor;
  /** out = gradient + decay w where M_f is 0, else gradient; `count` weights. Of the other plans. */
  addDecay?(heap: WasmHeap, gradient: Pointer, w: Pointer, decay: number, out: Pointer, count: number): void;
  dispose(): void;
}

/** Zeros around the maps that a layer reads. */
export const framesOf = (geometry: ConvGeometry) => ({
  forwardFrame: forwardFrame(geometry),
  backwardFrame: backwardFrame(geometry),
});

/** @param geometry of a batch of any size. */
export function lanePlan(geometry: ConvGeometry, { forward, backward, gradient }: LayerMasks): LanePlan {
  const tensors: tf.Tensor[] = [];
  const trained: Trained = {
    product: () => gradientPlaced(),
    ranks: lazily(() => ranksOf(geometry, gradientPlaced().list.order)),
  };
  const { inChannels, outChannels, kernelHeight, kernelWidth, strideHeight, strideWidth } = geometry;
  const taps = kernelHeight * kernelWidth;
  const phaseTaps = Math.ceil(kernelHeight / strideHeight) * Math.ceil(kernelWidth / strideWidth);
  const segments = (mask: Uint8Array | null, channels: number, window: number) =>
    segmentCount(channels, window, mask ? countOnes(mask) / mask.length : 1);
  const byOutput = (mask: Uint8Array | null): PlacedProduct =>
    place(forwardProduct(geometry, mask, segments(mask, inChannels, taps)), outChannels, trained, tensors);
  const forwardPlaced = byOutput(forward);
  const gradientPlaced = lazily(() => (gradient === forward ? forwardPlaced : byOutput(gradient)));
  return {
    geometry,
    ...framesOf(geometry),
    forward: forwardPlaced,
    backward: lazily(() =>
      backwardProducts(geometry, backward, segments(backward, outChannels, phaseTaps)).map((product) =>
        place(product, inChannels, trained, tensors),
      ),
    ),
    gradient: gradient === null && forward !== null ? undefined : gradientPlaced,
    addDecay(heap, g, w, decay, out, count) {
      heap.lanes.addDecay(g, w, decay, forwardPlaced.order(heap, 'dense'), forwardPlaced.nonzeros, out, count);
    },
    dispose: () => tf.dispose(tensors.splice(0)),
  };
}

/** The product in whose order values are trained by themselves, and the place of each weight in it. */
interface Trained {
  product(): PlacedProduct;
  ranks(): Uint32Array;
}

function place(product: LaneProduct, rows: number, trained: Trained, tensors: tf.Tensor[]): PlacedProduct {
  const segments = (product.list.rowStart.length - 1) / rows;
  const quads = inQuads(product.list, rows);
  const list = quads ?? product.list;
  const { rowStart, offsets, order } = list;
  const onHeap = (words: () => Uint32Array) =>
    lazily(() => {
      const found = words();
      // One word at least: tfjs keeps no empty tensor on the heap.
      const padded = found.length > 0 ? found : new Uint32Array(1);
      const tensor = tf.keep(tf.tensor1d(new Int32Array(padded.buffer, padded.byteOffset, padded.length), 'int32'));
      tensors.push(tensor);
      return tensor;
    });
  const lists = { rowStart: onHeap(() => rowStart), offsets: onHeap(() => offsets) };
  const orders = {
    dense: onHeap(() => order),
    gradient: onHeap(() => order.map((index) => trained.ranks()[index] as number)),
  };
  const nonzeros = order.length;
  const orderAt = (heap: WasmHeap, among: TrainedValues) => heap.pointer(orders[among]());
  const placed: PlacedProduct = {
    ...product,
    list,
    nonzeros,
    pointers: (heap) => ({
      rowStart: heap.pointer(lists.rowStart()),
      offsets: heap.pointer(lists.offsets()),
      ...{ rows, segments, quads: quads !== undefined },
    }),
    withValues(heap, w, among, body) {
      // Values that are trained by themselves lie in the order of their product.
      if (among === 'gradient' && trained.product() === placed) {
        body(w);
        return;
      }
      heap.scratch(4 * nonzeros + 4, (gathered) => {
        heap.lanes.permute(w, orderAt(heap, among), gathered, nonzeros);
        body(gathered);
      });
    },
    order: orderAt,
  };
  return placed;
}

/** For each weight of a kernel its place in an order, where it has one. */
function ranksOf({ kernelHeight, kernelWidth, inChannels, outChannels }: ConvGeometry, order: Uint32Array): Uint32Array {
  const ranks = new Uint32Array(kernelHeight * kernelWidth * inChannels * outChannels);
  order.forEach((index, rank) => {
    ranks[index] = rank;
  });
  return ranks;
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
