#!/usr/bin/env node
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { allocateCommand } from './commands/allocate.js';
import { compareCommand } from './commands/compare.js';
import { reportCommand } from './commands/report.js';
import { reproduceCommand } from './commands/reproduce.js';
import { simulateCommand } from './commands/simulate.js';
import { sweepCommand } from './commands/sweep.js';
import { version } from './version.js';

const commands = [simulateCommand, compareCommand, sweepCommand, allocateCommand, reportCommand, reproduceCommand];

const epilogue = `Examples:
  tfjs-sparsity simulate resnet20 --weight-sparsity 0.95
  tfjs-sparsity compare vgg16 --batch 128 --out vgg16.html
  tfjs-sparsity simulate --run runs/lenet/run.maps -a acf,scnn
  tfjs-sparsity sweep --network resnet20 --vary rows=16,32 --vary cols=16,32
  tfjs-sparsity allocate --run runs/lenet/run.maps -a acf --target 0.5 --out map.yaml
  tfjs-sparsity report sweep.jsonl --out sweep.html --out sweep.parquet
  tfjs-sparsity reproduce --paper 003

Exit codes: 0; 1 for an error; 2 for a wrong flag; 130 after Ctrl-C.
All figures are modelled.`;

/** A command line that is none. */
class UsageError extends Error {}

/** Yargs names an unknown flag; this adds the nearest one. */
function usageMessage(message: string, known: readonly string[]): string {
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  const help = 'See tfjs-sparsity --help.';
  if (unknown === undefined) return `${message}. ${help}`;
  const hint = nearest(unknown, known);
  return `Unknown argument ${unknown}${hint.startsWith('did you mean') ? `: ${hint}` : ''}. ${help}`;
}

const parser = yargs(hideBin(process.argv))
  .scriptName('tfjs-sparsity')
  .usage('$0 <command>\n\nWhat training steps cost on sparse accelerators: cycles and energy, modelled.')
  .command(commands)
  .demandCommand(1, 'Name a command')
  .parserConfiguration({ 'greedy-arrays': false })
  .strict()
  .version(version)
  .epilogue(epilogue)
  .wrap(80)
  .fail((message, error) => {
    throw error && error.name !== 'YError' ? error : new UsageError(message ?? error.message);
  });

// A reader that has seen enough, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await parser.parseAsync();
} catch (error) {
  if (error instanceof UsageError) {
    const { key } = (parser as unknown as { getOptions(): { key: Readonly<Record<string, true>> } }).getOptions();
    const names = commands.map(({ command }) => String(command).split(' ')[0]);
    console.error(usageMessage(error.message, [...names, ...Object.keys(key)]));
    process.exitCode = 2;
  } else if (error instanceof SparsityError) {
    console.error(error.message);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
