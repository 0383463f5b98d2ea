import type * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import type { Network } from '../../hw/index.js';
import { checkModel } from '../check-model.js';
import type { SkippedLayer } from '../policy.js';
import { prunableKernels } from '../prunable-kernels.js';
import { strip } from '../strip.js';
import { checkFinite } from './check-finite.js';
import { modelInput } from './model-input.js';
import { readLayers } from './read-layers.js';
import { skippedKernels } from './skipped-kernels.js';

/** Options of {@link networkOf}. */
export interface NetworkOfOptions {
  /** Name of the network. @default the model's */
  readonly name?: string;
  /** Images in a training step, at least 1. @default 1, or the model's where it has a fixed batch */
  readonly batch?: number;
  /** Size, at least 1, of the axes besides the batch that the model leaves open: the steps of a sequence, the sides of an image. */
  readonly openSize?: number;
  /** Whether the weights are worth looking at: their non-zeros become those of the network. @default true */
  readonly weights?: boolean;
}

/** A model as the accelerator models see it. */
export interface ImportedNetwork {
  readonly network: Network;
  /** Kernels and layers with weights that are not in the network, and why. */
  readonly skipped: readonly SkippedLayer[];
}

/**
 * The layers of any layers model that multiply, with their loop nests and the non-zeros of their weights, in the order of its forward
 * pass: dense layers, convolutions of all kinds, recurrent kernels (once per step), shared, nested and time-distributed layers, under the
 * names that the tap gives them; products of two activations as `layer/product`. Masked layers have the zeros of their masks.
 *
 * The model predicts once, on zeros, and its ops are read as they go to the tape. From them also comes where the zeros of A and E are to
 * be expected: behind and before a ReLU, with batch normalisation, poolings, additions and dropouts between. Not read are einsum and
 * products of a kernel with batches of matrices; layers whose weights were not met are listed as skipped.
 *
 * @param model sequential, functional or nested, trained or not; it is left as it is.
 * @throws SparsityError for what is no layers model (a graph model, a promise), one that is not built, open axes without `openSize`, a
 * `batch` other than the model's fixed one, layers that cannot compute, weights that are not finite, and a model without anything that multiplies.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 2, inputShape: [3]}), tf.layers.batchNormalization()]});
 * const {network, skipped} = networkOf(model, {batch: 32});
 * network.layers[0].macs; // 32 * 3 * 2
 * const records = syntheticRecords(network, {seed: 1, sparsity: {W: 0, A: 0.5}});
 * ```
 */
export function networkOf(model: tf.LayersModel, options: NetworkOfOptions = {}): ImportedNetwork {
  checkModel(model);
  checkOptionNames('networkOf', options, { name: true, batch: true, openSize: true, weights: true });
  const input = modelInput(model, options);
  const plain = prunableKernels(model).length > 0 ? strip(model) : model;
  try {
    if (options.weights !== false) checkFinite(plain);
    const layers = readLayers(plain, input, options.weights ?? true);
    if (layers.length === 0) {
      throw new SparsityError({
        what: `model ${model.name}`,
        got: 'no layer that multiplies',
        expected: 'dense, convolutional or recurrent layers',
        fix: 'pass the model that holds them',
      });
    }
    const { name = model.name } = options;
    return { network: { name, batch: input.batch, layers }, skipped: skippedKernels(plain, layers) };
  } finally {
    if (plain !== model) plain.dispose();
  }
}
