import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { acf, denseArray } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseOptions } from '../../examples/lib/command-line.js';
import { digits } from '../../examples/lib/digits.js';
import { reportPage } from '../../examples/lib/report-page.js';
import { type RunResult, readResult, writeResult } from '../../examples/lib/run-result.js';
import { summary } from '../../examples/lib/summary.js';
import { trainOnce } from '../../examples/lib/train-once.js';
import { readReported } from '../../src/cli/read-reported.js';
import { mnistDefaults } from './defaults.js';

const dir = mkdtempSync(join(tmpdir(), 'resume-'));
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await useBackend('wasm');
});
afterAll(() => rmSync(dir, { recursive: true }));

const data = digits({ seed: 1, trainImages: 300, testImages: 50 });

/** A signal that is aborted after so many steps: training asks once a step. */
function stopAfter(steps: number): AbortSignal {
  let asked = 0;
  return {
    get aborted() {
      return ++asked >= steps;
    },
  } as AbortSignal;
}

it('a run that is stopped twice gives the curves, the table and the page of one that is not', async () => {
  const options = await parseOptions(mnistDefaults, ['--model', 'mlp', '--epochs', '2']);
  const train = async (name: string, steps: number) => {
    const { model, result } = await trainOnce(options, data, [acf(), denseArray()], join(dir, name), stopAfter(steps));
    model.dispose();
    return result;
  };
  const whole = await train('whole', Infinity);
  const before = tf.memory().numTensors;
  expect(await train('stopped', 3)).toBeUndefined();
  expect(await train('stopped', 11)).toBeUndefined();
  const resumed = await train('stopped', Infinity);
  expect(tf.memory().numTensors).toBe(before);

  expect(whole?.steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(whole?.steps.at(-1)?.sparsity).toBeCloseTo(0.9, 3);
  expect(whole?.epochs.map(({ step }) => step)).toEqual([10, 20]);
  const show = (result: typeof whole) => {
    const timeless = { ...(result as RunResult), seconds: 1, trainingSeconds: 1 };
    return { result: timeless, table: summary([timeless]), page: reportPage(options, data, [timeless], 'command') };
  };
  expect(show(resumed)).toEqual(show(whole));
  expect(resumed?.seconds).toBeGreaterThan(0);
  expect(show(whole).page).toContain('<h2>Masks of gradual 90 %</h2>');
  const [report, other] = await Promise.all(['whole', 'stopped'].map((name) => readReported([join(dir, name, 'run.jsonl')])));
  expect(report?.report.data.rows.length).toBeGreaterThan(10);
  expect(other?.report.data).toEqual(report?.report.data);

  await writeResult(join(dir, 'whole'), whole as RunResult);
  expect(await readResult(join(dir, 'whole'))).toEqual(whole);
  expect(await readResult(join(dir, 'stopped'))).toBeUndefined();
});

it('a run whose training is over, but not its result, gives the same result without a further step', async () => {
  const options = await parseOptions(mnistDefaults, ['--model', 'mlp', '--epochs', '1', '--method', 'hardware-aware']);
  const train = async () => {
    const { model, result } = await trainOnce(options, data, [acf()], join(dir, 'over'), new AbortController().signal);
    model.dispose();
    return { ...(result as RunResult), seconds: 1, trainingSeconds: 1 };
  };
  expect(await train()).toEqual(await train());
});
