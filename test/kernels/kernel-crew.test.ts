import { afterEach, expect, it, vi } from 'vitest';
import { createControl, crewOn, help, hire } from '../../src/kernels/kernel-crew.js';

afterEach(() => void vi.restoreAllMocks());

/** relu gradients of four values each, in two calls, whose outputs begin at 256; the last one is taken first. */
const calls = [
  [16, 80, 272, 4],
  [0, 64, 256, 4],
];
/** Words of the control block: parts that are left, and parts that have ended. */
const [left, finished] = [16, 32];

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
    run: (parts = calls) => run('reluGradient', parts),
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
  // A helper that takes the first part when it is called, and is not heard of again.
  const takesOne = () => Atomics.sub(control, left, 1);
  const notify = vi.spyOn(Atomics, 'notify').mockImplementationOnce(takesOne);
  expect(run).toThrow(/^a kernel on several threads: got no answer for 60 s, expected an end of all its parts/);
  expect(wait).toHaveBeenCalledTimes(refusal ? 1 : 7);
  expect(outputs()).toEqual([0, 0, 0, 0, 5, 0, 7, 0]);
  clear();
  expect(run).toThrow(/^a kernel on several threads: got a part of an earlier call that has not ended yet/);
  expect(outputs()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  Atomics.add(control, finished, 1); // its part has ended
  run();
  expect(outputs()).toEqual([1, 0, 3, 0, 5, 0, 7, 0]);
  // It helps again.
  clear();
  notify.mockImplementationOnce(() => {
    takesOne();
    return Atomics.add(control, finished, 1);
  });
  run();
  expect(outputs()).toEqual([0, 0, 0, 0, 5, 0, 7, 0]);
});

it('lets no helper that loses its core as it asks for a part take one of the next call', () => {
  const { control, run, outputs } = crew();
  const kernel = vi.fn();
  const asleep = new Error('the helper sleeps again');
  vi.spyOn(Atomics, 'wait')
    .mockReturnValueOnce('ok')
    .mockImplementation(() => {
      throw asleep;
    });
  // It asks when the last part of a call has ended, and goes on when the next call, of more parts, has come and gone.
  const ask = () => {
    const { sub } = Atomics;
    vi.spyOn(Atomics, 'sub').mockImplementationOnce((...args: Parameters<typeof sub>) => {
      const answer = sub(...args);
      run([0, 8, 16, 24].map((at) => [at, 64 + at, 256 + at, 2]));
      control[finished] = calls.length;
      return answer;
    });
    expect(() => help(control, [Array(200).fill(kernel)], 0)).toThrow(asleep);
    return 0;
  };
  vi.spyOn(Atomics, 'notify').mockReturnValueOnce(0).mockReturnValueOnce(0).mockImplementationOnce(ask);
  run();
  expect(outputs()).toEqual([1, 0, 3, 0, 5, 0, 7, 0]);
  expect(kernel).not.toHaveBeenCalled();
});
