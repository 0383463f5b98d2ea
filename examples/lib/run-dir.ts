import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';
import { commandLine } from './command-line.js';
import { flagName, flagValue } from './flags.js';
import { readJson, writeJson } from './json-file.js';
import type { ExampleDefaults, FileOptions, RunOptions } from './options.js';

/** What `command.json` in the folder of a command holds. */
interface StoredCommand {
  readonly options: RunOptions;
  readonly finished: boolean;
}

/** Options that may change from one part of a run to the next: they say where it lies, and what happens behind its last step. */
const free: ReadonlySet<string> = new Set<keyof RunOptions>(['config', 'runDir', 'resume', 'report', 'targetAccuracy']);

/** Makes the folder of a new command: `1`, `2` ... in `--run-dir`, behind all that are there. */
export async function newRunFolder(options: RunOptions): Promise<string> {
  try {
    await makeFolder(options.runDir);
    const dir = join(options.runDir, String(((await runNumbers(options.runDir))[0] ?? 0) + 1));
    await mkdir(dir);
    await writeJson(commandFile(dir), { options, finished: false } satisfies StoredCommand);
    return dir;
  } catch (error) {
    throw new SparsityError({
      what: '--run-dir',
      got: `${options.runDir} (${(error as Error).message})`,
      expected: 'a folder that can be made and written to',
      fix: 'pass another one, or make room at that place',
    });
  }
}

/** Makes a folder and those above it. Node's own `recursive` never returns for one in /proc. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return;
    if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  });
}

/** The latest folder whose command is not finished, which must be the same command as now. */
export async function unfinishedRunFolder(options: RunOptions, defaults: ExampleDefaults): Promise<string> {
  for (const number of await runNumbers(options.runDir)) {
    const dir = join(options.runDir, String(number));
    const stored = (await readJson(commandFile(dir))) as StoredCommand | undefined;
    if (!stored || stored.finished) continue;
    assertSameOptions(dir, stored.options, options, defaults);
    return dir;
  }
  throw new SparsityError({
    what: '--resume',
    got: `no unfinished run in ${options.runDir}`,
    expected: 'a run that was stopped before its end',
    fix: 'leave --resume out for a new run, or check --run-dir',
  });
}

/** Notes that nothing of the command is left to do. */
export async function finishRunFolder(dir: string): Promise<void> {
  await writeJson(commandFile(dir), { ...((await readJson(commandFile(dir))) as StoredCommand), finished: true });
}

const commandFile = (dir: string) => join(dir, 'command.json');

/** The numbers of the folders there are, the latest first. */
async function runNumbers(runDir: string): Promise<number[]> {
  const names = await readdir(runDir).catch(() => []);
  return names
    .filter((name) => /^[1-9]\d*$/.test(name))
    .map(Number)
    .sort((a, b) => b - a);
}

function assertSameOptions(dir: string, stored: RunOptions, given: RunOptions, defaults: ExampleDefaults): void {
  const names = Object.keys({ ...stored, ...given }) as (keyof RunOptions)[];
  const differing = names.filter((name) => !free.has(name) && flagValue(stored[name]) !== flagValue(given[name]));
  if (differing.length === 0) return;
  const { config, runDir, report, targetAccuracy } = given;
  const command = commandLine({ ...stored, config, runDir, report, targetAccuracy, resume: true }, defaults);
  throw new SparsityError({
    what: `options to resume ${dir}`,
    got: differing.map((name) => `${placeOf(name)} ${flagValue(given[name])} (stored: ${flagValue(stored[name])})`).join(', '),
    expected: 'those of the stored run',
    fix: `resume it with \`${command}\`, or leave --resume out for a new run`,
  });
}

/** Where an option is given. */
function placeOf(name: keyof RunOptions): string {
  const inFile: readonly string[] = ['ownMethod', 'policy', 'breakEven', 'optimizer'] satisfies (keyof FileOptions)[];
  return inFile.includes(name) ? `${name === 'ownMethod' ? 'method' : name} of --config` : flagName(name);
}
