import * as tf from '@tensorflow/tfjs';
import type { OperandThinning } from '../pruning/contracts.js';
import type { MaskedOpAttrs } from './contracts.js';
import { effectiveWeights } from './effective-weights.js';
import { forwardBackwardOp } from './forward-backward-op.js';
import { gradientOperands, type ThinnedValues } from './gradient-operands.js';
import { type AddedTerms, termsToAdd } from './terms-to-add.js';

/**
 * The named masks of one op: float tensors of zeros and ones with the shape of `w`, kept alive by the caller until the backward pass has
 * run. `null` means all ones.
 */
export interface OpMasks {
  /** M_f: the forward pass sees W.M_f. @default null */
  readonly forward?: tf.Tensor | null;
  /** M_b: the input gradient sees W.M_b. @default the forward mask */
  readonly backward?: tf.Tensor | null;
  /** Whether `forward` and `backward` hold W.M_f and W.M_b in place of the masks; M_g has to be given then. @default false */
  readonly areApplied?: boolean;
  /** M_g: the weight gradient is multiplied by it. @default the forward mask */
  readonly gradient?: tf.Tensor | null;
  /** Added to the weight gradient, before M_g. @default null */
  readonly term?: tf.Tensor | null;
  /** Lambda, in 1/step: `decay * (1 - M_f).W` is added to the weight gradient (SR-STE). @default 0 */
  readonly decay?: number;
  /** Whose masks they are: a backward pass adds `term` and the decay once for all uses with the same object. @default each op adds its own */
  readonly sharedBy?: object;
  /** Is handed the weight gradient before anything is added to it or masked, in the shape of w. @default none */
  readonly onGradient?: (G: tf.Tensor) => void;
  /** K_A and K_E, and what E of both gradient products becomes. @default operands as they are */
  readonly thinning?: OperandThinning | null;
}

/** Geometry of a masked convolution, as tfjs's own convolutions take it. */
export interface ConvGeometry {
  /** Stride of each spatial axis. @default 1 */
  readonly strides?: number | [number, number];
  /** Padding. @default 'valid' */
  readonly pad?: 'valid' | 'same' | number;
}

/** The three GEMMs behind an op, on operands in canonical shape. */
interface Gemms {
  forward(A: tf.Tensor, W: tf.Tensor): tf.Tensor;
  inputGradient(E: tf.Tensor, W: tf.Tensor, inputShape: number[]): tf.Tensor;
  weightGradient(A: tf.Tensor, E: tf.Tensor, kernelShape: number[]): tf.Tensor;
}

/** `kernelShape` is the canonical shape of w: conv1d's gains a leading 1. */
function maskedOp(
  attrs: MaskedOpAttrs,
  x: tf.Tensor,
  w: tf.Tensor,
  kernelShape: number[],
  masks: OpMasks,
  gemms: Gemms,
): tf.Tensor {
  const { forward = null, backward = forward, gradient = forward, decay = 0 } = masks;
  const { thinning = null, term = null, onGradient } = masks;
  const thinned: ThinnedValues = {};
  const terms: AddedTerms = {};
  const effective = (mask: tf.Tensor | null) => effectiveWeights(w, mask, masks).reshape(kernelShape);
  return forwardBackwardOp({
    name: attrs.maskedOp,
    inputs: { x, w },
    attrs: { ...attrs, ...(thinning && { thinned }), ...((term || decay !== 0) && { terms }) },
    forward(save) {
      const forwardW = effective(forward);
      const backwardW = backward === forward ? forwardW : effective(backward);
      // The wasm backend copies what is saved, so W_b is left out where it is W_f.
      if (forward && decay !== 0) save([x, forwardW, backwardW, w]);
      else save(backwardW === forwardW ? [x, forwardW] : [x, forwardW, backwardW]);
      return gemms.forward(x, forwardW);
    },
    backward: (dy, [x0, forwardW, backwardW = forwardW, W]) => {
      const { E, backwardE, gradientA } = gradientOperands(x0, dy, thinning ?? {}, thinned);
      return {
        x: () => gemms.inputGradient(backwardE(), backwardW, x.shape),
        w: () => {
          const ofLoss = gemms.weightGradient(gradientA(), E(), kernelShape).reshape(w.shape);
          onGradient?.(ofLoss);
          const added = termsToAdd(masks);
          const underMask = (G: tf.Tensor) => (gradient ? G.mul(gradient) : G);
          if (added.term || added.decay !== 0) terms.without = () => underMask(ofLoss);
          const G = underMask(added.term ? ofLoss.add(added.term) : ofLoss);
          return forward && added.decay !== 0 ? G.add(W.sub(forwardW.reshape(w.shape)).mul(added.decay)) : G;
        },
      };
    },
  });
}

/**
 * Matrix product with masked weights: `Y = A (W.M_f)`, `dA = (E.K_E) (W.M_b)^T`, `dW = ((A.K_A)^T E + term).M_g + decay (1 - M_f).W`.
 *
 * @param x A, [..., in]; ranks above 2 are seen as [rows, in].
 * @param w W, [in, out].
 * @returns Y, [..., out].
 * @example
 * ```ts
 * const mask = tf.tensor2d([[1], [0]]);
 * maskedOps.matMul(tf.tensor2d([[2, 3]]), tf.tensor2d([[5], [7]]), {forward: mask}); // [[10]]
 * ```
 */
