import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stopwatch } from '../../examples/lib/stopwatch.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Steps of so many seconds, each followed by half a second of something else. */
async function train(stopwatch: Stopwatch, seconds: readonly number[]): Promise<void> {
  for (const each of seconds) {
    await stopwatch.stepBegin.onBatchBegin();
    vi.advanceTimersByTime(1000 * each);
    await stopwatch.stepEnd.onBatchEnd();
    vi.advanceTimersByTime(500);
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

it('has no time of steps where none was timed', async () => {
  const stopwatch = new Stopwatch(() => false);
  await train(stopwatch, [1]);
  expect(stopwatch.times()).toEqual({ seconds: 1.5 });
});
