import { presets } from 'tfjs-sparsity/hw';
import type { Options } from 'yargs';
import { datasets } from './load-dataset.js';
import { methodNames, methods } from './methods.js';
import { models } from './models.js';
import type { ExampleDefaults, RunOptions } from './options.js';

/** The flags of an example: each field of {@link RunOptions}, and the shortcuts. */
export function flagsOf(defaults: ExampleDefaults & Partial<RunOptions>) {
  const [training, hardware, output, shortcuts] = ['Training:', 'Accelerators, modelled:', 'Output:', 'Shortcuts:'];
  return {
    config: {
      group: training,
      type: 'string',
      describe: 'A run in a file (.yaml, .json), such as those of examples/configs; flags beside it go before what it says',
    },
    data: {
      group: training,
      choices: Object.keys(datasets),
      default: defaults.data,
      describe: 'Data set; digits are generated, the others are files',
    },
    'data-dir': { group: training, type: 'string', describe: 'Folder of the files; without it they are downloaded once' },
    'train-images': {
      group: training,
      type: 'number',
      default: defaults.trainImages,
      describe: 'Use only the first so many training images',
    },
    model: { group: training, choices: Object.keys(models), default: defaults.model, describe: 'Network' },
    method: {
      group: training,
      choices: methodNames,
      // The method of a file is none of these.
      default: defaults.ownMethod ? undefined : 'gradual',
      describe: `How to prune. ${methodNames.map((name) => `${name}: ${methods[name].about}`).join('; ')}`,
    },
    sparsity: {
      group: training,
      type: 'number',
      default: defaults.sparsity ?? 0.9,
      describe: 'Final fraction of zero weights, in [0, 1)',
    },
    epochs: { group: training, type: 'number', default: defaults.epochs, describe: 'Passes over the training images' },
    'batch-size': { group: training, type: 'number', default: defaults.batchSize, describe: 'Images per step' },
    'learning-rate': {
      group: training,
      type: 'number',
      default: defaults.learningRate,
      describe: 'Of Adam (a file may name another), at the start; it falls to 0 along a cosine',
    },
    seed: {
      group: training,
      type: 'number',
      default: defaults.seed ?? 1,
      describe: 'Decides weights, order of the images, dropout, digits',
    },
    execution: {
      group: training,
      choices: ['dense', 'sparse'],
      default: defaults.execution ?? 'sparse',
      describe: 'Kernels that skip the zeros (on wasm), or dense ones under masks',
    },
    backend: {
      group: training,
      choices: ['auto', 'wasm', 'tensorflow', 'cpu'],
      default: 'auto',
      describe: 'Where tfjs computes; auto is wasm, or for dense execution tensorflow, if installed',
    },
    compare: {
      group: training,
      type: 'boolean',
      default: defaults.compare ?? false,
      describe: 'Train the same network dense first, with the same budget',
    },
    accelerators: {
      group: hardware,
      type: 'string',
      default: flagValue(defaults.accelerators ?? ['acf', 'dense-array']),
      describe: `Names, joined by commas, of ${Object.keys(presets).join(', ')}, or preset files (.yaml, .json); none for none`,
    },
    every: {
      group: hardware,
      type: 'number',
      default: defaults.every ?? 1,
      describe: 'Look at every n-th step only: faster, less exact',
    },
    images: { group: hardware, type: 'number', describe: 'Look at the first n images of a batch only: likewise' },
    'run-dir': {
      group: output,
      type: 'string',
      default: `runs/${defaults.script}`,
      describe: 'A new numbered folder there keeps log, checkpoints, results, TensorBoard events and model',
    },
    resume: {
      group: output,
      type: 'boolean',
      default: false,
      describe: 'Go on with the latest unfinished run in --run-dir; the other flags must be the same as then',
    },
    report: { group: output, type: 'string', default: defaults.report, describe: 'Write tables and charts to this HTML file' },
    'target-accuracy': { group: output, type: 'number', describe: 'Exit with 1 when the test accuracy is lower, in [0, 1]' },
    smoke: {
      group: shortcuts,
      type: 'boolean',
      describe: 'A run of seconds, too short to learn: --train-images 320 --epochs 1',
    },
    demo: {
      group: shortcuts,
      type: 'boolean',
      describe: 'Dense against sparse: --data digits --model lenet5 --compare --every 4 --report report.html',
    },
  } satisfies Record<string, Options>;
}

/** The flag of an option: `--train-images` of `trainImages`. */
export function flagName(field: keyof RunOptions): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The value of an option as its flag takes it; `none` for nothing. */
export function flagValue(value: RunOptions[keyof RunOptions]): string {
  return (typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value ?? '')) || 'none';
}

/** The option of a flag. */
export function fieldName(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
