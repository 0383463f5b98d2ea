import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../hw/bits.js';
import type { LoopNest } from '../../hw/index.js';
import type { View } from './kernel-use.js';
import { productNest } from './product-nest.js';
import type { RunningLayer } from './running-layers.js';
import type { OpAttrs, TapeNode } from './tape.js';

/** An op on the tape seen as a product Y = A W of two activations, for each image and group. Its saved tensors begin with A and W. */
export interface ProductUse {
  readonly nest: LoopNest;
  readonly views: { readonly A: View; readonly W: View; readonly E: View };
}

const matMuls = new Set(['BatchMatMul', '_FusedMatMul']);
/** Products that have no nest of matrices, image by image. */
const others = new Set(
  'Einsum Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput FusedConv2D FusedDepthwiseConv2D'.split(' '),
);

/**
 * Reads a tape node as a product of its first two inputs; `'none'` when it is none, undefined when it is one that has no such nest: an
 * einsum, a convolution whose filters are activations, or matrices that are broadcast.
 */
export function productUseOf(
  op: string,
  node: TapeNode,
  attrs: OpAttrs,
  running: RunningLayer | undefined,
): ProductUse | undefined | 'none' {
  if (others.has(op)) return undefined;
  const factors = Object.values(node.inputs).slice(0, 2);
  const [x, z] = factors as [tf.Tensor, tf.Tensor];
  if (op === 'Multiply' && running?.layer.getClassName() === 'Dot' && x.rank === 2 && z.rank === 2) return dotUse(running, x, z);
  if (!matMuls.has(op)) return 'none';
  const images = running?.inputs[0]?.shape[0] ?? (x.rank > 2 ? (x.shape[0] as number) : 1);
  const nest = productNest(factors, attrs, images);
  const matrices = nest.batch * nest.groups;
  if (!node.gradient || [x, z].some((t) => matricesOf(t) !== matrices)) return undefined;
  const { batch, groups } = nest;
  return {
    nest,
    views: {
      A: byImage(batch, groups, attrs.transposeA === true),
      W: byImage(batch, groups, attrs.transposeB === true),
      E: byImage(batch, groups, false),
    },
  };
}

/**
 * The layer `dot` of two vectors multiplies them element by element, and adds up: rows of one by columns of one; the error of the sum is that of
 * each of its terms. To normalise them it multiplies each by itself before.
 */
function dotUse({ inputs: [first, second] }: RunningLayer, x: tf.Tensor, z: tf.Tensor): ProductUse | 'none' {
  if (x.id === z.id && first?.id !== second?.id) return 'none';
  const [batch, k] = x.shape as [number, number];
  const factors = [{ shape: [batch, 1, k] }, { shape: [batch, k, 1] }];
  return {
    nest: productNest(factors, {}, batch),
    views: {
      A: (t) => tf.reshape(t, [batch, 1, k]),
      W: (t) => tf.reshape(t, [batch, k, 1]),
      E: (t) => tf.reshape(tf.slice(t, [0, 0], [batch, 1]), [batch, 1, 1]),
    },
  };
}

/** The matrices [batch, groups, rows, columns] of a tensor as [batch, rows, groups * columns]. */
function byImage(batch: number, groups: number, isTransposed: boolean): View {
  return (t) => {
    const [first, second] = t.shape.slice(-2) as [number, number];
    const [rows, columns] = isTransposed ? [second, first] : [first, second];
    const matrices = tf.reshape(t, [batch, groups, first, second]);
    const isInOrder = groups === 1 && !isTransposed;
    const sorted = isInOrder ? matrices : tf.transpose(matrices, isTransposed ? [0, 3, 1, 2] : [0, 2, 1, 3]);
    return tf.reshape(sorted, [batch, rows, groups * columns]);
  };
}

function matricesOf({ shape }: tf.Tensor): number {
  return sizeOf(shape.slice(0, -2));
}