export function matMul(x: tf.Tensor, w: tf.Tensor, masks: OpMasks = {}): tf.Tensor {
  const [inputs, outputs] = w.shape as [number, number];
  const rows = x.rank === 2 ? x : x.reshape([-1, inputs]);
  const y = maskedOp({ maskedOp: 'dense' }, rows, w, w.shape, masks, {
    forward: (A, W) => tf.matMul(A as tf.Tensor2D, W as tf.Tensor2D),
    inputGradient: (E, W) => tf.matMul(E as tf.Tensor2D, W as tf.Tensor2D, false, true),
    weightGradient: (A, E) => tf.matMul(A as tf.Tensor2D, E as tf.Tensor2D, true, false),
  });
  return x.rank === 2 ? y : y.reshape([...x.shape.slice(0, -1), outputs]);
}

/**
 * 2-D convolution with masked weights; the gradients are those of {@link matMul} with convolutions for products.
 *
 * @param x A, [batch, height, width, in].
 * @param w W, [height, width, in, out].
 * @returns Y, [batch, height', width', out].
 * @example
 * ```ts
 * const w = tf.ones([3, 3, 1, 2]);
 * maskedOps.conv2d(tf.ones([1, 5, 5, 1]), w, {forward: tf.zerosLike(w), pad: 'same'}).sum(); // 0: the sum of 50 zeros
 * ```
 */
export function conv2d(x: tf.Tensor, w: tf.Tensor, options: OpMasks & ConvGeometry = {}): tf.Tensor {
  return conv('conv2d', x, w, w.shape, options);
}

/**
 * 1-D convolution with masked weights, see {@link conv2d}.
 *
 * @param x A, [batch, length, in].
 * @param w W, [length, in, out].
 * @returns Y, [batch, length', out].
 * @example
 * ```ts
 * const w = tf.ones([3, 1, 2]);
 * maskedOps.conv1d(tf.ones([1, 5, 1]), w, {forward: tf.zerosLike(w)}).sum(); // 0: the sum of 6 zeros
 * ```
 */
export function conv1d(x: tf.Tensor, w: tf.Tensor, options: OpMasks & ConvGeometry = {}): tf.Tensor {
  const [batch, length, channels] = x.shape as [number, number, number];
  const { strides = 1 } = options;
  const y = conv('conv1d', x.reshape([batch, 1, length, channels]), w, [1, ...w.shape], {
    ...options,
    strides: typeof strides === 'number' ? [1, strides] : strides,
  });
  return y.squeeze([1]);
}

function conv(
  kind: 'conv1d' | 'conv2d',
  x: tf.Tensor,
  w: tf.Tensor,
  kernelShape: number[],
  { strides = 1, pad = 'valid', ...masks }: OpMasks & ConvGeometry,
): tf.Tensor {
  const attrs = { strides: pair(strides), pad, dataFormat: 'NHWC', dilations: [1, 1] };
  return maskedOp({ maskedOp: kind, ...attrs }, x, w, kernelShape, masks, {
    forward: (A, W) => tf.conv2d(A as tf.Tensor4D, W as tf.Tensor4D, attrs.strides, pad),
    inputGradient: (dy, filter, inputShape) => run('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape }),
    weightGradient: (A, dy, filterShape) => run('Conv2DBackpropFilter', { x: A, dy }, { ...attrs, filterShape }),
  });
}

/**
 * Depthwise 2-D convolution with masked weights, see {@link conv2d}.
 *
 * @param x A, [batch, height, width, in].
 * @param w W, [height, width, in, multiplier].
 * @returns Y, [batch, height', width', in * multiplier].
 * @example
 * ```ts
 * const w = tf.ones([3, 3, 2, 1]);
 * maskedOps.depthwiseConv2d(tf.ones([1, 5, 5, 2]), w, {forward: tf.zerosLike(w)}).sum(); // 0: the sum of 18 zeros
 * ```
 */
export function depthwiseConv2d(x: tf.Tensor, w: tf.Tensor, options: OpMasks & ConvGeometry = {}): tf.Tensor {
  const { strides = 1, pad = 'valid', ...masks } = options;
  const attrs = { strides: pair(strides), pad, dilations: [1, 1] };
  return maskedOp({ maskedOp: 'depthwiseConv2d', ...attrs }, x, w, w.shape, masks, {
    forward: (A, W) => tf.depthwiseConv2d(A as tf.Tensor4D, W as tf.Tensor4D, attrs.strides, pad),
    inputGradient: (dy, filter, inputShape) =>
      run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attrs, inputShape }),
    weightGradient: (A, dy, filterShape) => run('DepthwiseConv2dNativeBackpropFilter', { x: A, dy }, { ...attrs, filterShape }),
  });
}

function pair(strides: number | [number, number]): [number, number] {
  return typeof strides === 'number' ? [strides, strides] : strides;
}

/** The gradient kernels of tfjs have no public op. */
function run(kernelName: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
}
