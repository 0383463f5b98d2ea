import * as tf from '@tensorflow/tfjs';
import { hardwareCost, type SeededBatches, seededBatches } from 'tfjs-sparsity/callbacks';
import type { Accelerator } from 'tfjs-sparsity/hw';
import type { Dataset } from '../../examples/lib/dataset.js';
import type { ModelName } from '../../examples/lib/models.js';

/** What is the same for all networks of the comparison. */
export interface Settings {
  readonly model: ModelName;
  readonly trainImages: number;
  readonly testImages: number;
  /** Epochs of the dense training that all others go on from. */
  readonly warmUpEpochs: number;
  /** Epochs of pruning and recovery. */
  readonly epochs: number;
  readonly batchSize: number;
  /** Of Adam; falls along a cosine to 0 in each of the two trainings. */
  readonly learningRate: number;
  /** Overall sparsity of every network, and the shares of the training at which the ramp begins and ends. */
  readonly sparsity: number;
  readonly ramp: readonly [begin: number, end: number];
  /** Least and most sparsity of a layer, and what a saving is held against, of cost-driven allocations. */
  readonly range: readonly [least: number, most: number];
  readonly per: 'weight' | 'score';
  readonly accelerators: readonly string[];
  /** Epochs at rate 0 before a network is tested: averages of batch normalisation lag a hundred steps behind the weights. */
  readonly settleEpochs: number;
  /** Steps recorded behind a training, and the images of each that stand for its batch. */
  readonly recordedSteps: number;
  readonly images: number;
  readonly seed: number;
}

/** Trains a model for some epochs of Adam. */
export async function train(
  model: tf.LayersModel,
  data: Dataset,
  settings: Settings,
  epochs: number,
  callbacks: readonly object[],
): Promise<void> {
  const { batchSize, learningRate, seed } = settings;
  const batches = batchesOf(data, batchSize, seed);
  const steps = stepsOf(data, epochs, settings);
  const optimizer = tf.train.adam(learningRate);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  let step = 0;
  const decay = {
    onBatchBegin: async () => {
      const rate = 0.5 * learningRate * (1 + Math.cos((Math.PI * step++) / steps));
      (optimizer as unknown as { learningRate: number }).learningRate = rate;
    },
  };
  await model.fitDataset(batches.dataset(), { epochs, verbose: 0, callbacks: [...callbacks, decay] as unknown as tf.Callback[] });
  optimizer.dispose();
}

/** Steps of a training. */
export function stepsOf(data: Dataset, epochs: number, { batchSize }: Settings): number {
  return epochs * Math.ceil(data.train.count / batchSize);
}

/** Some more steps, so small that the network stays what it is, whose maps go to a file or to accelerators. */
export async function recordSteps(
  model: tf.LayersModel,
  data: Dataset,
  { batchSize, recordedSteps, images, seed }: Settings,
  to: { readonly record: string } | { readonly accelerators: readonly Accelerator[] },
): Promise<void> {
  const optimizer = tf.train.adam(1e-6);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const cost = hardwareCost({ accelerators: [], ...to, images, workers: 0 });
  const steps = batchesOf(data, batchSize, seed + 1)
    .dataset()
    .take(recordedSteps);
  await model.fitDataset(steps, { epochs: 1, verbose: 0, callbacks: [cost] as unknown as tf.Callback[] });
  optimizer.dispose();
}

function batchesOf({ train: images, imageShape, classes }: Dataset, batchSize: number, seed: number): SeededBatches {
  const labels = new Uint8Array(images.count * classes);
  images.labels.forEach((label, i) => {
    labels[i * classes + label] = 1;
  });
  return seededBatches({
    xs: { data: images.pixels, shape: [images.count, ...imageShape], scale: 1 / 255 },
    ys: { data: labels, shape: [images.count, classes] },
    ...{ batchSize, seed },
  });
}
