import { afterEach, expect, it, vi } from 'vitest';
import { createControl, crewOn, hire } from '../../src/kernels/kernel-crew.js';

afterEach(() => void vi.restoreAllMocks());

/** relu gradients of four values each, in two calls, whose outputs begin at 256. */
const calls = [
  [0, 64, 256, 4],
  [16, 80, 272, 4],
];

function crew() {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const floats = new Float32Array(memory.buffer);
  floats.set([1, -1, 2, -2, 3, -3, 4, -4]);
  floats.set([1, 2, 3, 4, 5, 6, 7, 8], 16);
  const control = createControl();
  hire(memory, 1, control);
  const { run } = crewOn(memory, 'strict');
  return {
    control,
    run: () => run('reluGradient', calls),
    outputs: () => [...floats.subarray(64, 72)],
    clear: () => floats.fill(0, 64, 72),
  };
}

it('does all parts alone where no helper comes', () => {
  const { run, outputs } = crew();
  run();
  expect(outputs()).toEqual([1, 0, 3, 0, 5, 0, 7, 0]);
});

it.each([
  ['where it may sleep', undefined],
  ['where it may only look', new TypeError('a page does not wait')],
])('gives up a helper that does not answer for a minute, %s, and computes nothing before it has come back', (_, refusal) => {
  const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
    if (refusal) throw refusal;
    return 'timed-out';
  });
  const { control, run, outputs, clear } = crew();
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 10_000));
  const next = control.indexOf(2 ** 20); // no part has this number, which closes a call
  // A helper that takes the first part when it is called, and is not heard of again.
  const takesOne = () => Atomics.add(control, next, 1);
  const notify = vi.spyOn(Atomics, 'notify').mockImplementationOnce(takesOne);
  expect(run).toThrow(/^a kernel on several threads: got no answer for 60 s, expected an end of all its parts/);
  expect(wait).toHaveBeenCalledTimes(refusal ? 1 : 7);
  expect(outputs()).toEqual([0, 0, 0, 0, 5, 0, 7, 0]);
  clear();
  expect(run).toThrow(/^a kernel on several threads: got a part of an earlier call that has not ended yet/);
  expect(outputs()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  Atomics.add(control, next + 16, 1); // its part has ended
  run();
  expect(outputs()).toEqual([1, 0, 3, 0, 5, 0, 7, 0]);
  // It helps again.
  clear();
  notify.mockImplementationOnce(() => {
    takesOne();
    return Atomics.add(control, next + 16, 1);
  });
  run();
  expect(outputs()).toEqual([0, 0, 0, 0, 5, 0, 7, 0]);
});
