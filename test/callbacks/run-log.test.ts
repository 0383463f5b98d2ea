import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { type RunLogLine, readRunLog, runLog } from 'tfjs-sparsity/callbacks';
import { expect, it } from 'vitest';
import { AppendFile } from '../../src/callbacks/append-file.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { tinyModel } from '../support/tiny-model.js';

const shape = (lines: readonly RunLogLine[]) => lines.map((line) => ('step' in line ? `${line.type} ${line.step}` : line.type));

it('has a line for the run, each step, each epoch and the end, with the logs of other callbacks', async () => {
  const dir = join(await temporaryDirectory(), 'run');
  await expectNoLeak(async () => {
    const { model, xs, ys, dispose } = tinyModel();
    const adds = {
      onEpochEnd: async (_: number, logs?: tf.Logs) => void Object.assign(logs ?? {}, { sparsity: 0.5, energy_acf: 2 }),
    };
    const callbacks = [runLog(dir, { config: { seed: 7 } }), adds];
    const { history } = await model.fit(xs, ys, { batchSize: 5, epochs: 2, verbose: 0, callbacks });
    const lines = await readRunLog(dir);
    expect(shape(lines)).toEqual([
      'run',
      'step 0',
      'step 1',
      'step 2',
      'epoch 3',
      'step 3',
      'step 4',
      'step 5',
      'epoch 6',
      'end 6',
    ]);
    expect(lines[0]).toEqual({ type: 'run', config: { seed: 7 } });
    expect(lines[3]).toMatchObject({ epoch: 0, logs: { size: 2, batch: 2, loss: expect.any(Number) } });
    expect(lines[8]).toEqual({
      type: 'epoch',
      step: 6,
      epoch: 1,
      logs: { loss: history.loss?.[1], sparsity: 0.5, energy_acf: 2 },
    });
    dispose();
  });
});

it('is complete up to the step at which training fails, and says why', async () => {
  const dir = await temporaryDirectory();
  const { model, xs, ys, dispose } = tinyModel();
  const seen: RunLogLine[][] = [];
  const fails = {
    onBatchBegin: async (batch: number) => {
      seen.push(await readRunLog(dir));
      if (batch === 2) throw new Error('power cut');
    },
  };
  await expect(model.fit(xs, ys, { batchSize: 4, verbose: 0, callbacks: [runLog(dir), fails] })).rejects.toThrow('power cut');
  expect(seen.map(shape)).toEqual([['run'], ['run', 'step 0'], ['run', 'step 0', 'step 1']]);
  expect((await readRunLog(dir)).at(-1)).toEqual({ type: 'end', step: 2, error: 'power cut' });
  dispose();
});

it('goes on in the same file, without the torn line, the end and the steps beyond its own', async () => {
  const dir = await temporaryDirectory();
  const { model, xs, ys, dispose } = tinyModel();
  const train = (callback: tf.Callback) => model.fit(xs, ys, { batchSize: 4, verbose: 0, callbacks: [callback] });
  await train(runLog(dir, { config: { run: 1 } }));
  await train(runLog(dir, { config: { run: 2 } }));
  await appendFile(join(dir, 'run.jsonl'), '{"type":"step","step":99,"lo');
  expect(shape(await readRunLog(dir))).toEqual(['run', 'step 0', 'step 1', 'step 2', 'epoch 3', 'end 3']);
  const resumed = runLog(dir);
  resumed.step = 2;
  await train(resumed);
  const lines = await readRunLog(dir);
  expect(lines[0]).toEqual({ type: 'run', config: { run: 2 } });
  expect(shape(lines)).toEqual(['run', 'step 0', 'step 1', 'resume 2', 'step 2', 'step 3', 'step 4', 'epoch 5', 'end 5']);
  const whole = (await readFile(join(dir, 'run.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(shape(whole.slice(0, 6))).toEqual(['run', 'step 0', 'step 1', 'step 2', 'epoch 3', 'end 3']);
  expect(whole[0].config).toEqual({ run: 1 });
  dispose();
});

it('keeps a number that is not finite', async () => {
  const dir = await temporaryDirectory();
  const { model, xs, ys, dispose } = tinyModel();
  const odd = { onBatchEnd: async (_: number, logs?: tf.Logs) => void Object.assign(logs as tf.Logs, { odd: Number.NaN }) };
  await model.fit(xs, ys, { batchSize: 12, verbose: 0, callbacks: [odd, runLog(dir)] });
  expect((await readRunLog(dir))[1]).toMatchObject({ logs: { odd: Number.NaN } });
  dispose();
});

it('says what is wrong with a log that cannot be read or written', async () => {
  const dir = await temporaryDirectory();
  const { model, xs, ys, dispose } = tinyModel();
  const path = join(dir, 'run.jsonl');
  await expect(readRunLog(dir)).rejects.toThrow(`${path}: got no such file`);
  await writeFile(path, '{"type":"run","config":{}}\nrubbish\n{"type":"end","step":0}\n');
  await expect(readRunLog(dir)).rejects.toThrow(`${path}:2: got rubbish`);
  const unwritable = runLog(join(path, 'run'));
  await expect(model.fit(xs, ys, { verbose: 0, callbacks: [unwritable] })).rejects.toThrow('a file where a directory should be');
  const nowhere = runLog('/proc/none/run');
  await expect(model.fit(xs, ys, { verbose: 0, callbacks: [nowhere] })).rejects.toThrow('writing /proc/none/run');
  if (!existsSync('/dev/full')) return console.log('full disk: skipped, this system has no /dev/full');
  const full = await AppendFile.open('/dev/full');
  await expect(full.append('x')).rejects.toThrow('writing /dev/full: got no space left on the disk');
  await full.close();
  dispose();
});
