import { SparsityError } from 'tfjs-sparsity';
import { presets } from 'tfjs-sparsity/hw';
import yargs, { type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { datasets } from './load-dataset.js';
import { methodNames, methods } from './methods.js';
import { models } from './models.js';
import { checkRanges, type ExampleDefaults, type RunOptions } from './options.js';
import { inRunFile, ofOwnMethod, readRunFile, withOwnMethod } from './run-file.js';

/** The flags of an example: each field of {@link RunOptions}, and the shortcuts. */
function flagsOf(defaults: ExampleDefaults & Partial<RunOptions>) {
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
      default: defaults.execution ?? 'dense',
      describe: 'Dense kernels under masks, or sparse ones that skip the zeros (on wasm)',
    },
    backend: {
      group: training,
      choices: ['auto', 'wasm', 'tensorflow', 'cpu'],
      default: 'auto',
      describe: 'Where tfjs computes; auto is tensorflow if installed, or wasm',
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

const smokeDefaults = { trainImages: 320, epochs: 1 };
const demoDefaults = { data: 'digits', model: 'lenet5', compare: true, every: 4, report: 'report.html' } as const;

const epilogue = (script: string) => `Examples:
  npm run demo
  npm run example:${script} -- --smoke
  npm run example:${script} -- --method bdwp --compare --report bdwp.html
  npm run example:${script} -- --config examples/configs/policy.yaml --epochs 2
  npm run example:${script} -- --data-dir DIR --data ${script === 'cifar' ? 'cifar100' : 'mnist'} --sparsity 0.95

Exit codes: 0; 1 for an error or an accuracy below --target-accuracy; 2 for a
wrong flag; 130 after Ctrl-C, which leaves a run that --resume ends.`;

/** Reads the command line of an example; a wrong flag or value ends the process with one message and exit code 2. */
export async function parseOptions(
  defaults: ExampleDefaults,
  argv: readonly string[] = hideBin(process.argv),
): Promise<RunOptions> {
  const refuse = (message: string): never => {
    console.error(message);
    process.exit(2);
  };
  // A file and the shortcuts change defaults only, so that a flag given beside them counts.
  const { smoke, demo, config } = await yargs([...argv])
    .help(false)
    .version(false)
    .boolean(['smoke', 'demo'])
    .string('config')
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .parseAsync();
  const file = await readRunFile(config).catch((error) => {
    if (error instanceof SparsityError) return refuse(error.message);
    throw error;
  });
  const flags = flagsOf({ ...defaults, ...file, ...(demo ? demoDefaults : {}), ...(smoke ? smokeDefaults : {}) });
  const names = Object.keys(flags) as (keyof typeof flags)[];
  const toOptions = (args: Readonly<Record<string, unknown>>) => {
    const values = names.filter((name) => name !== 'smoke' && name !== 'demo').map((name) => [fieldName(name), args[name]]);
    const accelerators = String(args.accelerators).split(',');
    const named = [...new Set(accelerators)].filter((name) => name !== '' && name !== 'none');
    const given = { ...Object.fromEntries(values), accelerators: named } as RunOptions;
    return file.ownMethod && args.method === undefined ? withOwnMethod(given, file) : { ...file, ...given, ownMethod: undefined };
  };
  const args = await yargs([...argv])
    .scriptName(`npm run example:${defaults.script} --`)
    .usage('$0 [options]\n\nTrains a network sparse and reports what that very run would cost on sparse accelerators.')
    .epilogue(epilogue(defaults.script))
    .options(flags)
    .requiresArg(names.filter((name) => (flags[name] as Options).type !== 'boolean'))
    .parserConfiguration({ 'duplicate-arguments-array': false, 'camel-case-expansion': false })
    .strict()
    .check((given) => {
      checkRanges(toOptions(given));
      return true;
    })
    .wrap(80)
    .fail((message, error) => {
      refuse(error instanceof SparsityError ? error.message : `${message}. See --help for the flags.`);
    })
    .parseAsync();
  return toOptions(args);
}

/**
 * The command that gives these options: what differs from the script's defaults, flag by flag, quoted for a shell. With a file, all that
 * the file could say otherwise, so that the command shows what was in effect.
 */
export function commandLine(options: RunOptions, defaults: ExampleDefaults): string {
  const given = Object.entries<Options>(flagsOf(defaults)).flatMap(([name, flag]) => {
    const field = fieldName(name) as keyof RunOptions;
    const value = options[field];
    const isDefault = flagValue(value) === String(flag.default) && !(options.config && inRunFile.has(field));
    if (value === undefined || isDefault || ofOwnMethod(field, options)) return [];
    return value === true ? [`--${name}`] : [`--${name} ${quoted(flagValue(value))}`];
  });
  return [`npm run example:${defaults.script}`, ...(given.length > 0 ? ['--'] : []), ...given].join(' ');
}

/** The flag of an option: `--train-images` of `trainImages`. */
export function flagName(field: keyof RunOptions): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The value of an option as its flag takes it; `none` for nothing. */
export function flagValue(value: RunOptions[keyof RunOptions]): string {
  return (typeof value === 'object' && !Array.isArray(value) ? JSON.stringify(value) : String(value ?? '')) || 'none';
}

function fieldName(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function quoted(text: string): string {
  return /^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
