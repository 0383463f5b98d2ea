import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { sizeOf } from '../../hw/bits.js';
import type { BitTensor, LayerTensors } from '../../hw/index.js';
import type { TappedOp } from '../contracts.js';
import { packTensorBits } from '../pack-tensor-bits.js';

/**
 * The non-zero patterns of a tapped use, with the shapes of its loop nest: plain data, 1/32 of the tensors.
 *
 * With `images`, A and E are those of the first images of the batch. W has no images, unless it is the second of two
 * activations. G is a sum over the whole batch, and its pattern says
 * which gradients are wanted, which does not depend on the images looked at: it stays whole.
 *
 * @param images images to take, at least 1; more than there are means all. @default all images
 * @throws SparsityError when `images` is not a positive integer.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [2]})]});
 * const tap = attachTap(model, {onOp: (op) => console.log(packOp(op, 8).A.words)});
 * tap.detach();
 * ```
 */
export function packOp(op: TappedOp, images: number = op.nest.batch): LayerTensors {
  if (!(Number.isInteger(images) && images > 0)) {
    throw new SparsityError({
      what: 'images',
      got: images,
      expected: 'a positive integer',
      fix: 'pass 1 or more, or leave it out for all images',
    });
  }
  const { layer, use, needsInputGradient, nest: whole } = op;
  const nest = { ...whole, batch: Math.min(images, whole.batch) };
  const input = [nest.batch, ...nest.inSize, nest.inChannels];
  const output = [nest.batch, ...nest.outSize, nest.outChannels];
  const { kernelRole, onlyGradient } = op;
  const kernel = [...(kernelRole === 'A' ? [nest.batch] : nest.kernelSize), nest.inChannels / nest.groups, nest.outChannels];
  const W = pack(op.W, kernel);
  return {
    layer,
    use,
    nest,
    W,
    backwardW: op.backwardW === op.W ? W : pack(op.backwardW, kernel),
    A: pack(op.A, nest.transposed ? output : input),
    E: op.E && pack(op.E, nest.transposed ? input : output),
    ...(op.backwardE && { backwardE: pack(op.backwardE, output) }),
    ...(op.gradientA && { gradientA: pack(op.gradientA, input) }),
    G: op.G && pack(op.G, kernel),
    ...(kernelRole && { kernelRole }),
    ...(onlyGradient && { onlyGradient }),
    needsInputGradient,
    batchTotal: whole.batch,
  };
}

function pack(t: tf.Tensor, shape: readonly number[]): BitTensor {
  return { shape, words: packTensorBits(t, sizeOf(shape)) };
}
