import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { sparsify, strip } from 'tfjs-sparsity/ops';
import { methodFromConfig, sparsityOf } from 'tfjs-sparsity/pruning';
import { cosineDecay } from '../../examples/lib/cosine-decay.js';
import { type Dataset, firstImages } from '../../examples/lib/dataset.js';
import { evaluate } from '../../examples/lib/evaluate.js';
import { imageBatches } from '../../examples/lib/image-batches.js';
import { buildModel } from '../../examples/lib/models.js';
import type { PlannedRun } from './plan.js';
import type { FinishedRun } from './results.js';

/** Trains and tests one network as planned; weights, order of the images and draws of the method all follow from the seed. */
export async function train(run: PlannedRun, data: Dataset): Promise<FinishedRun> {
  const { budget, seed } = run;
  const images = firstImages(data.train, budget.trainImages);
  const batches = imageBatches(data, images, { batchSize: budget.batchSize, seed });
  const totalSteps = budget.epochs * batches.batchesPerEpoch;
  const dense = buildModel(budget.model, data, seed);
  const model = sparsify(dense, { execution: 'sparse' });
  const optimizer = tf.train.adam(budget.learningRate);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const decay = cosineDecay(optimizer, budget.learningRate, totalSteps);
  const began = performance.now();
  await model.fitDataset(batches.dataset(), {
    epochs: budget.epochs,
    callbacks: [...(run.method ? [pruning(methodFromConfig(run.method), { seed })] : []), decay],
    verbose: 0,
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  const plain = strip(model);
  const kernels = plain.weights.filter(({ shape }) => shape.length > 1).flatMap((weight) => [...weight.read().dataSync()]);
  const tested = await evaluate(plain, data, data.test);
  optimizer.dispose();
  for (const each of [plain, model, dense]) each.dispose();
  return { ...run, ...tested, sparsity: sparsityOf(Float32Array.from(kernels)), seconds };
}
