import type * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../../kernels/index.js';
import { type MapInMemory, mapsOf } from '../../kernels/lane-maps.js';
import { type Frame, laneBytes } from '../../kernels/offset-lists.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import type { OpMasks } from '../masked-ops.js';
import type { WasmHeap } from '../training-kernels-heap.js';
import { denseWeightGradient } from './lane-dense-gradient.js';
import type { LaneShape } from './lane-layout.js';
import type { LanePlan, PlacedProduct } from './lane-plan.js';
import { onHeap } from './on-heap.js';

/** What a use of a layer's kernel was made of, in lanes. */
export interface LaneUse {
  readonly A: tf.Tensor;
  readonly E: tf.Tensor;
  /** In the shape of the trained values. */
  readonly G: tf.Tensor;
  readonly needsInputGradient: boolean;
}

type Values = LaneLayerOptions['values'];

/** Options of {@link laneLayer}. */
export interface LaneLayerOptions {
  readonly relu: boolean;
  /** Whether `w` holds the dense kernel, or only the values that get a gradient, in the order of their product. */
  readonly values: 'dense' | 'gradient';
  /** As tensors: M_f and M_g, a term of the gradient, the decay of SR-STE. */
  readonly masks: OpMasks;
  /** Images of the batch. */
  readonly batch: number;
  /** Called in the backward pass, when the weight gradient is known. */
  readonly onUse: ((use: LaneUse) => void) | undefined;
}

/**
 * A dense or convolution layer in lanes, over the non-zeros of its masks only: `Y = act(A (W.M_f) + b)`, `dA = E (W.M_b)^T`,
 * `dW = (A^T E + term).M_g + decay (1 - M_f).W`, where E is the gradient before the activation.
 *
 * @param x [blocks, height, width, in, 32].
 * @param w the stored values; the gradient has their shape, with zeros where M_g has them in a dense kernel.
 */
export function laneLayer(
  x: tf.Tensor,
  w: tf.Tensor,
  bias: tf.Tensor | undefined,
  plan: LanePlan,
  { relu, values, masks, batch, onUse }: LaneLayerOptions,
): tf.Tensor {
  let needsInputGradient = false;
  return forwardBackwardOp({
    name: 'laneLayer',
    inputs: bias ? { x, w, bias } : { x, w },
    attrs: {},
    forward(save) {
      const y = forward(x, w, bias, plan, values, relu);
      save(relu ? [x, w, y] : [x, w]);
      return y;
    },
    backward(dy, [A, W, Y]) {
      // Not in a function below: what these make is freed when they return.
      const E = Y ? reluGradient(Y, dy) : dy;
      return {
        // tfjs calls them in this order, each only where its input needs a gradient.
        x: () => {
          needsInputGradient = true;
          return inputGradient(E, W as tf.Tensor, plan, values);
        },
        w: () => {
          const G = plan.hasDenseGradient
            ? denseWeightGradient(A as tf.Tensor, E, w.shape, plan.geometry, batch)
            : weightGradient(A as tf.Tensor, E, w.shape, plan, values);
          onUse?.({ A: A as tf.Tensor, E, G, needsInputGradient });
          return withTerms(G, W as tf.Tensor, plan, masks);
        },
        ...(bias ? { bias: () => biasGradient(E) } : {}),
      };
    },
  });
}

/** The weight gradient with what does not come from the loss, see `maskedOps.matMul`. */
function withTerms(G: tf.Tensor, W: tf.Tensor, plan: LanePlan, masks: OpMasks): tf.Tensor {
  const { term = null, decay = 0 } = masks;
  const sum = term ? G.add(masks.gradient ? term.mul(masks.gradient) : term) : G;
  return decay === 0 ? sum : withDecay(sum, W, plan.forward, decay);
}

function withDecay(G: tf.Tensor, W: tf.Tensor, kept: PlacedProduct, decay: number): tf.Tensor {
  return onHeap({ G, W }, (heap, inputs) => {
    const out = heap.output(G.shape);
    const [g, w, sum] = [inputs.G, inputs.W, out].map((t) => heap.pointer(t)) as [Pointer, Pointer, Pointer];
    heap.lanes.addDecay(g, w, decay, kept.order(heap, 'dense'), kept.nonzeros, sum, G.size);
    return out;
  });
}

