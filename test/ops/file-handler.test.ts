import { existsSync } from 'node:fs';
import { readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { registerFileHandler } from 'tfjs-sparsity/ops';
import { expect, it } from 'vitest';
import { fileHandler } from '../../src/ops/file-handler.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';

function smallModel(): tf.LayersModel {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 3, inputShape: [4], activation: 'relu' }), tf.layers.dense({ units: 2 })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

const isNative = (handler: tf.io.IOHandler) => handler.constructor.name === 'NodeFileSystem';

const outputs = (model: tf.LayersModel) => tf.tidy(() => (model.predict(tf.ones([1, 4])) as tf.Tensor).arraySync());

// On the tensorflow backend `file://` is tfjs-node's own handler, so that there these two tests are of interchange.
it('saves and loads a model by its directory and by its model.json, and leaves no tensors', async () => {
  const root = await temporaryDirectory();
  const dir = backend === 'tensorflow' ? root : join(root, 'deep', 'model'); // tfjs-node makes no parents
  await expectNoLeak(async () => {
    const model = smallModel();
    await model.save(`file://${dir}`);
    const byFile = await tf.loadLayersModel(`file://${dir}/model.json`);
    expect(outputs(byFile)).toEqual(outputs(model));
    const byDirectory = await tf.loadLayersModel(fileHandler(dir));
    expect(outputs(byDirectory)).toEqual(outputs(model));
    for (const each of [model, byFile, byDirectory]) each.dispose();
    model.optimizer.dispose();
  });
  expect((await readdir(dir)).sort()).toEqual(['model.json', 'weights.bin']);
});

it('saves what file:// loads', async () => {
  const dir = await temporaryDirectory();
  await expectNoLeak(async () => {
    const model = smallModel();
    await model.save(fileHandler(dir));
    const loaded = await tf.loadLayersModel(`file://${dir}/model.json`);
    expect(outputs(loaded)).toEqual(outputs(model));
    for (const each of [model, loaded]) each.dispose();
    model.optimizer.dispose();
  });
});

it('writes the keys and files that tfjs-node writes', async () => {
  const dir = await temporaryDirectory();
  const model = smallModel();
  const { modelArtifactsInfo } = await model.save(fileHandler(dir), { includeOptimizer: true });
  const json = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8'));
  expect(Object.keys(json)).toEqual(
    expect.arrayContaining(['modelTopology', 'format', 'generatedBy', 'convertedBy', 'weightsManifest', 'trainingConfig']),
  );
  expect(json.format).toBe('layers-model');
  expect(json.weightsManifest).toHaveLength(1);
  expect(json.weightsManifest[0].paths).toEqual(['weights.bin']);
  // 4 x 3 + 3 + 3 x 2 + 2 weights, and the optimizer's count of steps.
  expect((await readFile(join(dir, 'weights.bin'))).length).toBe(4 * (12 + 3 + 6 + 2) + 4);
  expect(modelArtifactsInfo.weightDataBytes).toBe(4 * 24);
});

it('reads weights in several shards', async () => {
  const dir = await temporaryDirectory();
  const model = smallModel();
  await model.save(fileHandler(dir));
  const json = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8'));
  const weights = await readFile(join(dir, 'weights.bin'));
  json.weightsManifest[0].paths = ['group1-shard1of2.bin', 'group1-shard2of2.bin'];
  await writeFile(join(dir, 'group1-shard1of2.bin'), weights.subarray(0, 10));
  await writeFile(join(dir, 'group1-shard2of2.bin'), weights.subarray(10));
  await writeFile(join(dir, 'model.json'), JSON.stringify(json));
  expect(outputs(await tf.loadLayersModel(fileHandler(dir)))).toEqual(outputs(model));
});

it('says which file is missing, truncated or damaged', async () => {
  const dir = await temporaryDirectory();
  const load = (path: string) => tf.loadLayersModel(fileHandler(path));
  await expect(load(join(dir, 'nowhere'))).rejects.toThrow(
    `loading ${join(dir, 'nowhere', 'model.json')}: got no such file, expected a directory that model.save() has written`,
  );
  await smallModel().save(fileHandler(dir));
  await truncate(join(dir, 'weights.bin'), 50);
  await expect(load(dir)).rejects.toThrow('got 50 bytes, expected 92 bytes for 4 weights');
  await truncate(join(dir, 'model.json'), 100);
  await expect(load(dir)).rejects.toThrow('got 100 characters that are no JSON');
});

it('says what stands in the way of writing, and leaves the old model and no temporary file', async () => {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'file'), '');
  await expect(smallModel().save(fileHandler(join(dir, 'file')))).rejects.toThrow('got a file where a directory should be');
  if (!existsSync('/dev/full')) return console.log('full disk: skipped, this system has no /dev/full');
  const model = smallModel();
  const target = join(dir, 'model');
  await model.save(fileHandler(target));
  await symlink('/dev/full', join(target, 'weights.bin.tmp'));
  await expect(smallModel().save(fileHandler(target))).rejects.toThrow('no space left on the disk');
  expect((await readdir(target)).sort()).toEqual(['model.json', 'weights.bin']);
  expect(outputs(await tf.loadLayersModel(fileHandler(target)))).toEqual(outputs(model));
});

it('steps aside for another handler of the same URLs, and registers once', async () => {
  const dir = await temporaryDirectory();
  registerFileHandler();
  registerFileHandler();
  expect(tf.io.getSaveHandlers(`file://${dir}`)).toHaveLength(1);
  const other = fileHandler(dir);
  tf.io.registerSaveRouter((url) => (url === 'file://taken' ? other : (null as unknown as tf.io.IOHandler)));
  expect(tf.io.getSaveHandlers('file://taken').filter((handler) => !isNative(handler))).toEqual([other]);
  expect(tf.io.getLoadHandlers('indexeddb://model')).toEqual([]);
});
