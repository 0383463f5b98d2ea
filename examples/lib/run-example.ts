import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';
import { hardwareCost } from 'tfjs-sparsity/callbacks';
import { type Accelerator, createAccelerator, parseAcceleratorSpec } from 'tfjs-sparsity/hw';
import { strip, useBackend } from 'tfjs-sparsity/ops';
import { commandLine, parseOptions } from './command-line.js';
import { type Dataset, firstImages } from './dataset.js';
import { percent } from './format.js';
import { loadDataset } from './load-dataset.js';
import type { ExampleDefaults, RunOptions } from './options.js';
import { reportPage } from './report-page.js';
import { finishRunFolder, newRunFolder, unfinishedRunFolder } from './run-dir.js';
import { type RunResult, readResult, writeResult } from './run-result.js';
import { summary } from './summary.js';
import { trainOnce } from './train-once.js';

/** Runs an example script from its command line: exit code 0, 1 below the target or on an error, 2 for a wrong flag, 130 on Ctrl-C. */
export async function runExample(defaults: ExampleDefaults): Promise<void> {
  try {
    process.exitCode = await run(await parseOptions(defaults), defaults);
  } catch (error) {
    if (!(error instanceof SparsityError) && !isSystemError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function run(options: RunOptions, defaults: ExampleDefaults): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    console.error('\nstopping after this step; a second Ctrl-C stops at once');
    stop.abort();
  });
  const accelerators = await Promise.all(options.accelerators.map(loadAccelerator));
  // Says now what would be wrong with the accelerators, before anything is made.
  if (accelerators.length > 0) hardwareCost({ accelerators });
  await useBackend(options.backend, { execution: options.execution });
  const whole = await loadDataset(options.data, options.dataDir, options.seed);
  const data = { ...whole, train: firstImages(whole.train, options.trainImages ?? whole.train.count) };
  console.log(`${data.name}: ${data.train.count} training and ${data.test.count} test images`);

  const runDir = options.resume ? await unfinishedRunFolder(options, defaults) : await newRunFolder(options);
  const runs: RunResult[] = [];
  for (const method of methodsOf(options)) {
    const dir = join(runDir, method);
    const result = (await earlierResult(dir)) ?? (await train({ ...options, method }, data, accelerators, dir, stop.signal));
    if (!result) {
      console.error(`stopped; go on with\n  ${commandLine({ ...options, resume: true }, defaults)}`);
      return 130;
    }
    runs.push(result);
  }

  console.log(`\n${summary(runs)}`);
  const last = runs[runs.length - 1];
  console.log(`\nLoss = ${last.loss.toFixed(4)}; Accuracy = ${last.accuracy.toFixed(4)}`);
  console.log(`model: ${join(runDir, last.method, 'model')}, plain tfjs, its pruned weights are 0`);
  if (options.report) {
    const command = commandLine({ ...options, resume: false }, defaults);
    await writePage(options.report, reportPage(options, data, runs, command));
    console.log(`report: ${options.report}`);
  }
  await finishRunFolder(runDir);
  if (options.targetAccuracy !== undefined && last.accuracy < options.targetAccuracy) {
    console.error(`test accuracy ${percent(last.accuracy)} is below the target of ${percent(options.targetAccuracy)}`);
    return 1;
  }
  return 0;
}

/** The networks that a command trains, one after the other. */
function methodsOf({ compare, method }: RunOptions): readonly string[] {
  return compare && method !== 'dense' ? ['dense', method] : [method];
}

/** The result of a training that an interrupted command has ended. */
async function earlierResult(dir: string): Promise<RunResult | undefined> {
  const result = await readResult(dir);
  if (result) console.log(`\n${result.method} was trained before, its result is in ${dir}`);
  return result;
}

/** Trains one network and keeps it with its result in `dir`; undefined when it was stopped. */
async function train(
  options: RunOptions,
  data: Dataset,
  accelerators: readonly Accelerator[],
  dir: string,
  stop: AbortSignal,
): Promise<RunResult | undefined> {
  console.log(`\n${options.model}, ${options.method}, kept in ${dir}`);
  const { model, result } = await trainOnce(options, data, accelerators, dir, stop);
  if (!result) return undefined;
  await strip(model).save(`file://${dir}/model`);
  model.dispose();
  await writeResult(dir, result);
  return result;
}

async function writePage(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw new SparsityError({
      what: '--report',
      got: `${path} (${(error as Error).message})`,
      expected: 'a file that can be written',
      fix: 'give the same command with --resume and another --report: nothing is trained again',
    });
  }
}

/** An accelerator by the name of a preset, or from a preset file. */
async function loadAccelerator(name: string): Promise<Accelerator> {
  if (!/\.(ya?ml|json)$/.test(name)) return createAccelerator(name);
  const text = await readFile(name, 'utf8').catch((error: Error) => {
    throw new SparsityError({
      what: 'preset file',
      got: `${name} (${error.message})`,
      expected: 'a file that can be read',
      fix: 'check --accelerators',
    });
  });
  return createAccelerator(parseAcceleratorSpec(text, name));
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
