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
} from '../../kernels/offset-lists.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import type { WasmHeap } from '../training-kernels-heap.js';

/** A product whose list lies on the heap. */
export interface PlacedProduct extends LaneProduct {
  readonly nonzeros: number;
  pointers(heap: WasmHeap): ListPointers;
  /** Where each value of the list lies: in the dense kernel, or among the values that get a gradient. */
  order(heap: WasmHeap, among: 'dense' | 'gradient'): Pointer;
}

/** How a layer computes under its masks: its products, with their lists on the heap until it is disposed. */
export interface LanePlan {
  readonly geometry: ConvGeometry;
  readonly forwardFrame: Frame;
  readonly backwardFrame: Frame;
  /** Of W.M_f, by output channel. */
  readonly forward: PlacedProduct;
  /** Of W.M_b, by input channel; made at the first backward pass. */
  backward(): readonly PlacedProduct[];
  /** Whether every weight of a pruned kernel gets a gradient: a list of them is not worth it then. */
  readonly hasDenseGradient: boolean;
  /** Of the positions that get a gradient, by output channel. */
  gradient(): PlacedProduct;
  dispose(): void;
}

/** @param geometry of a batch of any size. */
export function lanePlan(geometry: ConvGeometry, { forward, backward, gradient }: LayerMasks): LanePlan {
  const tensors: tf.Tensor[] = [];
  const ranks = lazily(() => ranksOf(geometry, gradientPlaced().list.order));
  const { inChannels, outChannels, kernelHeight, kernelWidth, strideHeight, strideWidth } = geometry;
  const taps = kernelHeight * kernelWidth;
  const phaseTaps = Math.ceil(kernelHeight / strideHeight) * Math.ceil(kernelWidth / strideWidth);
  const segments = (mask: Uint8Array | null, channels: number, window: number) =>
    segmentCount(channels, window, mask ? countOnes(mask) / mask.length : 1);
  const byOutput = (mask: Uint8Array | null): PlacedProduct =>
    place(forwardProduct(geometry, mask, segments(mask, inChannels, taps)), outChannels, ranks, tensors);
  const forwardPlaced = byOutput(forward);
  const gradientPlaced = lazily(() => (gradient === forward ? forwardPlaced : byOutput(gradient)));
  return {
    geometry,
    forwardFrame: forwardFrame(geometry),
    backwardFrame: backwardFrame(geometry),
    forward: forwardPlaced,
    backward: lazily(() =>
      backwardProducts(geometry, backward, segments(backward, outChannels, phaseTaps)).map((product) =>
        place(product, inChannels, ranks, tensors),
      ),
    ),
    hasDenseGradient: gradient === null && forward !== null,
    gradient: gradientPlaced,
    dispose: () => tf.dispose(tensors.splice(0)),
  };
}

function place(product: LaneProduct, rows: number, ranks: () => Uint32Array, tensors: tf.Tensor[]): PlacedProduct {
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
    gradient: onHeap(() => order.map((index) => ranks()[index] as number)),
  };
  return {
    ...product,
    list,
    nonzeros: order.length,
    pointers: (heap) => ({
      rowStart: heap.pointer(lists.rowStart()),
      offsets: heap.pointer(lists.offsets()),
      ...{ rows, segments, quads: quads !== undefined },
    }),
    order: (heap, among) => heap.pointer(orders[among]()),
  };
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
