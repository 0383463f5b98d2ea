import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { importNetwork, networkOf } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { fileHandler } from '../../src/ops/file-handler.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';

const { dense, conv2d, flatten } = tf.layers;

async function saved(): Promise<{ dir: string; model: tf.LayersModel }> {
  const dir = await temporaryDirectory();
  const model = tf.sequential({
    layers: [conv2d({ filters: 2, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1] }), flatten(), dense({ units: 3 })],
  });
  await model.save(fileHandler(dir));
  return { dir, model };
}

/** A directory whose model.json holds a text. */
async function holding(text: string): Promise<string> {
  const dir = await temporaryDirectory();
  await writeFile(join(dir, 'model.json'), text);
  return dir;
}

describe('the network of a saved model', () => {
  it('is that of the model, by its directory, its model.json or its URL', async () => {
    await expectNoLeak(async () => {
      const { dir, model } = await saved();
      const expected = networkOf(model, { batch: 5 });
      for (const path of [dir, join(dir, 'model.json'), `file://${dir}`]) {
        expect(await importNetwork(path, { batch: 5 })).toEqual(expected);
      }
      model.dispose();
    });
  });

  it('has no zeros of weights where there are no weights', async () => {
    const { dir, model } = await saved();
    const { weightsManifest, ...json } = JSON.parse(await readFile(join(dir, 'model.json'), 'utf8'));
    await writeFile(join(dir, 'model.json'), JSON.stringify(json));
    const { network } = await importNetwork(dir);
    const { network: whole } = networkOf(model);
    expect(network.layers.every(({ weights }) => weights === undefined)).toBe(true);
    expect(network.layers.map(({ nest }) => nest)).toEqual(whole.layers.map(({ nest }) => nest));
  });

  it.each([
    ['no JSON', '{"modelTopology":', /got 17 characters that are no JSON/],
    ['JSON that is no object', 'null', /got null, expected the JSON that model\.save\(\) writes/],
    ['no model', '{"a": 1}', /importing .*: got JSON without a modelTopology/],
    ['a graph model', '{"format": "graph-model", "modelTopology": {"node": []}}', /got a graph model, expected a layers model/],
    ['a graph without format', '{"modelTopology": {"node": []}}', /got a graph model, expected a layers model\. Convert it/],
    ['a model without layers', '{"modelTopology": {}}', /importing .*: got .+, expected a layers model that tfjs can build/],
    [
      'a class that nobody knows',
      '{"modelTopology": {"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Foo", "config": {}}]}}}',
      /Unknown layer: Foo.*registerClass/,
    ],
  ])('refuses a model.json with %s', async (_, text, message) => {
    await expect(importNetwork(await holding(text))).rejects.toThrow(message);
  });

  it('refuses truncated weights, what is not there, and addresses that nobody loads from', async () => {
    const { dir } = await saved();
    await truncate(join(dir, 'weights.bin'), 10);
    await expect(importNetwork(dir)).rejects.toThrow(/weights of .*: got 10 bytes, expected 476 bytes/);
    const other = (await saved()).dir;
    const bytes = await readFile(join(other, 'weights.bin'));
    bytes.writeFloatLE(Number.NaN, 4);
    await writeFile(join(other, 'weights.bin'), bytes);
    await expect(importNetwork(other)).rejects.toThrow(
      /^weights conv2d_\S+\/kernel: got NaN, expected finite numbers\. Take a checkpoint/,
    );
    await expect(importNetwork(join(dir, 'nowhere'))).rejects.toThrow(/got no such file, expected a directory/);
    await expect(importNetwork('gopher://model.json')).rejects.toThrow('importing gopher://model.json: got an address that');
  });
});
