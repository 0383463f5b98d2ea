import { SparsityError } from 'tfjs-sparsity';
import yargs, { type Options } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { refuse } from './refuse.js';

interface NumberRange {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

const positive: NumberRange = { expected: 'a positive number', holds: (value) => value > 0 && value < Infinity };

/** What a flag with a number takes, by its name; all others are counts. */
const ranges: Readonly<Record<string, NumberRange>> = {
  seed: { expected: 'an integer', holds: Number.isSafeInteger },
  sparsity: { expected: 'a number in [0, 1), 0.9 for 90 %', holds: (value) => value >= 0 && value < 1 },
  minutes: positive,
  limit: positive,
};
const counts: NumberRange = { expected: 'a positive integer', holds: (value) => Number.isSafeInteger(value) && value > 0 };

/**
 * The flags of a bench. What is wrong ends it with one line and code 2: a flag that does not exist or has no value, a number out of the
 * range that its name says, and later on whatever is refused or cannot be read or written.
 */
export function readFlags<Flags extends Readonly<Record<string, Options>>>(flags: Flags, argv = hideBin(process.argv)) {
  process.on('uncaughtException', (failure) => {
    if (failure instanceof SparsityError || 'syscall' in failure) refuse(failure.message);
    console.error(failure);
    process.exit(1);
  });
  const names = Object.keys(flags);
  return yargs([...argv])
    .options(flags)
    .requiresArg(names.filter((name) => flags[name].type !== 'boolean'))
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .strict()
    .check((args) => {
      for (const name of names) if (flags[name].type === 'number') checkNumber(name, args[name] as number | undefined);
      return true;
    })
    .wrap(80)
    .fail((message, error) => refuse(error instanceof SparsityError ? error.message : `${message}. See --help for the flags.`))
    .parseAsync();
}

/** The numbers of a flag that takes several, joined by commas; `of` names the flag that would take one of them. */
export function readNumbers(flag: string, list: string, of: string): number[] {
  const numbers = list.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  for (const number of numbers) checkNumber(flag, number, of);
  return numbers;
}

/** Throws for a number that is none, or that is out of the range of a flag. */
export function checkNumber(flag: string, got: number | undefined, of = flag): void {
  const { expected, holds } = ranges[of] ?? counts;
  if (got === undefined || holds(got)) return;
  throw new SparsityError({ what: `--${flag}`, got: Number.isNaN(got) ? 'no number' : got, expected, fix: 'see --help' });
}
