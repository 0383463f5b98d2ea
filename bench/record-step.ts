import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import type { LayerTensors, TrainingOptions } from 'tfjs-sparsity/hw';
import { attachTap, packOp, prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { firstImages } from '../examples/lib/dataset.js';
import { imageBatches } from '../examples/lib/image-batches.js';
import { type DatasetName, loadDataset } from '../examples/lib/load-dataset.js';
import { buildModel, type ModelName } from '../examples/lib/models.js';

/** Which training step to record. */
export interface RecordOptions {
  readonly net: ModelName;
  readonly data: DatasetName;
  readonly dataDir: string | undefined;
  readonly batchSize: number;
  /** Of every pruned layer at the recorded step. */
  readonly sparsity: number;
  /** Steps of training before the recorded one; the mask grows over the first half of them. */
  readonly steps: number;
  readonly seed: number;
}

/** The tensors of a training step, and what its method and optimizer do. */
export interface RecordedStep {
  readonly records: readonly LayerTensors[];
  readonly training: TrainingOptions;
}

/** Trains for some steps under a gradual mask and records the last one with the tap. */
export async function recordStep(options: RecordOptions): Promise<RecordedStep> {
  const { net, batchSize, steps, seed } = options;
  const data = await loadDataset(options.data, options.dataDir, seed);
  const batches = imageBatches(data, firstImages(data.train, batchSize * steps), options);
  const dense = buildModel(net, data, seed);
  const model = sparsify(dense);
  dense.dispose();
  model.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy' });
  const method = gradualMagnitude({
    finalSparsity: options.sparsity,
    beginStep: 1,
    endStep: Math.max(2, steps >> 1),
    frequency: 1,
  });
  let records: LayerTensors[] = [];
  const tap = attachTap(model, { onOp: (op) => void records.push(packOp(op)) });
  const forget = {
    onBatchBegin: async () => {
      records = [];
    },
  };
  const prune = pruning(method, { seed });
  await model.fitDataset(batches.dataset(), { epochs: 1, verbose: 0, callbacks: [prune, forget] });
  tap.detach();
  const order = prunableKernels(model).map(({ info }) => info.name);
  records.sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer) || a.use - b.use);
  const masked = prunableKernels(model).filter(({ masks }) => masks.gradient !== null);
  model.optimizer.dispose();
  model.dispose();
  return { records, training: { slots: 2, masked: masked.map(({ info }) => info.name) } };
}
