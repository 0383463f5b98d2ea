import * as tf from '@tensorflow/tfjs';
import { progress, readRunLog, runLog } from 'tfjs-sparsity/callbacks';
import { expect, it, vi } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { tinyData, tinyModel } from './tiny-run.js';

function run(model: tf.LayersModel, callbacks: object[]): Promise<tf.History> {
  const { xs, ys } = tinyData();
  return model
    .fit(xs, ys, { batchSize: 4, shuffle: false, verbose: 0, callbacks: callbacks as tf.Callback[] })
    .finally(() => tf.dispose([xs, ys]));
}

it('stops any training with a callback of ours at the first loss that is not a number, and the run log tells why', async () => {
  const dir = await temporaryDirectory();
  const model = tinyModel();
  const poison = {
    onBatchBegin: async (batch: number) => {
      if (batch === 2) tf.tidy(() => model.getLayer('hidden').setWeights([tf.fill([64, 8], Number.NaN), tf.zeros([8])]));
    },
  };
  // The relu of wasm makes 0 of NaN: there the loss is finite, and the weights tell.
  const message =
    /^(loss of step 2: got NaN, .* the first layer with other weights is|weights after step 2, layer) (conv|hidden)/;
  await expect(run(model, [poison, runLog(dir)])).rejects.toThrow(message);
  const lines = await readRunLog(dir);
  expect(lines.map(({ type }) => type)).toEqual(['run', 'step', 'step', 'end']);
  expect(lines.at(-1)).toMatchObject({ error: expect.stringMatching(message) });
  model.dispose();
});

it('finds weights that an optimizer step has broken, in a nested model by the name of the layer', async () => {
  const inner = tf.sequential({ name: 'inner', layers: [tf.layers.dense({ name: 'deep', units: 3, inputShape: [4] })] });
  const model = tf.sequential({ layers: [inner] });
  model.compile({ optimizer: tf.train.sgd(1e38), loss: 'meanSquaredError' });
  const [xs, ys] = [tf.fill([4, 4], 1e3), tf.zeros([4, 3])];
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await expect(model.fit(xs, ys, { verbose: 0, callbacks: [progress()] })).rejects.toThrow('weights after step 0, layer deep');
  log.mockRestore();
  tf.dispose([xs, ys]);
  model.dispose();
});

it('leaves no tensors', async () => {
  const dir = await temporaryDirectory();
  const model = tinyModel();
  await expectNoLeak(async () => void (await run(model, [runLog(dir)])));
  model.dispose();
});
