import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pruning, replayRun } from 'tfjs-sparsity/callbacks';
import type { PhaseWork } from 'tfjs-sparsity/hw';
import { type Dataset, firstImages } from '../../examples/lib/dataset.js';
import type { DatasetName } from '../../examples/lib/load-dataset.js';
import { type MethodName, methods } from '../../examples/lib/methods.js';
import type { ModelName } from '../../examples/lib/models.js';
import type { TrainingOptions } from '../../examples/lib/options.js';
import { readResult, writeResult } from '../../examples/lib/run-result.js';
import { totalSparsity } from '../../examples/lib/summary.js';
import { trainOnce } from '../../examples/lib/train-once.js';
import { recorder } from '../ablations/recorded-works.js';
import { digest } from '../digest.js';
import { recordSteps } from '../record-steps.js';

/** How long networks are trained, and what of the steps behind the training the accelerators see. */
export interface Budget {
  readonly model: ModelName;
  readonly trainImages: number;
  readonly testImages: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly recordedSteps: number;
  /** Images of each recorded batch; they stand for it. */
  readonly images: number;
}

/** Fixed before the first run. */
export const budgets = {
  full: {
    ...{ model: 'vgg-small', trainImages: 20_000, testImages: 10_000, epochs: 12, batchSize: 32 },
    ...{ recordedSteps: 3, images: 8 },
  },
  short: {
    ...{ model: 'vgg-small', trainImages: 4096, testImages: 2000, epochs: 5, batchSize: 32 },
    ...{ recordedSteps: 3, images: 8 },
  },
  smoke: {
    ...{ model: 'lenet5', trainImages: 64, testImages: 32, epochs: 1, batchSize: 8 },
    ...{ recordedSteps: 2, images: 2 },
  },
} as const satisfies Record<string, Budget>;

/** The networks of the table. A ramp to 0 % stays dense, and trains on the kernels of the others. */
export const networks = {
  dense: { method: 'gradual', sparsity: 0 },
  'gradual 90 %': { method: 'gradual', sparsity: 0.9 },
  'hardware-aware 90 %': { method: 'hardware-aware', sparsity: 0.9 },
  'BDWP 2:8': { method: 'bdwp', sparsity: 0.75 },
} as const satisfies Record<string, { readonly method: MethodName; readonly sparsity: number }>;
export type NetworkName = keyof typeof networks;

/** What is the same for all networks. */
export interface Training {
  readonly data: DatasetName;
  readonly budget: Budget;
  readonly seed: number;
  /** Folder of all that is trained; a network that lies there is not trained again. */
  readonly out: string;
}

/** A trained network, and the works of the steps behind its training. */
export interface TrainedSteps {
  readonly accuracy: number;
  /** Fraction of zeros of all weights that were to be pruned. */
  readonly sparsity: number;
  /** Can be given to `tfjs-sparsity simulate --run`. */
  readonly record: string;
  readonly steps: readonly (readonly PhaseWork[])[];
}

/** Trains a network, or finds it trained, and reads its recorded steps. Goes on where an earlier run was stopped. */
export async function trainedSteps(name: NetworkName, training: Training, all: Dataset): Promise<TrainedSteps> {
  const { data: dataName, budget, seed, out } = training;
  const { trainImages, testImages } = budget;
  const data = { ...all, train: firstImages(all.train, trainImages), test: firstImages(all.test, testImages) };
  const dir = join(out, digest([networks[name], dataName, budget, seed]));
  const record = join(dir, 'steps.maps');
  let result = await readResult(dir);
  if (!result || !existsSync(record)) {
    const { model, epochs, batchSize } = budget;
    const options: TrainingOptions = {
      ...{ model, ...networks[name], epochs, batchSize, learningRate: 0.001, execution: 'sparse', seed },
    };
    const trained = await trainOnce(options, data, [], dir, new AbortController().signal);
    result = trained.result as NonNullable<typeof trained.result>;
    rmSync(record, { force: true });
    await recordSteps(trained.model, data, { ...budget, seed }, { record }, finalMasks(name, seed));
    trained.model.dispose();
    await writeResult(dir, result);
  }
  const steps: PhaseWork[][] = [];
  await replayRun(record, { accelerators: [recorder(steps)] });
  return { accuracy: result.accuracy, sparsity: totalSparsity(result), record, steps };
}

/** What prunes behind the training: masks that stay at zero are final; those of a dense master are made of it at each step. */
function finalMasks(name: NetworkName, seed: number): readonly object[] {
  const { method: key, sparsity } = networks[name];
  const method = methods[key].make(sparsity, 1);
  return method?.pruned === 'dense-master' ? [pruning(method, { seed })] : [];
}
