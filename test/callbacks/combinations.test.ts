import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, hardwareCost, progress, pruning, runLog, tensorBoard } from 'tfjs-sparsity/callbacks';
import { denseArray } from 'tfjs-sparsity/hw';
import { maskedDense } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { expect, it, vi } from 'vitest';
import { temporaryDirectory } from '../support/temporary.js';

const makers: Readonly<Record<string, (dir: string) => object>> = {
  pruning: () => pruning(gradualMagnitude({ finalSparsity: 0.5, endStep: 10, frequency: 4 })),
  hardwareCost: () => hardwareCost({ accelerators: [denseArray()], every: 3, workers: 0 }),
  runLog: (dir) => runLog(dir),
  checkpoint: (dir) => checkpoint(dir, { every: 7 }),
  tensorBoard: (dir) => tensorBoard(dir),
  progress: () => progress(),
  earlyStopping: () => tf.callbacks.earlyStopping({ monitor: 'loss', patience: 1000 }),
};

it('no combination of callbacks leaves a tensor over 10 steps, nor all of them over 200', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const model = tf.sequential({
    layers: [maskedDense({ units: 4, activation: 'relu', inputShape: [6] }), maskedDense({ units: 2 })],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const [xs, ys] = [tf.randomNormal([20, 6], 0, 1, 'float32', 1), tf.randomNormal([20, 2], 0, 1, 'float32', 2)];
  const dir = await temporaryDirectory();
  const names = Object.keys(makers);
  const train = (chosen: readonly string[], name: string, epochs = 2) =>
    model.fit(xs, ys, {
      epochs,
      batchSize: 4,
      shuffle: false,
      verbose: 0,
      callbacks: chosen.map((key) => makers[key]?.(join(dir, name))) as tf.Callback[],
    });
  await train(['pruning'], 'first'); // slots and masks are born
  const leaking: string[] = [];
  for (let bits = 1; bits < 2 ** names.length; bits++) {
    const chosen = names.filter((_, i) => (bits >> i) & 1);
    const before = tf.memory().numTensors;
    await train(chosen, String(bits), chosen.length === names.length ? 40 : 2);
    if (tf.memory().numTensors !== before) leaking.push(chosen.join(' + '));
  }
  expect(leaking).toEqual([]);
  tf.dispose([xs, ys]);
  model.dispose();
  log.mockRestore();
}, 240_000);
