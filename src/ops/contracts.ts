import type * as tf from '@tensorflow/tfjs';
import type { LayerTensors, LoopNest } from '../hw/contracts.js';
import type { GroupedMasks, KernelInfo, LayerMasks, OperandThinning } from '../pruning/contracts.js';
import type { ThinnedValues } from './gradient-operands.js';
import type { AddedTerms } from './terms-to-add.js';

/**
 * The contracts between what runs inside the tfjs graph and the callbacks. No code lives here.
 *
 * @module
 */

/** How pruned weights and their optimizer slots are treated; the two declarations of a pruning method. */
export interface PrunedTreatment {
  readonly pruned: 'zero' | 'dense-master';
  readonly slots: 'zero' | 'keep';
  /** SR-STE decay, see `PruningMethod.decay`. */
  readonly decay: number;
}

/**
 * A prunable kernel inside a model: a masked layer, or an inner layer of a region. The layer owns its masks; whoever prunes talks to
 * this handle and never to the variable behind it, whose size and layout are the layer's own business.
 */
export interface PrunableKernel {
  readonly info: KernelInfo;
  /** The masks in force. */
  readonly masks: LayerMasks;
  /** What the last {@link PrunableKernel.repack} declared; a checkpoint stores it. */
  readonly treatment: PrunedTreatment;
  /** Whether the masks in force have been computed with: lists may only be worth making for masks that stay. A checkpoint stores it. */
  masksUsed: boolean;
  /** The dense stored values (masters), row-major: materialised on each call. */
  readKernel(): Float32Array;
  /** Overwrites the stored values; under `pruned: 'zero'` masked positions become 0. */
  writeKernel(values: Float32Array): void;
  /**
   * Puts new masks in force: values and optimizer slots are carried over by position; with `pruned: 'zero'` masked weights and
   * with `slots: 'zero'` their slots become exactly 0.
   *
   * @throws SparsityError for a mask that is no Uint8Array of 0 and 1, one for each weight.
   */
  repack(masks: LayerMasks, treatment: PrunedTreatment, optimizer?: tf.Optimizer): void;
  /**
   * Puts the masks in force that `masksOf` makes of the stored values as they are now. They have to be those that `groups` says, see
   * `PruningMethod.groups`: where a kernel can compute by that alone, `masksOf` is called when somebody looks at the masks, if at all.
   */
  regroup(
    groups: GroupedMasks,
    masksOf: (weights: Float32Array) => LayerMasks,
    treatment: PrunedTreatment,
    optimizer?: tf.Optimizer,
  ): void;
  /** A term that is added to the gradient of the stored values in the steps to come, one number per weight; undefined for none. */
  addToGradient(term: Float32Array | undefined): void;
  /** Whether G is kept in the steps to come: all of it is computed then, also where M_g is 0. */
  readonly isCollecting: boolean;
  /** Keeps G in the steps to come, or no longer; what was kept before is forgotten. Nothing is kept, and nothing costs, without it. */
  collectGradient(on: boolean): void;
  /**
   * The dense gradient of the loss by the effective weights since {@link PrunableKernel.collectGradient}: before M_g, decay and other terms, and
   * summed over all uses of the kernel; row-major. Undefined where no backward pass has asked for it.
   */
  gradient(): Float32Array | undefined;
  /**
   * The optimizer's slots of this kernel, row-major, by the names that tfjs gives them: momentum `momentum`; Adagrad `accumulator`; Adadelta
   * `accum_grad`, `accum_var`; Adam `m`, `v`; Adamax `m`, and its infinity norm as `u`; RMSProp `rms`, `momentum`, centered `mg`. None for SGD,
   * and before the first step.
   */
  readSlots(optimizer: tf.Optimizer): Readonly<Record<string, Float32Array>>;
  /** Thins operands of the gradient products in the steps to come; undefined for none. No file stores it. */
  thinOperands(thinning: OperandThinning | undefined): void;
  /** Gives the layer's own variable, and its optimizer slots, what a region trained in their place; for who looks at those. */
  settle(): void;
  /** Makes masked weights and slots exactly 0 again, as the treatment of the last repack declares; for slots born after it. */
  enforce(optimizer?: tf.Optimizer): void;
}

/** One use of one layer's kernel in a training step. Tensors live only as long as the callback runs. */
export interface TappedOp {
  /** See `LayerTensors.layer`. */
  readonly layer: string;
  readonly use: number;
  readonly nest: LoopNest;
  /** `A` for a product of two activations, see `LayerTensors.kernelRole`; W is the second of them. */
  readonly kernelRole?: 'A' | undefined;
  /** See `LayerTensors.onlyGradient`. */
  readonly onlyGradient?: 'A' | 'W' | undefined;
  /** Effective weights of the forward pass and of the input gradient. */
  readonly W: tf.Tensor;
  readonly backwardW: tf.Tensor;
  readonly A: tf.Tensor;
  /** Absent for a frozen kernel whose input gradient is not needed. */
  readonly E: tf.Tensor | undefined;
  /** E as the input gradient multiplied with it, where that is another. */
  readonly backwardE?: tf.Tensor | undefined;
  /** A as the weight gradient multiplied with it, where that is another. */
  readonly gradientA?: tf.Tensor | undefined;
  /** Absent for a frozen kernel and a product of two activations. */
  readonly G: tf.Tensor | undefined;
  readonly needsInputGradient: boolean;
}

/**
 * What the tape node of a masked op carries in `attrs`, so that the tap reports effective operands. The node's inputs are `x` and `w`,
 * `w` being the kernel variable itself. `saved` starts with [A, W_f, W_b]; W_b is absent where it is W_f. All three, and E, are in
 * canonical shape: dense [rows, in], [in, out], [rows, out], whatever the layer's rank; conv1d as conv2d of height 1, so that A is
 * [batch, 1, length, in] and W [1, k, in, out]. G alone has the shape of the kernel variable.
 */
export interface MaskedOpAttrs {
  readonly maskedOp: 'dense' | 'conv1d' | 'conv2d' | 'depthwiseConv2d';
  /** Of convolutions: stride over height and width. */
  readonly strides?: readonly [number, number];
  /** Of convolutions: padding, as tfjs's own nodes carry it. */
  readonly pad?: 'valid' | 'same' | number;
  /** Where operands are thinned: what came of them, which the backward pass writes. */
  readonly thinned?: ThinnedValues;
  /** Where terms may be added to G: G without them, from the backward pass that adds them. */
  readonly terms?: AddedTerms;
}

/** An attached tap. */
export interface TensorTap {
  /**
   * The names of all kernels that the tap looks for, in model order, and of the products of two activations that it has met, where the forward
   * pass comes by them; what never came was not seen: embeddings, for example, and products of which nothing can be told, as `layer/untold`.
   */
  readonly layers: readonly string[];
  /** Takes the wrapper off the engine; the engine is as before. Safe to call twice. */
  detach(): void;
}

/** The packer: a tapped op to plain bit maps; `images` takes that many images of the batch. */
export type PackOp = (op: TappedOp, images?: number) => LayerTensors;
