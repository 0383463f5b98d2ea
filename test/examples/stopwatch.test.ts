import * as tf from '@tensorflow/tfjs';
import { hardwareCost, maskStatistics, pruning, type SparsityCallback } from 'tfjs-sparsity/callbacks';
import { denseArray } from 'tfjs-sparsity/hw';
import { sparsify } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stopwatch } from '../../examples/lib/stopwatch.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const advance = (seconds: number) => void vi.advanceTimersByTime(1000 * seconds);

/** Steps of so many seconds, each followed by half a second of something else. */
async function train(stopwatch: Stopwatch, seconds: readonly number[]): Promise<void> {
  for (const each of seconds) {
    await stopwatch.stepBegin.onBatchBegin();
    advance(each);
    await stopwatch.stepEnd.onBatchEnd();
    advance(0.5);
  }
}

it('takes the mean of the steps that it times for all', async () => {
  const stopwatch = new Stopwatch((step) => step % 2 !== 0);
  await train(stopwatch, [9, 1, 9, 2]);
  expect(stopwatch.times()).toEqual({ seconds: 23, trainingSeconds: 6 });
});

it('goes on where the run goes on', async () => {
  const isTimed = (step: number) => step % 3 === 2;
  const whole = new Stopwatch(isTimed);
  await train(whole, [5, 5, 1]);
  const state = whole.runState();
  await train(whole, [5, 5, 2]);
  const uninterrupted = whole.times();
  const resumed = new Stopwatch(isTimed);
  resumed.restoreRunState(JSON.parse(JSON.stringify(state)));
  await train(resumed, [5, 5, 2]);
  expect(resumed.times()).toEqual(uninterrupted);
  expect(uninterrupted).toEqual({ seconds: 26, trainingSeconds: 9 });
});

it('counts pruning, and nothing of what looks at the step, among the callbacks of a fit', async () => {
  const model = sparsify(tf.sequential({ layers: [tf.layers.dense({ units: 8, inputShape: [8] })] }));
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const taking = <T extends SparsityCallback>(callback: T, seconds: number) => {
    const { onBatchEnd } = callback;
    callback.onBatchEnd = async (...args: [number]) => {
      await onBatchEnd(...args);
      advance(seconds);
    };
    return callback;
  };
  const prune = taking(pruning(gradualMagnitude({ finalSparsity: 0.5, endStep: 2, frequency: 1 })), 1);
  const looks = [taking(maskStatistics(), 10), taking(hardwareCost({ accelerators: [denseArray()], workers: 0 }), 10)];
  const stopwatch = new Stopwatch(() => true);
  const callbacks = [stopwatch.stepBegin, prune, stopwatch.stepEnd, ...looks, { onBatchEnd: async () => advance(10) }];
  await model.fit(tf.ones([8, 8]), tf.ones([8, 8]), { epochs: 4, verbose: 0, callbacks });
  expect(stopwatch.times().trainingSeconds).toBe(4);
  model.dispose();
});

it('has no time of steps where none was timed', async () => {
  const stopwatch = new Stopwatch(() => false);
  await train(stopwatch, [1]);
  expect(stopwatch.times()).toEqual({ seconds: 1.5 });
});
