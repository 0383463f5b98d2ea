import type * as tf from '@tensorflow/tfjs';
import type { ConvGeometry, Pointer } from '../../kernels/index.js';
import { type MapInMemory, mapsOf } from '../../kernels/lane-maps.js';
import type { Frame } from '../../kernels/offset-lists.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import type { OpMasks } from '../masked-ops.js';
import { termsToAdd } from '../terms-to-add.js';
import type { WasmHeap } from '../training-kernels-heap.js';
import { denseWeightGradient } from './lane-dense-gradient.js';
import { framedShape, inFrame, inside, mapOf, noFrame } from './lane-frames.js';
import type { LaneShape } from './lane-layout.js';
import type { HeapProduct, LanePlan, PlacedProduct, TrainedValues } from './lane-plan.js';
import { onHeap } from './on-heap.js';

/** What a use of a layer's kernel was made of, in lanes. */
export interface LaneUse {
  /** In the frame of the forward pass. */
  readonly A: tf.Tensor;
  /** In `errorFrame`; undefined in the forward pass. */
  readonly E: tf.Tensor | undefined;
  readonly errorFrame: Frame;
  /** In the shape of the trained values; undefined until it is computed, as that of a frozen kernel never is. */
  readonly G: tf.Tensor | undefined;
  readonly needsInputGradient: boolean;
}

/** Options of {@link laneLayer}. */
export interface LaneLayerOptions {
  readonly relu: boolean;
  /** Max pooling of the relu, by windows that lie side by side from the first pixel on; the layer then gives the pooled map. */
  readonly pool: ConvGeometry | undefined;
  /** What `w` holds. */
  readonly values: TrainedValues;
  /** As tensors: M_f and M_g, a term of the gradient, the decay of SR-STE; who is handed the gradient of all weights. */
  readonly masks: OpMasks;
  /** The kernel with all its weights. */
  readonly kernel: tf.Tensor;
  /** Images of the batch. */
  readonly batch: number;
  /** Called in the forward pass, and in the backward pass for the input gradient, if there is one, before it is for the weight gradient. */
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
  { relu, pool, values, masks, kernel, batch, onUse }: LaneLayerOptions,
): tf.Tensor {
  let needsInputGradient = false;
  return forwardBackwardOp({
    name: 'laneLayer',
    inputs: bias ? { x, w, bias } : { x, w },
    attrs: {},
    forward(save) {
      const A = inFrame(x, plan.forwardFrame);
      const y = forward(A, w, bias, plan, values, relu);
      const pooled = pool && maxPool(y, pool);
      save([A, w, ...(relu ? [y] : []), ...(pooled ? [pooled] : [])]);
      onUse?.({ A, E: undefined, errorFrame: noFrame, G: undefined, needsInputGradient });
      return pooled ?? y;
    },
    backward(dy, saved) {
      const [A, W, Y, pooled] = saved as readonly [tf.Tensor, tf.Tensor, tf.Tensor?, tf.Tensor?];
      // Not in a function below: what these make is freed when they return.
      const dBias = Y ? newVector(plan.geometry.outChannels) : undefined;
      const E = Y && dBias ? outputError(Y, pooled, dy, dBias, plan.backwardFrame, pool) : dy;
      const frame = Y ? plan.backwardFrame : noFrame;
      const tell = (G: tf.Tensor | undefined) => onUse?.({ A, E, errorFrame: frame, G, needsInputGradient });
      return {
        // tfjs calls them in this order, each only where its input needs a gradient.
        x: () => {
          needsInputGradient = true;
          tell(undefined);
          return inputGradient(Y ? E : inFrame(E, plan.backwardFrame), W, plan, values);
        },
        w: () => {
          const added = termsToAdd(masks);
          const decayTerm = added.decay ? plan.takeDecayTerm?.() : undefined;
          const dense = (begin?: tf.Tensor) => denseWeightGradient(A, E, frame, kernel.shape, { ...plan.geometry, batch }, begin);
          const gradient = (begin: tf.Tensor | undefined) =>
            plan.gradient ? weightGradient(A, E, frame, w.shape, plan.gradient(), values) : dense(begin);
          const G = gradient(decayTerm);
          // What is trained has the same bits whether anybody is handed the gradient of all weights or not.
          masks.onGradient?.(plan.gradient || decayTerm ? dense() : G);
          // Who watches sees the gradient of the loss alone; what is trained has the same bits whether anybody does or not.
          if (onUse) tell(decayTerm ? gradient(undefined) : G);
          const sum = added.term ? G.add(masks.gradient ? added.term.mul(masks.gradient) : added.term) : G;
          return added.decay && !decayTerm ? withDecay(sum, W, plan, added.decay) : sum;
        },
        ...(bias ? { bias: () => dBias ?? biasGradient(E) } : {}),
      };
    },
  });
}

