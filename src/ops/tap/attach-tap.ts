import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { checkModel } from '../check-model.js';
import type { TappedOp, TensorTap } from '../contracts.js';
import { forwardOrder } from './forward-order.js';
import { kernelNames } from './kernel-names.js';
import { selfTest } from './self-test.js';
import { tapKernels } from './tap-kernels.js';
import { tapProducts } from './tap-products.js';

/** Options of {@link attachTap}. */
export interface TapOptions {
  /**
   * Called during the backward pass for each use of a kernel, the last first. The tensors are dead after the call: consume them in it, or
   * `tf.keep(t.clone())` and dispose. Tensors made in it are freed.
   */
  readonly onOp: (op: TappedOp) => void;
  /** Asked for each use as it is computed: what is not wanted is not reported, and costs nothing. @default always */
  readonly isWanted?: () => boolean;
}

const attached = new Set<Required<TapOptions>>();

/**
 * Reports W, A, E, G of every use of every conv and dense kernel of a model in each training step, under `fit`, `trainOnBatch` or a loop
 * with `tf.variableGrads` or `optimizer.minimize`; prediction and validation are not seen. A is [batch, ...space, in], E is
 * [batch, ...space, out], W and G are [...kernel, in / groups, out], channels last; conv1d comes as conv2d of height 1, the
 * rows of a dense layer on [batch, ...positions, in] keep their positions. W is what the op multiplied with, under masks the effective
 * weights; where a method thins the operands of one gradient product, `backwardE` and `gradientA` are what that multiplied with. G is the
 * gradient of this one use, without regularisers. A use of a frozen kernel is reported in the forward pass, without E and
 * G, and once more in the backward pass if that goes on to earlier layers, then with E: the last report of a use holds.
 *
 * Seen are matMul, conv1d, conv2d, conv3d, depthwise, separable and transposed convolutions, their fused and masked forms and
 * recurrent kernels; also where the kernel was reshaped, transposed, cast or multiplied before. A kernel that is cut before it is multiplied, as
 * GRU's, comes in parts: layers of their own, `gru/recurrent[:][0:8]` for the first 8 columns. Products of two activations (attention,
 * the layer `dot`, a matMul of your own layer) come as `layer/product`, a use for each, or as `model/product` where no layer computes: in
 * the forward pass with A and W, which is the second factor, and again with E in the backward pass.
 *
 * Not seen are embeddings, products of a kernel with a batch of matrices, einsum, matrices that are broadcast and filters that are activations:
 * `TensorTap.layers` lists all kernels and products, so that what never came can be told; of products that
 * never come the name is `layer/untold`.
 *
 * @param model a built model; layers that are added or replaced later are not seen.
 * @throws SparsityError when the model has no kernels, or the tap does not work with this tfjs: each attach is self-tested.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2]})]});
 * const tap = attachTap(model, {onOp: ({layer, G}) => console.log(layer, G?.dataSync())});
 * tf.train.sgd(0.1).minimize(() => (model.apply(tf.ones([4, 2]), {training: true}) as tf.Tensor).sum().asScalar());
 * tap.detach();
 * ```
 */
export function attachTap(model: tf.LayersModel, { onOp, isWanted = () => true }: TapOptions): TensorTap {
  checkModel(model);
  const kernels = kernelNames(model);
  if (![...kernels.values()].some(({ trained }) => trained)) {
    throw new SparsityError({
      what: `tensor tap: model ${model.name}`,
      got: 'no trained weights of rank 2 or more',
      expected: 'a model with conv or dense layers that are trained',
      fix: 'attach to the model that holds the layers, and unfreeze them before',
    });
  }
  selfTest();
  const tap = { onOp, isWanted };
  const order = forwardOrder([...kernels.values()].map(({ name }) => name));
  const releases = [tapKernels(kernels, tap, order), tapProducts(model, kernels, tap, order)];
  attached.add(tap);
  return {
    layers: order.names,
    detach() {
      attached.delete(tap);
      for (const release of releases) release();
    },
  };
}

/**
 * Whether any attached tap wants what is computed now: whoever computes around the tape reports its uses only then.
 *
 * @example
 * ```ts
 * isTapWatching(); // false
 * ```
 */
export function isTapWatching(): boolean {
  return [...attached].some(({ isWanted }) => isWanted());
}

/**
 * Reports a use that no tape sees to all attached taps that want it, whatever models they watch: for ops that compute forward and backward
 * passes by themselves. Tensors in canonical shape, see {@link attachTap}; they may be freed after the call.
 *
 * @example
 * ```ts
 * const [A, W, E] = [tf.ones([2, 3]), tf.ones([3, 1]), tf.ones([2, 1])];
 * const nest = denseNest({batch: 2, inFeatures: 3, outFeatures: 1});
 * reportOp({layer: 'fc', use: 0, nest, W, backwardW: W, A, E, G: tf.matMul(A, E, true), needsInputGradient: true});
 * ```
 */
export function reportOp(op: TappedOp): void {
  tf.tidy(() => {
    for (const { onOp, isWanted } of attached) if (isWanted()) onOp(op);
  });
}
