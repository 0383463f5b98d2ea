import type * as tf from '@tensorflow/tfjs';
import type { KernelKind } from '../pruning/contracts.js';
import { type LayerSparsity, type MaskedKind, maskedClass } from './masked-layer-class.js';
import * as ops from './masked-ops.js';

/** The arguments of a stock layer, and `sparsity`. */
type LayerArgs<Stock> = Stock extends (args: infer Args) => unknown ? Args & { sparsity?: LayerSparsity } : never;

const kinds = {
  dense: { kind: 'dense', stock: 'Dense', masked: 'MaskedDense', axes: [0, 1] },
  conv1d: { kind: 'conv1d', stock: 'Conv1D', masked: 'MaskedConv1D', axes: [1, 2] },
  conv2d: { kind: 'conv2d', stock: 'Conv2D', masked: 'MaskedConv2D', axes: [2, 3] },
  depthwiseConv2d: { kind: 'depthwiseConv2d', stock: 'DepthwiseConv2D', masked: 'MaskedDepthwiseConv2D', axes: [2, 3] },
} as const satisfies Record<KernelKind, MaskedKind>;

const MaskedDense = maskedClass(kinds.dense, 'kernel', ops.matMul);
const MaskedConv1D = maskedClass(kinds.conv1d, 'kernel', ops.conv1d);
const MaskedConv2D = maskedClass(kinds.conv2d, 'kernel', ops.conv2d);
const MaskedDepthwiseConv2D = maskedClass(kinds.depthwiseConv2d, 'depthwiseKernel', ops.depthwiseConv2d);

/** The masked kind that stands for a stock class, or undefined where there is none. */
export function maskedKindFor(stockClassName: string): MaskedKind | undefined {
  return Object.values(kinds).find(({ stock }) => stock === stockClassName);
}

/**
 * `tf.layers.dense` with masks on its kernel.
 *
 * @param args those of `tf.layers.dense`, and `sparsity`.
 * @throws SparsityError when `sparsity.initial` is outside [0, 1).
 * @example
 * ```ts
 * tf.sequential({layers: [maskedDense({units: 10, inputShape: [784], sparsity: {initial: 0.9}})]});
 * ```
 */
export function maskedDense(args: LayerArgs<typeof tf.layers.dense>): tf.layers.Layer {
  return new MaskedDense(args);
}

/**
 * `tf.layers.conv1d` with masks on its kernel.
 *
 * @param args those of `tf.layers.conv1d`, and `sparsity`.
 * @throws SparsityError when `sparsity.initial` is outside [0, 1), or for a dilated, causal or channels-first layer.
 * @example
 * ```ts
 * tf.sequential({layers: [maskedConv1d({filters: 8, kernelSize: 3, inputShape: [64, 4]})]});
 * ```
 */
export function maskedConv1d(args: LayerArgs<typeof tf.layers.conv1d>): tf.layers.Layer {
  return new MaskedConv1D(args);
}

/**
 * `tf.layers.conv2d` with masks on its kernel.
 *
 * @param args those of `tf.layers.conv2d`, and `sparsity`.
 * @throws SparsityError when `sparsity.initial` is outside [0, 1), or for a dilated layer.
 * @example
 * ```ts
 * tf.sequential({layers: [maskedConv2d({filters: 8, kernelSize: 3, inputShape: [28, 28, 1]})]});
 * ```
 */
export function maskedConv2d(args: LayerArgs<typeof tf.layers.conv2d>): tf.layers.Layer {
  return new MaskedConv2D(args);
}

/**
 * `tf.layers.depthwiseConv2d` with masks on its kernel.
 *
 * @param args those of `tf.layers.depthwiseConv2d`, and `sparsity`.
 * @throws SparsityError when `sparsity.initial` is outside [0, 1).
 * @example
 * ```ts
 * tf.sequential({layers: [maskedDepthwiseConv2d({kernelSize: 3, inputShape: [28, 28, 4]})]});
 * ```
 */
export function maskedDepthwiseConv2d(args: LayerArgs<typeof tf.layers.depthwiseConv2d>): tf.layers.Layer {
  return new MaskedDepthwiseConv2D(args);
}
