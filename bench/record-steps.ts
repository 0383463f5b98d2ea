import * as tf from '@tensorflow/tfjs';
import { hardwareCost } from 'tfjs-sparsity/callbacks';
import type { Accelerator } from 'tfjs-sparsity/hw';
import type { Dataset } from '../examples/lib/dataset.js';
import { imageBatches } from '../examples/lib/image-batches.js';

/** What of the steps behind a training is recorded. */
export interface RecordedSteps {
  readonly batchSize: number;
  readonly recordedSteps: number;
  /** Images of each batch; they stand for it. */
  readonly images: number;
  /** Of the training: the steps have images in another order. */
  readonly seed: number;
}

/**
 * Some more steps, so small that the network stays what it is, whose maps go to a file or to accelerators.
 *
 * @param before further callbacks, called first.
 */
export async function recordSteps(
  model: tf.LayersModel,
  data: Dataset,
  { batchSize, recordedSteps, images, seed }: RecordedSteps,
  to: { readonly record: string } | { readonly accelerators: readonly Accelerator[] },
  before: readonly object[] = [],
): Promise<void> {
  const optimizer = tf.train.adam(1e-6);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const cost = hardwareCost({ accelerators: [], ...to, images, workers: 0 });
  const steps = imageBatches(data, data.train, { batchSize, seed: seed + 1 })
    .dataset()
    .take(recordedSteps);
  await model.fitDataset(steps, { epochs: 1, verbose: 0, callbacks: [...before, cost] as unknown as tf.Callback[] });
  optimizer.dispose();
}
