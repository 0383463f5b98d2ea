import * as tf from '@tensorflow/tfjs';
import {
  checkpoint,
  hardwareCost,
  type Json,
  progress,
  pruning,
  restoreCheckpoint,
  runLog,
  seededBatches,
  tensorBoard,
} from 'tfjs-sparsity/callbacks';
import type { Accelerator } from 'tfjs-sparsity/hw';
import { sparsify } from 'tfjs-sparsity/ops';
import { bdwp, globalAllocation, gradualMagnitude, hardwareAware, type PruningMethod } from 'tfjs-sparsity/pruning';
import type { Dataset } from './dataset.js';
import { evaluate } from './evaluate.js';
import { buildModel } from './models.js';
import type { MethodName, RunOptions } from './options.js';
import type { RunResult } from './run-result.js';

/** A network after its training. */
export interface TrainedRun {
  readonly model: tf.LayersModel;
  /** False when the run was stopped before its last step. */
  readonly finished: boolean;
  readonly result: RunResult;
}

/** The pruning method of a run: the ramp takes the first 60 % of the steps, the rest is for recovery at full sparsity. */
export function methodOf(name: MethodName, sparsity: number, totalSteps: number): PruningMethod | undefined {
  const ramp = {
    finalSparsity: sparsity,
    beginStep: Math.round(0.05 * totalSteps),
    endStep: Math.max(2, Math.round(0.6 * totalSteps)),
    frequency: Math.max(1, Math.round(totalSteps / 100)),
  };
  // One threshold over all layers: small kernels that matter, such as the first, keep more than the large dense ones.
  const allocation = globalAllocation();
  if (name === 'gradual') return gradualMagnitude({ ...ramp, allocation });
  if (name === 'hardware-aware') return hardwareAware({ ...ramp, allocation });
  return name === 'bdwp' ? bdwp({ n: 2, m: 8 }) : undefined;
}

function oneHot(labels: Uint8Array, classes: number): Uint8Array {
  const rows = new Uint8Array(labels.length * classes);
  labels.forEach((label, i) => {
    rows[i * classes + label] = 1;
  });
  return rows;
}

/**
 * Builds, trains and evaluates one network as the options say. Goes on from the latest checkpoint in `runDir`, if there is one; stops
 * early, leaving a checkpoint, when `stop` is aborted.
 */
export async function trainOnce(
  options: RunOptions,
  data: Dataset,
  accelerators: readonly Accelerator[],
  runDir: string,
  stop: AbortSignal,
): Promise<TrainedRun> {
  const batches = seededBatches({
    xs: { data: data.train.pixels, shape: [data.train.count, ...data.imageShape], scale: 1 / 255 },
    ys: { data: oneHot(data.train.labels, data.classes), shape: [data.train.count, data.classes] },
    batchSize: options.batchSize,
    seed: options.seed,
  });
  const totalSteps = options.epochs * batches.batchesPerEpoch;
  const method = methodOf(options.method, options.sparsity, totalSteps);
  const dense = buildModel(options.model, data, options.seed);
  const model = method ? sparsify(dense) : dense;
  const optimizer = tf.train.adam(options.learningRate);
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });

  const prune = method && pruning(method, { seed: options.seed });
  const cost = accelerators.length > 0 ? hardwareCost({ accelerators, every: options.every, images: options.images }) : undefined;
  const callbacks = [
    ...(prune ? [prune] : []),
    ...(cost ? [cost] : []),
    progress(),
    runLog(runDir, { config: { ...options, accelerators: [...options.accelerators] } as Json }),
    tensorBoard(runDir),
    checkpoint(runDir, { every: 200, state: [batches] }),
  ];
  const start = await restoreCheckpoint(runDir, model, { state: [...callbacks, batches] });
  if (start.step > 0) console.log(`resumed after step ${start.step} of ${totalSteps}`);

  const steps: RunResult['steps'][number][] = [];
  const epochs: RunResult['epochs'][number][] = [];
  let step = start.step;
  const observe = {
    onBatchBegin: async () => {
      // Cosine decay to 0; the rate follows from the step alone, so a resumed run meets the same rates.
      const rate = 0.5 * options.learningRate * (1 + Math.cos((Math.PI * step) / totalSteps));
      (optimizer as unknown as { learningRate: number }).learningRate = rate;
    },
    onBatchEnd: async (_batch: number, logs?: tf.Logs) => {
      steps.push({ step, loss: logs?.loss ?? 0, accuracy: logs?.acc ?? 0, sparsity: prune?.sparsity() ?? 0 });
      step += 1;
      if (stop.aborted) model.stopTraining = true;
    },
    onEpochEnd: async () => {
      epochs.push({ step, accuracy: (await evaluate(model, data, data.test)).accuracy });
    },
  };
  const began = performance.now();
  if (start.epoch < options.epochs) {
    await model.fitDataset(batches.dataset(start), {
      epochs: options.epochs,
      initialEpoch: start.epoch,
      callbacks: [...callbacks, observe],
      verbose: 0,
    });
  }
  const seconds = (performance.now() - began) / 1000;
  const report = await cost?.report();
  return {
    model,
    finished: !stop.aborted,
    result: {
      name:
        options.method === 'dense'
          ? 'dense'
          : options.method === 'bdwp'
            ? 'bdwp 2:8'
            : `${options.method} ${Math.round(1000 * options.sparsity) / 10} %`,
      method: options.method,
      ...(await evaluate(model, data, data.test)),
      seconds,
      layers: prune?.layerSparsity() ?? [],
      ...(report ? { cost: report.toJSON() } : {}),
      steps,
      epochs,
    },
  };
}
