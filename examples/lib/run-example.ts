import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { SparsityError } from 'tfjs-sparsity';
import { type Accelerator, createAccelerator, parseAcceleratorSpec } from 'tfjs-sparsity/hw';
import { strip, useBackend } from 'tfjs-sparsity/ops';
import { firstImages } from './dataset.js';
import { percent } from './format.js';
import { loadDataset } from './load-dataset.js';
import { type ExampleDefaults, parseOptions, type RunOptions } from './options.js';
import { reportPage } from './report-page.js';
import { runFolder } from './run-dir.js';
import { summary } from './summary.js';
import { type RunResult, trainOnce } from './train-once.js';

/** Runs an example script from its command line: exit code 0, 1 below the target or on an error, 2 for a wrong flag, 130 on Ctrl-C. */
export async function runExample(defaults: ExampleDefaults): Promise<void> {
  try {
    process.exitCode = await run(await parseOptions(defaults));
  } catch (error) {
    if (!(error instanceof SparsityError) && !isSystemError(error)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function run(options: RunOptions): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    console.error('\nstopping after this step; a second Ctrl-C stops at once');
    stop.abort();
  });
  const accelerators = await Promise.all(options.accelerators.map(loadAccelerator));
  await useBackend(options.backend, { execution: 'dense' });
  const whole = await loadDataset(options.data, options.dataDir, options.seed);
  const data = { ...whole, train: firstImages(whole.train, options.trainImages ?? whole.train.count) };
  console.log(`${data.name}: ${data.train.count} training and ${data.test.count} test images`);

  const runs: RunResult[] = [];
  for (const method of options.compare && options.method !== 'dense' ? (['dense', options.method] as const) : [options.method]) {
    const dir = runFolder(options.runDir, method, options.resume);
    console.log(`\n${options.model}, ${method}, run log and checkpoints in ${dir}`);
    const result = await trainOnce({ ...options, method }, data, accelerators, dir, stop.signal);
    if (!result.finished) {
      console.error(`stopped; go on with the same command and --resume`);
      return 130;
    }
    await (method === 'dense' ? result.model : strip(result.model)).save(`file://${dir}/model`);
    runs.push(result);
  }

  console.log(`\n${summary(runs)}`);
  const last = runs[runs.length - 1];
  console.log(`\nLoss = ${last.loss.toFixed(4)}; Accuracy = ${last.accuracy.toFixed(4)}`);
  if (options.report) {
    await writeFile(options.report, reportPage(options, data, runs));
    console.log(`report: ${options.report}`);
  }
  if (options.targetAccuracy !== undefined && last.accuracy < options.targetAccuracy) {
    console.error(`test accuracy ${percent(last.accuracy)} is below the target of ${percent(options.targetAccuracy)}`);
    return 1;
  }
  return 0;
}

/** An accelerator by the name of a preset, or from a preset file. */
async function loadAccelerator(name: string): Promise<Accelerator> {
  if (/\.(ya?ml|json)$/.test(name) || existsSync(name))
    return createAccelerator(parseAcceleratorSpec(await readFile(name, 'utf8'), name));
  return createAccelerator(name);
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
