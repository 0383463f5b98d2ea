import * as tf from '@tensorflow/tfjs';
import { cosineDecay } from '../../examples/lib/cosine-decay.js';
import type { Dataset } from '../../examples/lib/dataset.js';
import { imageBatches } from '../../examples/lib/image-batches.js';
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
  const { learningRate } = settings;
  const batches = imageBatches(data, data.train, settings);
  const optimizer = tf.train.adam(learningRate);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const decay = cosineDecay(optimizer, learningRate, stepsOf(data, epochs, settings));
  await model.fitDataset(batches.dataset(), { epochs, verbose: 0, callbacks: [...callbacks, decay] as unknown as tf.Callback[] });
  optimizer.dispose();
}

/** Steps of a training. */
export function stepsOf(data: Dataset, epochs: number, { batchSize }: Settings): number {
  return epochs * Math.ceil(data.train.count / batchSize);
}
