import * as tf from '@tensorflow/tfjs';
import {
  backwardFrame,
  backwardProducts,
  type ConvGeometry,
  type Frame,
  forwardFrame,
  forwardProduct,
  type LaneProduct,
  type ListPointers,
} from '../../kernels/index.js';
import type { LayerMasks } from '../../pruning/contracts.js';
import type { WasmHeap } from '../training-kernels-heap.js';

/** A product whose list lies on the heap. */
export interface PlacedProduct extends LaneProduct {
  readonly nonzeros: number;
  pointers(heap: WasmHeap): ListPointers & { readonly order: number };
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
  /** Of the positions that get a gradient, by output channel. */
  gradient(): PlacedProduct;
  dispose(): void;
}

/** @param geometry of a batch of any size. */
export function lanePlan(geometry: ConvGeometry, { forward, backward, gradient }: LayerMasks): LanePlan {
  const tensors: tf.Tensor[] = [];
  const placed = (product: LaneProduct): PlacedProduct => place(product, tensors);
  const forwardPlaced = placed(forwardProduct(geometry, forward));
  let backwardPlaced: readonly PlacedProduct[] | undefined;
  let gradientPlaced: PlacedProduct | undefined;
  return {
    geometry,
    forwardFrame: forwardFrame(geometry),
    backwardFrame: backwardFrame(geometry),
    forward: forwardPlaced,
    backward: () => (backwardPlaced ??= backwardProducts(geometry, backward).map(placed)),
    gradient: () => (gradientPlaced ??= gradient === forward ? forwardPlaced : placed(forwardProduct(geometry, gradient))),
    dispose: () => tf.dispose(tensors.splice(0)),
  };
}

function place(product: LaneProduct, tensors: tf.Tensor[]): PlacedProduct {
  const { rowStart, offsets, order } = product.list;
  const [rowStarts, offsetBytes, orders] = [rowStart, offsets, order].map((words) => {
    // One word at least: tfjs keeps no empty tensor on the heap.
    const padded = words.length > 0 ? words : new Uint32Array(1);
    const tensor = tf.keep(tf.tensor1d(new Int32Array(padded.buffer, padded.byteOffset, padded.length), 'int32'));
    tensors.push(tensor);
    return tensor;
  }) as [tf.Tensor, tf.Tensor, tf.Tensor];
  return {
    ...product,
    nonzeros: order.length,
    pointers: (heap) => ({
      rowStart: heap.pointer(rowStarts),
      offsets: heap.pointer(offsetBytes),
      order: heap.pointer(orders),
      rows: rowStart.length - 1,
    }),
  };
}
