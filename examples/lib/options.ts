import { SparsityError } from 'tfjs-sparsity';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import type { DatasetName } from './load-dataset.js';
import type { ModelName } from './models.js';

export const methodNames = ['dense', 'gradual', 'hardware-aware', 'bdwp'] as const;
export type MethodName = (typeof methodNames)[number];

/** What one example run needs to know; every field is a flag of the same name. */
export interface RunOptions {
  readonly data: DatasetName;
  readonly dataDir: string | undefined;
  readonly trainImages: number | undefined;
  readonly model: ModelName;
  readonly method: MethodName;
  readonly sparsity: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly accelerators: readonly string[];
  readonly every: number;
  readonly images: number | undefined;
  readonly backend: 'auto' | 'wasm' | 'tensorflow' | 'cpu';
  readonly runDir: string;
  readonly seed: number;
  readonly resume: boolean;
  readonly compare: boolean;
  readonly report: string | undefined;
  readonly targetAccuracy: number | undefined;
}

/** Defaults of one example script. */
export interface ExampleDefaults {
  readonly script: 'mnist' | 'cifar';
  readonly models: readonly ModelName[];
  readonly datasets: readonly DatasetName[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** Reads the command line of an example; a wrong flag or value ends the process with one message and exit code 2. */
export async function parseOptions(
  defaults: ExampleDefaults,
  argv: readonly string[] = hideBin(process.argv),
): Promise<RunOptions> {
  const args = await yargs(argv as string[])
    .scriptName(`npm run example:${defaults.script} --`)
    .usage('$0 [options]\n\nTrains a network sparse and reports what that very run would cost on sparse accelerators.')
    .options({
      data: {
        choices: defaults.datasets,
        default: defaults.datasets[0],
        describe: 'Data set; digits are generated, the others are files',
      },
      'data-dir': { type: 'string', describe: 'Folder of the files; without it they are downloaded once' },
      'train-images': { type: 'number', describe: 'Use only the first so many training images' },
      model: { choices: defaults.models, default: defaults.models[0], describe: 'Network' },
      method: { choices: methodNames, default: 'gradual' as const, describe: 'How to prune' },
      sparsity: { type: 'number', default: 0.9, describe: 'Final fraction of zero weights, in [0, 1); bdwp is 2:8 always' },
      epochs: { type: 'number', default: defaults.epochs, describe: 'Passes over the training images' },
      'batch-size': { type: 'number', default: defaults.batchSize, describe: 'Images a step' },
      'learning-rate': {
        type: 'number',
        default: defaults.learningRate,
        describe: 'Of Adam at the start; it falls to 0 along a cosine',
      },
      accelerators: {
        type: 'string',
        default: 'acf,dense-array',
        describe: 'Accelerators to model, or preset files; none for none',
      },
      every: { type: 'number', default: 1, describe: 'Model every so many steps' },
      images: { type: 'number', describe: 'Model so many images of a batch, default all' },
      backend: {
        choices: ['auto', 'wasm', 'tensorflow', 'cpu'] as const,
        default: 'auto' as const,
        describe: 'Where tfjs computes',
      },
      'run-dir': {
        type: 'string',
        default: `runs/${defaults.script}`,
        describe: 'Run log, checkpoint, TensorBoard events, model',
      },
      seed: { type: 'number', default: 1, describe: 'Of weights, data order, dropout and digits' },
      resume: { type: 'boolean', default: false, describe: 'Go on from the checkpoint in --run-dir' },
      compare: { type: 'boolean', default: false, describe: 'Train a dense network first, with the same budget' },
      report: { type: 'string', describe: 'Write a self-contained HTML page there' },
      'target-accuracy': { type: 'number', describe: 'Exit with 1 when the test accuracy is lower, in [0, 1]' },
      smoke: { type: 'boolean', default: false, describe: 'A run of seconds: 320 training images, one epoch' },
      demo: { type: 'boolean', default: false, describe: 'Dense and sparse run on the generated digits, table and report.html' },
    })
    .example('$0 --data mnist --data-dir DIR --model lenet5 --sparsity 0.9', 'prune LeNet-5 on MNIST')
    .strict()
    .wrap(80)
    .fail((message, error) => {
      console.error(error ? error.message : `${message}. See --help for the flags.`);
      process.exit(2);
    })
    .parseAsync();

  const smoke = args.smoke ? { trainImages: 320, epochs: 1 } : {};
  const demo = args.demo ? { model: 'lenet5' as const, compare: true, report: args.report ?? 'report.html' } : {};
  const options: RunOptions = {
    data: args.data as DatasetName,
    dataDir: args.dataDir,
    trainImages: args.trainImages,
    model: args.model as ModelName,
    method: args.method,
    sparsity: args.sparsity,
    epochs: args.epochs,
    batchSize: args.batchSize,
    learningRate: args.learningRate,
    accelerators: args.accelerators.split(',').filter((name) => name !== '' && name !== 'none'),
    every: args.every,
    images: args.images,
    backend: args.backend,
    runDir: args.runDir,
    seed: args.seed,
    resume: args.resume,
    compare: args.compare,
    report: args.report,
    targetAccuracy: args.targetAccuracy,
    ...demo,
    ...smoke,
  };
  checkRanges(options);
  return options;
}

function checkRanges(options: RunOptions): void {
  const check = (flag: string, got: number | undefined, ok: (value: number) => boolean, expected: string) => {
    if (got === undefined || ok(got)) return;
    throw new SparsityError({ what: flag, got, expected, fix: 'see --help' });
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
