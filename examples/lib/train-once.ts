import type * as tf from '@tensorflow/tfjs';
import {
  checkpoint,
  hardwareCost,
  type Json,
  makeOptimizer,
  maskStatistics,
  progress,
  pruning,
  type RunLogLine,
  readRunLog,
  restoreCheckpoint,
  runLog,
  tensorBoard,
} from 'tfjs-sparsity/callbacks';
import type { Accelerator } from 'tfjs-sparsity/hw';
import { sparsify, sparsifyReport, sparsifyTable } from 'tfjs-sparsity/ops';
import { cosineDecay } from './cosine-decay.js';
import { type Dataset, firstImages } from './dataset.js';
import { evaluate } from './evaluate.js';
import { imageBatches } from './image-batches.js';
import { methodOf } from './methods.js';
import { buildModel } from './models.js';
import type { TrainingOptions } from './options.js';
import type { RunResult } from './run-result.js';
import { Stopwatch } from './stopwatch.js';

/** A network after its training. */
export interface TrainedRun {
  readonly model: tf.LayersModel;
  /** Nothing when the run was stopped. */
  readonly result: RunResult | undefined;
}

/** Loss, accuracy and sparsity along a whole run, the parts before interruptions included. */
function curvesOf(log: readonly RunLogLine[]): Pick<RunResult, 'steps' | 'epochs' | 'masks'> {
  return {
    masks: log.filter(({ type }) => type === 'masks' || type === 'maskMaps'),
    steps: log.flatMap((line) => {
      if (line.type !== 'step') return [];
      return [{ step: line.step, loss: line.logs.loss, accuracy: line.logs.acc, sparsity: line.logs.sparsity ?? 0 }];
    }),
    // An epoch that was stopped in its middle has no test accuracy.
    epochs: log.flatMap((line) =>
      line.type === 'epoch' && 'test_acc' in line.logs ? [{ step: line.step, accuracy: line.logs.test_acc }] : [],
    ),
  };
}

/**
 * Builds, trains and evaluates one network as the options say. Goes on from the latest checkpoint in `runDir`, if there is one; stops
 * early, leaving a checkpoint, when `stop` is aborted. `record` names a file that keeps the maps of the steps that `every` and `images`
 * take.
 */
export async function trainOnce(
  options: TrainingOptions,
  data: Dataset,
  accelerators: readonly Accelerator[],
  runDir: string,
  stop: AbortSignal,
  record?: string,
): Promise<TrainedRun> {
  const batches = imageBatches(data, data.train, options);
  const totalSteps = options.epochs * batches.batchesPerEpoch;
  const { label, method } = methodOf(options, { stepsPerEpoch: batches.batchesPerEpoch, totalSteps });
  const dense = buildModel(options.model, data, options.seed);
  const { execution, breakEven, policy } = options;
  const model = method ? sparsify(dense, { ...policy, execution, ...(breakEven !== undefined && { breakEven }) }) : dense;
  if (model !== dense) dense.dispose();
  if (method && policy) console.log(sparsifyTable(sparsifyReport(model)));
  const optimizer = makeOptimizer({ name: 'adam', ...options.optimizer, learningRate: options.learningRate });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });

  const prune = method && pruning(method, { seed: options.seed });
  const { every = 1, images } = options;
  const isCosted = accelerators.length > 0 || record !== undefined;
  const cost = isCosted ? hardwareCost({ accelerators, every, images, record }) : undefined;
  // Steps that a model of an accelerator looks at take longer than training does.
  const timer = new Stopwatch((step) => !cost || step % every !== 0);
  const state = [batches, timer];
  const callbacks = [
    timer.stepBegin,
    ...(prune ? [prune] : []),
    timer.stepEnd,
    // A hundred looks are enough for a curve, also where masks change at each step.
    ...(prune ? [maskStatistics({ every: Math.max(1, Math.round(totalSteps / 100)) })] : []),
    ...(cost ? [cost] : []),
    progress(),
    runLog(runDir, { config: { ...options, effectiveMethod: method?.config ?? null } as unknown as Json }),
    tensorBoard(runDir),
    checkpoint(runDir, { every: 200, state }),
  ];
  const start = await restoreCheckpoint(runDir, model, { state: [...callbacks, ...state] });
  if (start.step > 0) console.log(`resumed after step ${start.step} of ${totalSteps}`);

  // The curve needs no more; the result is of all test images.
  const watched = firstImages(data.test, 2000);
  let step = start.step;
  // Runs behind the pruning and before the run log, which keeps what is added to the logs here.
  const observe = {
    onBatchEnd: async (_batch: number, logs?: tf.Logs) => {
      step += 1;
      if (logs && prune) logs.sparsity = prune.sparsity();
      if (stop.aborted) model.stopTraining = true;
    },
    onEpochEnd: async (_epoch: number, logs?: tf.Logs) => {
      const whole = step % batches.batchesPerEpoch === 0;
      if (logs && whole) logs.test_acc = (await evaluate(model, data, watched)).accuracy;
    },
  };
  // Also with no epoch left to train: at the begin of training callbacks learn what they report.
  await model.fitDataset(batches.dataset(start), {
    epochs: options.epochs,
    initialEpoch: start.epoch,
    callbacks: [...callbacks, cosineDecay(optimizer, options.learningRate, totalSteps, start.step), observe],
    verbose: 0,
  });
  optimizer.dispose();
  if (stop.aborted) return { model, result: undefined };
  const report = await cost?.report();
  const result: RunResult = {
    name: label,
    method: options.method,
    ...(await evaluate(model, data, data.test)),
    ...timer.times(),
    layers: prune?.layerSparsity() ?? [],
    ...(report ? { cost: report.toJSON() } : {}),
    ...curvesOf(await readRunLog(runDir)),
  };
  return { model, result };
}
