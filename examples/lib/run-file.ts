import { readFile } from 'node:fs/promises';
import { SparsityError } from 'tfjs-sparsity';
import { parseRunConfig } from 'tfjs-sparsity/callbacks';
import { type Config, methodFromConfig } from 'tfjs-sparsity/pruning';
import { datasets } from './load-dataset.js';
import { models } from './models.js';
import type { RunOptions } from './options.js';

/** The options that a file as well as a flag can give. */
export const inRunFile: ReadonlySet<string> = new Set<keyof RunOptions>([
  'data',
  'model',
  'method',
  'sparsity',
  'epochs',
  'batchSize',
  'learningRate',
  'seed',
  'execution',
  'accelerators',
]);

/** Long enough for every schedule to be over. */
const veryLong = { stepsPerEpoch: 2 ** 20 };

/**
 * What the file of `--config` says, as options; nothing without a file.
 *
 * @throws SparsityError for a file that cannot be read, and with file, line and column for each thing that is wrong in it.
 */
export async function readRunFile(path: string | undefined): Promise<Partial<RunOptions>> {
  if (!path) return {};
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    const [got, expected] = [`${path} (${error.message})`, 'a file that can be read'];
    throw new SparsityError({ what: '--config', got, expected, fix: 'check the path; examples are in examples/configs' });
  });
  const names = { model: Object.keys(models), data: Object.keys(datasets) };
  const { method, optimizer, ...rest } = parseRunConfig(text, { file: path, names });
  return {
    ...(rest as Partial<RunOptions>),
    ...(optimizer && { optimizer, learningRate: optimizer.learningRate }),
    ...(method && { ownMethod: method, method: method.name, sparsity: sparsityOf(method) }),
  };
}

/** The options with the method of a file, at another sparsity where a flag says so. */
export function withOwnMethod(given: RunOptions, file: Partial<RunOptions>): RunOptions {
  const ownMethod = file.ownMethod as Config;
  const whole = { ...file, ...given, method: ownMethod.name, ownMethod };
  const isSparsity = given.sparsity >= 0 && given.sparsity < 1;
  // What is none is refused with the other ranges.
  if (given.sparsity === file.sparsity || !isSparsity) return whole;
  for (const option of ['finalSparsity', 'sparsity']) {
    const changed = { ...ownMethod, [option]: given.sparsity };
    if (isMethod(changed)) return { ...whole, ownMethod: changed };
  }
  throw new SparsityError({
    what: '--sparsity',
    got: given.sparsity,
    expected: `none, or one that ${ownMethod.name} of ${given.config} can have: it says ${file.sparsity}`,
    fix: 'leave the flag out, or change the method in the file',
  });
}

/**
 * Throws for a schedule in epochs that ends after the run, whose length may come from a flag, a shortcut or a default: `parseRunConfig`
 * knows the file only.
 */
export function checkEnd({ ownMethod, epochs, config }: RunOptions): void {
  const end = Math.max(...endsOf(ownMethod));
  if (end <= epochs) return;
  throw new SparsityError({
    what: '--epochs',
    got: epochs,
    expected: `at least ${end}, the endEpoch of the method in ${config}`,
    fix: 'train longer, without --smoke, or let the schedule end earlier in the file',
  });
}

/** The ends in epochs of a method, of its schedule, of methods that it gives to layers. */
function endsOf(method: unknown): readonly number[] {
  return Object.entries(Object(method)).flatMap(([key, value]) => {
    if (typeof value === 'object') return endsOf(value);
    return key === 'endEpoch' && typeof value === 'number' ? [value] : [];
  });
}

/** Whether an option is said by the method of a file, and not by its flag. */
export function ofOwnMethod(option: string, { ownMethod }: Pick<RunOptions, 'ownMethod'>): boolean {
  if (!ownMethod) return false;
  return option === 'method' || (option === 'sparsity' && !('finalSparsity' in ownMethod || 'sparsity' in ownMethod));
}

function sparsityOf(method: Config): number {
  return methodFromConfig(method, veryLong).schedule(Number.MAX_SAFE_INTEGER).sparsity;
}

function isMethod(method: Config): boolean {
  try {
    parseRunConfig(JSON.stringify({ method }), { file: '--sparsity' });
    return true;
  } catch (error) {
    if (error instanceof SparsityError) return false;
    throw error;
  }
}
