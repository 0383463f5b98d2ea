import { SparsityError } from 'tfjs-sparsity';
import type { RunConfig } from 'tfjs-sparsity/callbacks';
import type { Config } from 'tfjs-sparsity/pruning';
import type { DatasetName } from './load-dataset.js';
import type { ModelName } from './models.js';

/** What only the file of `--config` says. */
export interface FileOptions extends Pick<RunConfig, 'policy' | 'breakEven'> {
  /** The method in full, which `method` names; without one, `method` is a recipe of the examples. */
  readonly ownMethod?: Config | undefined;
  /** In place of Adam; its learning rate is the flag's. */
  readonly optimizer?: RunConfig['optimizer'];
}

/** What decides how one network is trained on a data set. */
export interface TrainingOptions extends FileOptions {
  readonly model: ModelName;
  readonly method: string;
  readonly sparsity: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly execution: 'dense' | 'sparse';
  readonly seed: number;
  /** Which steps, and how many images of them, accelerators and records see; all without. */
  readonly every?: number;
  readonly images?: number | undefined;
}

/** What one example run needs to know; every field is a flag of the same name, but for those of a file. */
export interface RunOptions extends TrainingOptions {
  readonly config?: string | undefined;
  readonly data: DatasetName;
  readonly dataDir: string | undefined;
  readonly trainImages: number | undefined;
  readonly accelerators: readonly string[];
  readonly every: number;
  readonly images: number | undefined;
  readonly backend: 'auto' | 'wasm' | 'tensorflow' | 'cpu';
  readonly runDir: string;
  readonly resume: boolean;
  readonly compare: boolean;
  readonly report: string | undefined;
  readonly targetAccuracy: number | undefined;
}

/** What one example script does when no flag says otherwise. */
export interface ExampleDefaults extends Pick<RunOptions, 'data' | 'model' | 'epochs' | 'batchSize' | 'learningRate'> {
  readonly script: 'mnist' | 'cifar';
}

/** Throws for a number that is none or out of its range. */
export function checkRanges(options: RunOptions): void {
  const check = (flag: string, got: number | undefined, ok: (value: number) => boolean, expected: string) => {
    if (got === undefined || ok(got)) return;
    throw new SparsityError({ what: flag, got: Number.isNaN(got) ? 'no number' : got, expected, fix: 'see --help' });
  };
  const positiveInteger = (value: number) => Number.isInteger(value) && value > 0;
  check('--sparsity', options.sparsity, (s) => s >= 0 && s < 1, 'a number in [0, 1), 0.9 for 90 %');
  check('--epochs', options.epochs, positiveInteger, 'a positive integer');
  check('--batch-size', options.batchSize, positiveInteger, 'a positive integer');
  check('--train-images', options.trainImages, positiveInteger, 'a positive integer');
  check('--every', options.every, positiveInteger, 'a positive integer');
  check('--images', options.images, positiveInteger, 'a positive integer');
  check('--seed', options.seed, Number.isInteger, 'an integer');
  check('--learning-rate', options.learningRate, (rate) => rate > 0 && rate < Infinity, 'a positive number');
  check('--target-accuracy', options.targetAccuracy, (accuracy) => accuracy >= 0 && accuracy <= 1, 'a number in [0, 1]');
}