function forward(
  x: tf.Tensor,
  w: tf.Tensor,
  bias: tf.Tensor | undefined,
  plan: LanePlan,
  values: Values,
  relu: boolean,
): tf.Tensor {
  const { geometry: g, forward: product } = plan;
  const [blocks] = x.shape as LaneShape;
  return onHeap(bias ? { x, w, bias } : { x, w }, (heap, inputs) => {
    const y = heap.output([blocks, g.outHeight, g.outWidth, g.outChannels, 32]);
    const out: MapInMemory = { pointer: heap.pointer(y), height: g.outHeight, width: g.outWidth, channels: g.outChannels };
    withFrame(heap, inputs.x, plan.forwardFrame, (framed) => {
      run(heap, product, values, heap.pointer(inputs.w), inputs.bias ? heap.pointer(inputs.bias) : 0, relu, blocks, framed, out);
    });
    return y;
  });
}

function inputGradient(dy: tf.Tensor, w: tf.Tensor, plan: LanePlan, values: Values): tf.Tensor {
  const { geometry: g } = plan;
  const products = plan.backward();
  const [blocks] = dy.shape as LaneShape;
  return onHeap({ dy, w }, (heap, inputs) => {
    const dx = heap.output([blocks, g.inHeight, g.inWidth, g.inChannels, 32]);
    const out: MapInMemory = { pointer: heap.pointer(dx), height: g.inHeight, width: g.inWidth, channels: g.inChannels };
    withFrame(heap, inputs.dy, plan.backwardFrame, (framed) => {
      for (const product of products) run(heap, product, values, heap.pointer(inputs.w), 0, false, blocks, framed, out);
    });
    return dx;
  });
}

function weightGradient(x: tf.Tensor, dy: tf.Tensor, shape: number[], plan: LanePlan, values: Values): tf.Tensor {
  const product = plan.gradient();
  const [blocks] = x.shape as LaneShape;
  return onHeap({ x, dy }, (heap, inputs) => {
    const dw = values === 'dense' ? heap.zeros(shape) : heap.output(shape);
    const error = mapOf(heap, inputs.dy);
    withFrame(heap, inputs.x, plan.forwardFrame, (framed) =>
      heap.scratch(20 * product.nonzeros + 4, (partials) => {
        const gradient = values === 'dense' ? partials + 16 * product.nonzeros : heap.pointer(dw);
        const maps = mapsOf(product, blocks, framed, error);
        heap.lanes.weightGradient(product.pointers(heap), gradient, partials, maps.framed, maps.other, maps.counts);
        if (values === 'dense') heap.lanes.scatter(gradient, product.order(heap, 'dense'), heap.pointer(dw), product.nonzeros);
      }),
    );
    return dw;
  });
}

function reluGradient(y: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return onHeap({ y, dy }, (heap, inputs) => {
    const out = heap.output(dy.shape);
    heap.lanes.reluGradient(heap.pointer(inputs.y), heap.pointer(inputs.dy), heap.pointer(out), dy.size);
    return out;
  });
}

function biasGradient(dy: tf.Tensor): tf.Tensor {
  const [blocks, height, width, channels] = dy.shape as LaneShape;
  return onHeap({ dy }, (heap, inputs) => {
    const gradient = heap.output([channels]);
    heap.lanes.biasGradient(heap.pointer(inputs.dy), blocks * height * width, channels, heap.pointer(gradient));
    return gradient;
  });
}

/** One product, its values gathered from those at `w`. */
function run(
  heap: WasmHeap,
  product: PlacedProduct,
  values: Values,
  w: Pointer,
  bias: Pointer,
  relu: boolean,
  blocks: number,
  framed: MapInMemory,
  out: MapInMemory,
): void {
  const maps = mapsOf(product, blocks, framed, out);
  heap.scratch(4 * product.nonzeros + 4, (gathered) => {
    heap.lanes.permute(w, product.order(heap, values), gathered, product.nonzeros);
    heap.lanes.product(product.pointers(heap), gathered, bias, relu, maps.framed, maps.other, maps.counts);
  });
}

function mapOf(heap: WasmHeap, t: tf.TensorInfo): MapInMemory {
  const [, height, width, channels] = t.shape as LaneShape;
  return { pointer: heap.pointer(t), height, width, channels };
}

/** Lends a map with zeros around it: itself where none are needed. */
function withFrame(
  heap: WasmHeap,
  t: tf.TensorInfo,
  { top, left, bottom, right }: Frame,
  body: (framed: MapInMemory) => void,
): void {
  const map = mapOf(heap, t);
  if (top + left + bottom + right === 0) {
    body(map);
    return;
  }
  const [blocks] = t.shape;
  const [height, width] = [top + map.height + bottom, left + map.width + right];
  const pixel = map.channels * laneBytes;
  heap.scratch(blocks * height * width * pixel, (pointer) => {
    heap.lanes.pad(map.pointer, pointer, blocks, map.height, map.width * pixel, top, bottom, left * pixel, right * pixel);
    body({ ...map, pointer, height, width });
  });
}
