import * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { type BitTensor, type LoopNest, type Network, type NetworkLayer, paddedMacs } from '../../hw/index.js';
import { checkModel } from '../check-model.js';
import { packTensorBits } from '../pack-bits.js';
import type { SkippedLayer } from '../policy.js';
import { prunableKernels } from '../prunable-kernels.js';
import { strip } from '../strip.js';
import { type FollowedUse, followKernels } from '../tap/follow-kernels.js';
import { kernelNames } from '../tap/kernel-names.js';
import { observeTape, offTape } from '../tap/tape.js';
import { type ModelInput, modelInput } from './model-input.js';
import { productNest } from './product-nest.js';
import { skippedKernels } from './skipped-kernels.js';
import { traceZeros } from './trace-zeros.js';
import { watchCalls } from './watch-calls.js';

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
 * `batch` other than the model's fixed one, layers that cannot compute, and a model without anything that multiplies.
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

function readLayers(model: tf.LayersModel, input: ModelInput, withWeights: boolean): NetworkLayer[] {
  const found: (() => NetworkLayer)[] = [];
  const weights = new Map<string, BitTensor>();
  const products = new Map<string, number>();
  const releases: (() => void)[] = [];
  const pass = () => {
    const data = input.zeros();
    const trace = traceZeros(
      data,
      model.trainableWeights.map((weight) => weight.read().id),
    );
    const calls = watchCalls(model, trace.dropped);
    releases.push(calls.release);
    const add = (
      known: Pick<NetworkLayer, 'name' | 'kind' | 'use'>,
      ran: LoopNest,
      from: readonly tf.Tensor[],
      output: tf.Tensor,
    ) => {
      const [first] = from.map(trace.originOf);
      const fate = trace.follow(output);
      const nest = { ...ran, batch: ran.batch * input.imagesPerRun };
      const layer = {
        ...known,
        nest,
        needsInputGradient: from.some((t) => trace.originOf(t).isTrained),
        input: { relu: first?.relu ?? false, dropout: first?.dropout ?? 0 },
        macs: paddedMacs(nest),
        weights: weights.get(known.name),
      };
      found.push(() => ({ ...layer, output: fate() }));
    };
    const onUse = (use: FollowedUse) => {
      const { layer: name, op, node, nest } = use;
      if (withWeights && !weights.has(name)) offTape(() => weights.set(name, bitsOfKernel(use)));
      const kind = op.endsWith('MatMul') ? 'dense' : 'conv';
      add({ name, kind, use: use.use }, nest, [node.inputs[use.data] as tf.Tensor], node.outputs[0] as tf.Tensor);
    };
    releases.push(
      followKernels(kernelNames(model), onUse),
      observeTape((op, node, attrs) => {
        const factors = Object.values(node.inputs).slice(0, 2);
        const isProduct = op.endsWith('MatMul') && factors.every((t) => trace.originOf(t).isData);
        if (isProduct) {
          const name = `${calls.running?.name ?? model.name}/product`;
          const use = products.get(name) ?? 0;
          products.set(name, use + 1);
          add(
            { name, kind: 'attention', use },
            productNest(factors, attrs, input.imagesRun),
            factors,
            node.outputs[0] as tf.Tensor,
          );
        }
        trace.observe(op, node);
      }),
    );
    model.apply(data, { training: false });
    return tf.scalar(0);
  };
  try {
    tf.tidy(() => {
      // A tape without a backward pass: what it returns depends on nothing.
      tf.engine().gradients(pass, [tf.scalar(0)], undefined, true);
    });
  } catch (cause) {
    if (cause instanceof SparsityError) throw cause;
    throw new SparsityError({
      what: `model ${model.name}: forward pass`,
      got: cause instanceof Error ? cause.message : cause,
      expected: `layers that take ${input.described}`,
      fix: 'pass openSize where an axis is open, and see that model.predict runs',
    });
  } finally {
    for (const release of releases) release();
  }
  return found.map((layer) => layer());
}

function bitsOfKernel({ nest, views, node, saved }: FollowedUse): BitTensor {
  const shape = [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels];
  return { shape, words: packTensorBits(views.W(node.saved[saved.W] as tf.Tensor)) };
}
