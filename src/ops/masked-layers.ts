import * as tf from '@tensorflow/tfjs';
import type { KernelKind } from '../pruning/contracts.js';
import type { MaskedKind, MaskedOp } from './masked-kinds.js';
import { type LayerClass, type LayerSparsity, maskedClass } from './masked-layer-class.js';
import * as ops from './masked-ops.js';

/** The arguments of a stock layer, and `sparsity`. */
type LayerArgs<Stock> = Stock extends (args: infer Args) => unknown ? Args & { sparsity?: LayerSparsity } : never;

/** The stock classes are not exported; an instance would give its class too, but would use up a default layer name. */
function builtIn(stock: string, kind: Omit<MaskedKind, 'stock' | 'masked'>): LayerClass {
  const [Stock] = tf.serialization.SerializationMap.getMap().classNameMap[stock] as unknown as [LayerClass];
  return maskedClass({ stock, masked: `Masked${stock}`, ...kind }, Stock);
}

/** A class of one kernel, whose products are known. */
function oneKernel(stock: string, kind: KernelKind, axes: MaskedKind['axes'], kernelField: string, op: MaskedOp): LayerClass {
  return builtIn(stock, { axes, kernelFields: [kernelField], kinds: [kind], op });
}

const MaskedDense = oneKernel('Dense', 'dense', [0, 1], 'kernel', ops.matMul);
const MaskedConv1D = oneKernel('Conv1D', 'conv1d', [1, 2], 'kernel', ops.conv1d);
const MaskedConv2D = oneKernel('Conv2D', 'conv2d', [2, 3], 'kernel', ops.conv2d);
const MaskedDepthwiseConv2D = oneKernel('DepthwiseConv2D', 'depthwiseConv2d', [2, 3], 'depthwiseKernel', ops.depthwiseConv2d);

// Those that compute as they are, with masked kernels. A transposed convolution holds its filters with the input channels last; the gates of a
// recurrent layer stand side by side in the outputs; a table is what one-hot rows would be multiplied with.
builtIn('Conv2DTranspose', { axes: [3, 2], kernelFields: ['kernel'] });
builtIn('SeparableConv2D', {
  axes: [2, 3],
  kernelFields: ['depthwiseKernel', 'pointwiseKernel'],
  kinds: ['depthwiseConv2d', 'conv2d'],
});
builtIn('Embedding', { axes: [0, 1], kernelFields: ['embeddings'] });
for (const stock of ['SimpleRNN', 'GRU', 'LSTM']) {
  builtIn(stock, { axes: [0, 1], kernelFields: ['cell.kernel', 'cell.recurrentKernel'] });
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