function withDecay(G: tf.Tensor, W: tf.Tensor, plan: LanePlan, decay: number): tf.Tensor {
  return onHeap({ G, W }, (heap, inputs) => {
    const out = heap.output(G.shape);
    const [g, w, sum] = [inputs.G, inputs.W, out].map((t) => heap.pointer(t)) as [Pointer, Pointer, Pointer];
    plan.addDecay?.(heap, g, w, decay, sum, G.size);
    return out;
  });
}

function forward(
  A: tf.Tensor,
  w: tf.Tensor,
  bias: tf.Tensor | undefined,
  plan: LanePlan,
  values: TrainedValues,
  relu: boolean,
): tf.Tensor {
  const { geometry: g, forward: product } = plan;
  const [blocks] = A.shape as LaneShape;
  return onHeap(bias ? { A, w, bias } : { A, w }, (heap, inputs) => {
    const y = heap.output([blocks, g.outHeight, g.outWidth, g.outChannels, 32]);
    const biasAt = inputs.bias ? heap.pointer(inputs.bias) : 0;
    run(heap, product, values, heap.pointer(inputs.w), biasAt, relu, blocks, mapOf(heap, inputs.A), mapOf(heap, y));
    return y;
  });
}

/** @param E in the frame of the input gradient. */
function inputGradient(E: tf.Tensor, w: tf.Tensor, plan: LanePlan, values: TrainedValues): tf.Tensor {
  const { geometry: g } = plan;
  const products = plan.backward();
  const [blocks] = E.shape as LaneShape;
  return onHeap({ E, w }, (heap, inputs) => {
    const dx = heap.output([blocks, g.inHeight, g.inWidth, g.inChannels, 32]);
    const [from, to] = [mapOf(heap, inputs.E), mapOf(heap, dx)];
    for (const product of products) run(heap, product, values, heap.pointer(inputs.w), 0, false, blocks, from, to);
    return dx;
  });
}

/** @param frame in which E stands. */
function weightGradient(
  A: tf.Tensor,
  E: tf.Tensor,
  frame: Frame,
  shape: number[],
  product: PlacedProduct,
  values: TrainedValues,
): tf.Tensor {
  const [blocks] = A.shape as LaneShape;
  return onHeap({ A, E }, (heap, inputs) => {
    const dw = values === 'dense' ? heap.zeros(shape) : heap.output(shape);
    const maps = mapsOf(product, blocks, mapOf(heap, inputs.A), inside(mapOf(heap, inputs.E), frame));
    heap.scratch(20 * product.nonzeros + 4, (partials) => {
      const gradient = values === 'dense' ? partials + 16 * product.nonzeros : heap.pointer(dw);
      heap.lanes.weightGradient(product.pointers(heap), gradient, partials, maps.framed, maps.other, maps.counts);
      if (values === 'dense') heap.lanes.scatter(gradient, product.order(heap, 'dense'), heap.pointer(dw), product.nonzeros);
    });
    return dw;
  });
}

function newVector(channels: number): tf.Tensor {
  return onHeap({}, (heap) => heap.output([channels]));
}

/** The error before relu, and before pooling where there is any, in a frame; the gradient of the bias goes into `dBias`. */
function outputError(
  y: tf.Tensor,
  pooled: tf.Tensor | undefined,
  dy: tf.Tensor,
  dBias: tf.Tensor,
  frame: Frame,
  pool: ConvGeometry | undefined,
): tf.Tensor {
  const shape = y.shape as LaneShape;
  return onHeap({ y, dy, dBias, ...(pooled ? { pooled } : {}) }, (heap, inputs) => {
    const E = heap.output(framedShape(shape, frame));
    const [from, error, into, sums] = [inputs.y, inputs.dy, E, inputs.dBias].map((t) => heap.pointer(t)) as Pointer[];
    heap.scratch(16 * shape[3], (scratch) => {
      if (!inputs.pooled || !pool) heap.lanes.reluError(from, error, into, sums, scratch, shape, frame);
      else heap.lanes.pooledError(from, heap.pointer(inputs.pooled), error, into, sums, scratch, shape, frame, pool);
    });
    return E;
  });
}

function maxPool(y: tf.Tensor, g: ConvGeometry): tf.Tensor {
  const [blocks] = y.shape as LaneShape;
  return onHeap({ y }, (heap, inputs) => {
    const pooled = heap.output([blocks, g.outHeight, g.outWidth, g.outChannels, 32]);
    heap.lanes.maxPool(heap.pointer(inputs.y), heap.pointer(pooled), blocks, g);
    return pooled;
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
  product: HeapProduct,
  values: TrainedValues,
  w: Pointer,
  bias: Pointer,
  relu: boolean,
  blocks: number,
  framed: MapInMemory,
  out: MapInMemory,
): void {
  const maps = mapsOf(product, blocks, framed, out);
  product.withValues(heap, w, values, (gathered) =>
    heap.lanes.product(product.pointers(heap), gathered, bias, relu, maps.framed, maps.other, maps.counts),
  );
}
