import { SparsityError } from 'tfjs-sparsity';
import yargs, { type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { fieldName, flagsOf, flagValue } from './flags.js';
import { checkRanges, type ExampleDefaults, type RunOptions } from './options.js';
import { inRunFile, ofOwnMethod, readRunFile, withOwnMethod } from './run-file.js';

const smokeDefaults = { trainImages: 320, epochs: 1 };
const demoDefaults = { data: 'digits', model: 'lenet5', compare: true, every: 4, report: 'report.html' } as const;

const epilogue = (script: string) => `Examples:
  npm run demo
  npm run example:${script} -- --smoke
  npm run example:${script} -- --method bdwp --compare --report bdwp.html
  npm run example:${script} -- --config examples/configs/policy.yaml
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

function quoted(text: string): string {
  return /^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
