import * as tf from '@tensorflow/tfjs';
import { progress, pruning } from 'tfjs-sparsity/callbacks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { randomMethod, tinyData, tinyModel } from './tiny-run.js';

afterEach(() => vi.restoreAllMocks());

async function train(callbacks: readonly object[], count = 80) {
  const { xs, ys } = tinyData(count);
  const model = tinyModel();
  await model.fit(xs, ys, { epochs: 2, batchSize: 4, verbose: 0, callbacks: callbacks as tf.Callback[] }).finally(() => {
    tf.dispose([xs, ys]);
    model.dispose();
  });
}

function lines() {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  return printed;
}

/** What a terminal is given; vitest's own stderr is none. */
function terminal() {
  const written: string[] = [];
  const isTTY = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(written.push(String(text))));
  const restore = () => {
    if (isTTY) Object.defineProperty(process.stderr, 'isTTY', isTTY);
    else delete (process.stderr as { isTTY?: boolean }).isTTY;
  };
  return { written, restore };
}

describe('progress()', () => {
  it('prints a line at every tenth of an epoch and one at its end, with loss, accuracy and sparsity', async () => {
    const printed = lines();
    await train([progress(), pruning(randomMethod().method)]);
    expect(printed.length).toBe(20);
    expect(printed[0]).toMatch(/^epoch 1\/2 10% loss \d\.\d{4} acc \d\.\d{4} sparsity 0\.\d{4}$/);
    expect(printed[9]).toMatch(/^epoch 1\/2 loss \d\.\d{4} acc \d\.\d{4} sparsity 0\.\d{4}$/);
    expect(printed[18]).toMatch(/^epoch 2\/2 90% /);
  });

  it('prints no more lines than batches when an epoch is short', async () => {
    const printed = lines();
    await train([progress()], 8);
    expect(printed.map((line) => line.split(' loss')[0])).toEqual(['epoch 1/2 50%', 'epoch 1/2', 'epoch 2/2 50%', 'epoch 2/2']);
  });

  it('prints a line per epoch when the number of batches is not known', async () => {
    const printed = lines();
    const dataset = tf.data.generator(function* () {
      for (let i = 0; i < 20; i++) yield { xs: tf.ones([4, 6, 6, 2]), ys: tf.ones([4, 3]) };
    } as never);
    await tinyModel().fitDataset(dataset, { epochs: 2, verbose: 0, callbacks: [progress()] });
    expect(printed.length).toBe(2);
  });

  it('draws a bar on a terminal, and gives the cursor back when training throws', async () => {
    const { written, restore } = terminal();
    const printed = lines();
    await train([progress()]);
    const fail = { onBatchEnd: async () => Promise.reject(new Error('stop')) };
    await expect(train([progress(), fail])).rejects.toThrow('stop');
    restore();
    const text = written.join('');
    expect(text).toContain('epoch 1/2');
    expect(text).toContain('20/20 loss');
    expect(printed).toEqual([]);
    const [hide, show] = ['\u001b[?25l', '\u001b[?25h'];
    expect(text.lastIndexOf(show)).toBeGreaterThan(text.lastIndexOf(hide));
    expect(text.lastIndexOf(hide)).toBeGreaterThanOrEqual(0);
  });

  it('loads cli-progress for a bar on a terminal only', async () => {
    let loads = 0;
    vi.doMock('cli-progress', async (original) => {
      loads += 1;
      return original();
    });
    lines();
    await expectNoLeak(async () => {
      await train([progress()], 8);
      expect(loads).toBe(0);
      const { restore } = terminal();
      await train([progress({ verbose: false })], 8);
      expect(loads).toBe(0);
      await train([progress()], 8);
      restore();
      expect(loads).toBe(1);
    });
    vi.doUnmock('cli-progress');
  });

  it('is silent when it is told to be', async () => {
    const { written, restore } = terminal();
    const printed = lines();
    await train([progress({ verbose: false })]);
    restore();
    expect([written, printed]).toEqual([[], []]);
  });
});
