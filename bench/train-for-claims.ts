import { join } from 'node:path';
import { useBackend } from 'tfjs-sparsity/ops';
import { firstImages } from '../examples/lib/dataset.js';
import { loadDataset } from '../examples/lib/load-dataset.js';
import type { TrainingOptions } from '../examples/lib/options.js';
import { readResult, writeResult } from '../examples/lib/run-result.js';
import { trainOnce } from '../examples/lib/train-once.js';
import { digest } from './digest.js';

/** The ramp is the examples', to the 95 % of 001. On a tenth of the images the network hardly learns: 29 % of the test images correct. */
const budget = { trainImages: 20_000, testImages: 10_000, epochs: 6, batchSize: 32, sampledImages: 2 };

/** A training, and the record of a step of each epoch. */
export interface TrainedForClaims {
  readonly record: string;
  readonly summary: string;
}

/** Trains vgg-small, which has dropouts, on CIFAR-10 with gradual pruning; goes on where an earlier run stopped. */
export async function trainForClaims(dataDir: string, out: string, seed: number): Promise<TrainedForClaims> {
  await useBackend('wasm');
  const all = await loadDataset('cifar10', dataDir, seed);
  const data = { ...all, train: firstImages(all.train, budget.trainImages), test: firstImages(all.test, budget.testImages) };
  const { epochs, batchSize, trainImages, sampledImages } = budget;
  const options: TrainingOptions = {
    ...{ model: 'vgg-small', method: 'gradual', sparsity: 0.95, epochs, batchSize, learningRate: 0.001 },
    ...{ execution: 'sparse', seed, every: trainImages / batchSize, images: sampledImages },
  };
  // Another seed or budget is another run.
  const dir = join(out, `trained-${digest([budget, seed])}`);
  const record = join(dir, 'run.maps');
  let result = await readResult(dir);
  if (!result) {
    const trained = await trainOnce(options, data, [], dir, new AbortController().signal, record);
    result = trained.result as NonNullable<typeof trained.result>;
    await writeResult(dir, result);
  }
  const correct = `${(100 * result.accuracy).toFixed(1)} % of ${budget.testImages} test images correct`;
  return {
    record,
    summary: `vgg-small with dropout, trained on ${trainImages} images of CIFAR-10, ${epochs} epochs: ${correct}`,
  };
}
