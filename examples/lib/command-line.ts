import { SparsityError } from 'tfjs-sparsity';
import yargs, { type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { datasets } from './load-dataset.js';
import { methodNames } from './methods.js';
import { models } from './models.js';
import { checkRanges, type ExampleDefaults, type RunOptions } from './options.js';

/** The flags of an example: each field of {@link RunOptions}, and the shortcuts. */
function flagsOf(defaults: ExampleDefaults & Partial<RunOptions>) {
  return {
    data: {
      choices: Object.keys(datasets),
      default: defaults.data,
      describe: 'Data set; digits are generated, the others are files',
    },
    'data-dir': { type: 'string', describe: 'Folder of the files; without it they are downloaded once' },
    'train-images': { type: 'number', default: defaults.trainImages, describe: 'Use only the first so many training images' },
    model: { choices: Object.keys(models), default: defaults.model, describe: 'Network' },
    method: { choices: methodNames, default: 'gradual', describe: 'How to prune' },
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
    backend: { choices: ['auto', 'wasm', 'tensorflow', 'cpu'], default: 'auto', describe: 'Where tfjs computes' },
    'run-dir': {
      type: 'string',
      default: `runs/${defaults.script}`,
      describe: 'A numbered folder there keeps log, checkpoint, model',
    },
    seed: { type: 'number', default: 1, describe: 'Of weights, data order, dropout and digits' },
    resume: { type: 'boolean', default: false, describe: 'Go on with the latest unfinished run in --run-dir' },
    compare: {
      type: 'boolean',
      default: defaults.compare ?? false,
      describe: 'Train a dense network first, with the same budget',
    },
    report: { type: 'string', default: defaults.report, describe: 'Write a self-contained HTML page there' },
    'target-accuracy': { type: 'number', describe: 'Exit with 1 when the test accuracy is lower, in [0, 1]' },
    smoke: { type: 'boolean', describe: 'A run of seconds: --train-images 320 --epochs 1' },
    demo: { type: 'boolean', describe: 'Dense and sparse: --data digits --model lenet5 --compare --report report.html' },
  } satisfies Record<string, Options>;
}

const smokeDefaults = { trainImages: 320, epochs: 1 };
const demoDefaults = { data: 'digits', model: 'lenet5', compare: true, report: 'report.html' } as const;

/** Reads the command line of an example; a wrong flag or value ends the process with one message and exit code 2. */
export async function parseOptions(
  defaults: ExampleDefaults,
  argv: readonly string[] = hideBin(process.argv),
): Promise<RunOptions> {
  // The shortcuts change defaults only, so that a flag given beside them counts.
  const { smoke, demo } = await yargs([...argv])
    .help(false)
    .version(false)
    .boolean(['smoke', 'demo'])
    .parseAsync();
  const flags = flagsOf({ ...defaults, ...(demo ? demoDefaults : {}), ...(smoke ? smokeDefaults : {}) });
  const names = Object.keys(flags) as (keyof typeof flags)[];
  const toOptions = (args: Readonly<Record<string, unknown>>) => {
    const values = names.filter((name) => name !== 'smoke' && name !== 'demo').map((name) => [fieldName(name), args[name]]);
    const accelerators = String(args.accelerators).split(',');
    const named = [...new Set(accelerators)].filter((name) => name !== '' && name !== 'none');
    return { ...Object.fromEntries(values), accelerators: named } as RunOptions;
  };
  const args = await yargs([...argv])
    .scriptName(`npm run example:${defaults.script} --`)
    .usage('$0 [options]\n\nTrains a network sparse and reports what that very run would cost on sparse accelerators.')
    .options(flags)
    .requiresArg(names.filter((name) => (flags[name] as Options).type !== 'boolean'))
    .parserConfiguration({ 'duplicate-arguments-array': false, 'camel-case-expansion': false })
    .example('$0 --data mnist --data-dir DIR --model lenet5 --sparsity 0.9', 'prune LeNet-5 on MNIST')
    .strict()
    .check((given) => {
      checkRanges(toOptions(given));
      return true;
    })
    .wrap(80)
    .fail((message, error) => {
      console.error(error instanceof SparsityError ? error.message : `${message}. See --help for the flags.`);
      process.exit(2);
    })
    .parseAsync();
  return toOptions(args);
}

/** The command that gives these options: what differs from the script's defaults, flag by flag, quoted for a shell. */
export function commandLine(options: RunOptions, defaults: ExampleDefaults): string {
  const given = Object.entries<Options>(flagsOf(defaults)).flatMap(([name, flag]) => {
    const value = options[fieldName(name) as keyof RunOptions];
    if (value === undefined || flagValue(value) === String(flag.default)) return [];
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
  return String(value ?? '') || 'none';
}

function fieldName(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function quoted(text: string): string {
  return /^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
