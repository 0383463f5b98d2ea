import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { SparsityError } from 'tfjs-sparsity';
import {
  maskedConv2d,
  maskedDense,
  maskedDepthwiseConv2d,
  prunableKernels,
  sparseFile,
  sparsify,
  strip,
} from 'tfjs-sparsity/ops';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';

const { conv2d, dense, flatten, timeDistributed, reshape, batchNormalization, add } = tf.layers;

/** Weights of a model, bit by bit. */
const bitsOf = (model: tf.LayersModel) =>
  model.getWeights().map((weight) => new Uint32Array(weight.dataSync<'float32'>().slice().buffer));

/** Makes a share of all weights 0, as somebody else's pruning might. */
function thin(model: tf.LayersModel, seed: number): void {
  const rng = createRng(seed);
  const thinned = model.getWeights().map((weight) => {
    const values = weight.dataSync<'float32'>().map((value) => (rng.uniform() < 0.8 ? 0 : value + rng.normal()));
    return tf.tensor(values, weight.shape);
  });
  model.setWeights(thinned);
  tf.dispose(thinned);
}

function maskAll(model: tf.LayersModel, pruned: 'zero' | 'dense-master'): void {
  for (const [i, kernel] of prunableKernels(model).entries()) {
    const rng = createRng(i);
    const mask = Uint8Array.from(kernel.readKernel(), () => (rng.uniform() < 0.7 ? 0 : 1));
    kernel.repack({ forward: mask, backward: mask, gradient: null }, { pruned, slots: 'keep', decay: 0 });
  }
}

/** Frees models; their own `dispose` leaves the weights of layers that they use twice. */
function free(...freed: readonly tf.LayersModel[]): void {
  for (const weight of freed.flatMap(({ weights }) => weights)) weight.dispose();
}

async function saved(model: tf.LayersModel, config?: tf.io.SaveConfig): Promise<Uint8Array<ArrayBuffer>> {
  const files: Uint8Array<ArrayBuffer>[] = [];
  await model.save(
    sparseFile((bytes) => void files.push(bytes)),
    config,
  );
  return files[0];
}

const small = () => tf.sequential({ layers: [dense({ units: 3, inputShape: [4], activation: 'relu' }), dense({ units: 2 })] });

function functional(): tf.LayersModel {
  const input = tf.input({ shape: [6, 6, 2] });
  const shared = conv2d({ name: 'shared', filters: 2, kernelSize: 3, padding: 'same' });
  const inner = tf.sequential({
    name: 'inner',
    layers: [conv2d({ filters: 4, kernelSize: 1, inputShape: [6, 6, 2] }), batchNormalization()],
  });
  const once = shared.apply(input);
  const sum = add().apply([shared.apply(once) as tf.SymbolicTensor, once as tf.SymbolicTensor]) as tf.SymbolicTensor;
  const rows = reshape({ targetShape: [36, 4] }).apply(inner.apply(sum));
  const each = timeDistributed({ layer: dense({ units: 3 }) }).apply(rows);
  const output = dense({ units: 2 }).apply(flatten().apply(each)) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

const models: Readonly<Record<string, () => tf.LayersModel>> = {
  'a sequential model': small,
  'a functional model with shared, nested and wrapped layers': functional,
};

describe.each(Object.entries(models))('%s in a sparse file', (_, build) => {
  it('comes back with the same weights, bit for bit', async () => {
    await expectNoLeak(async () => {
      const model = build();
      thin(model, 1);
      const file = await saved(model);
      const loaded = await tf.loadLayersModel(sparseFile(file));
      expect(bitsOf(loaded)).toEqual(bitsOf(model));
      expect(JSON.stringify(loaded.toJSON(null, false))).toBe(JSON.stringify(model.toJSON(null, false)));
      const shape = model.inputs[0].shape.slice(1) as number[];
      const [expected, outputs] = [model, loaded].map((each) =>
        tf.tidy(() => (each.predict(tf.ones([2, ...shape])) as tf.Tensor).dataSync()),
      );
      expect(outputs).toEqual(expected);
      free(model, loaded);
    });
  });

  it.each(['zero', 'dense-master'] as const)('is that of strip where its layers are masked, %s', async (pruned) => {
    await expectNoLeak(async () => {
      const plain = build();
      const model = sparsify(plain);
      maskAll(model, pruned);
      const stripped = strip(model);
      const file = await saved(model);
      expect(new TextDecoder().decode(file)).not.toMatch(/masked|sparsity/i);
      const loaded = await tf.loadLayersModel(sparseFile(file));
      expect(bitsOf(loaded)).toEqual(bitsOf(stripped));
      expect(prunableKernels(loaded)).toEqual([]);
      expect(file).toEqual(await saved(stripped));
      free(plain, model, stripped, loaded);
    });
  });
});

it('takes models that are built of masked layers, and those in sparse execution', async () => {
  await expectNoLeak(async () => {
    const sparsity = { initial: 0.7 };
    const masked = tf.sequential({
      layers: [
        maskedConv2d({ filters: 4, kernelSize: 3, inputShape: [6, 6, 2], sparsity }),
        maskedDepthwiseConv2d({ kernelSize: 2, sparsity }),
        flatten(),
        maskedDense({ units: 3, sparsity }),
      ],
    });
    const model = sparsify(masked, { execution: 'sparse', breakEven: 0 });
    const optimizer = tf.train.sgd(0.1);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([4, 6, 6, 2]), tf.zeros([4, 3])];
    await model.fit(x, y, { epochs: 2, verbose: 0 });
    const stripped = strip(model);
    const loaded = await tf.loadLayersModel(sparseFile(await saved(model)));
    expect(bitsOf(loaded)).toEqual(bitsOf(stripped));
    for (const each of [masked, model, stripped, loaded]) each.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });
});

it('goes on training with the optimizer that was saved with it', async () => {
  const model = sparsify(small());
  model.compile({ optimizer: tf.train.rmsprop(0.01, 0.9, 0.5), loss: 'meanSquaredError' });
  maskAll(model, 'zero');
  const [x, y] = [tf.ones([4, 4]), tf.zeros([4, 2])];
  await model.fit(x, y, { epochs: 2, verbose: 0 });
  const loaded = await tf.loadLayersModel(sparseFile(await saved(model, { includeOptimizer: true })));
  const slots = async (each: tf.LayersModel) =>
    (await each.optimizer.getWeights()).slice(1).map(({ tensor }) => tensor.dataSync());
  expect(await slots(loaded)).toEqual(await slots(model));
  // Masks went with the layers that held them.
  const [got, expected] = [loaded, strip(model)].map((each) => bitsOf(each));
  expect(got).toEqual(expected);
  await loaded.fit(x, y, { verbose: 0 });
});

it('saves trainable weights only, where that is asked for', async () => {
  const model = sparsify(functional());
  maskAll(model, 'zero');
  const { weightSpecs = [] } = (await sparseFile(await saved(model, { trainableOnly: true })).load?.()) ?? {};
  expect(weightSpecs.map(({ name }) => name)).toEqual(model.trainableWeights.map(({ originalName }) => originalName));
});

it('rounds to float16 where that is asked for, and needs no option to load it', async () => {
  await expectNoLeak(async () => {
    const model = small();
    const files: Uint8Array<ArrayBuffer>[] = [];
    const take = (bytes: Uint8Array<ArrayBuffer>) => void files.push(bytes);
    await model.save(sparseFile(take, { values: 'float16' }));
    await model.save(sparseFile(take));
    const loaded = await tf.loadLayersModel(sparseFile(files[0]));
    const [weights, rounded] = [model, loaded].map((each) => each.getWeights().flatMap((weight) => [...weight.dataSync()]));
    weights.forEach((weight, i) => {
      expect(Math.abs(rounded[i] - weight)).toBeLessThanOrEqual(Math.max(Math.abs(weight) / 2048, 2 ** -25));
    });
    expect(rounded).not.toEqual(weights);
    for (const each of [model, loaded]) each.dispose();
  });
});

describe('a place', () => {
  it('is a file in node, in directories that are made', async () => {
    const path = join(await temporaryDirectory(), 'deep', 'model.sparse');
    const model = small();
    thin(model, 2);
    const { modelArtifactsInfo } = await model.save(sparseFile(`file://${path}`));
    expect(modelArtifactsInfo.weightDataBytes).toBe(4 * (12 + 3 + 6 + 2));
    expect(bitsOf(await tf.loadLayersModel(sparseFile(`file://${path}`)))).toEqual(bitsOf(model));
    expect(new Uint8Array(await readFile(path))).toEqual(await saved(model));
  });

  it('is a URL, an ArrayBuffer, a part of one or a Blob', async () => {
    const model = small();
    const file = await saved(model);
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/model.sparse' ? 200 : 404;
      response.end(file);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const place of [`${url}/model.sparse`, file.buffer, Buffer.from(file), new Blob([file])]) {
      expect(bitsOf(await tf.loadLayersModel(sparseFile(place)))).toEqual(bitsOf(model));
    }
    await expect(tf.loadLayersModel(sparseFile(`${url}/none`))).rejects.toThrow(`loading ${url}/none: got HTTP status 404`);
    await expect(tf.loadLayersModel(sparseFile('model.sparse'))).rejects.toThrow(
      /loading model\.sparse: got .+, expected the address of a sparse file.*begins with file:/,
    );
  });

  it('names a server that breaks off in the middle of a file', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError('terminated')) });
    vi.stubGlobal('fetch', async () => new Response(body));
    onTestFinished(() => void vi.unstubAllGlobals());
    const url = 'https://example.org/model.sparse';
    const load = tf.loadLayersModel(sparseFile(url));
    await expect(load).rejects.toThrow(SparsityError);
    await expect(load).rejects.toThrow(`loading ${url}: got TypeError: terminated`);
  });

  it('is no download in node', async () => {
    const save = small().save(sparseFile('downloads://lenet.sparse'));
    await expect(save).rejects.toThrow(SparsityError);
    await expect(save).rejects.toThrow('downloads://lenet.sparse: got no page, expected a page in a browser');
  });

  it('is a download in a browser', async () => {
    const link = { href: '', download: '', click: vi.fn() };
    vi.stubGlobal('document', { createElement: () => link });
    onTestFinished(() => void vi.unstubAllGlobals());
    await small().save(sparseFile('downloads://lenet.sparse'));
    expect(link).toMatchObject({ href: expect.stringMatching(/^blob:/), download: 'lenet.sparse' });
    expect(link.click).toHaveBeenCalledOnce();
  });

  it('is no file in a browser', async () => {
    tf.env().set('IS_NODE', false);
    onTestFinished(() => tf.env().set('IS_NODE', true));
    await expect(small().save(sparseFile('file://x'))).rejects.toThrow('file://x: got a page in a browser, expected node');
    await expect(tf.loadLayersModel(sparseFile('file://x'))).rejects.toThrow('file://x: got a page in a browser');
  });

  it('is not one to save to where it can only be loaded from, nor the other way round', async () => {
    await expect(small().save(sparseFile('https://example.org/model.sparse'))).rejects.toThrow(
      'saving to https://example.org/model.sparse: got a place to load from only',
    );
    await expect(small().save(sparseFile(new Uint8Array()))).rejects.toThrow('saving to sparse file: got a place to load from');
    const expected = 'got a place to save to only, expected file://path, a URL';
    await expect(tf.loadLayersModel(sparseFile('downloads://model.sparse'))).rejects.toThrow(expected);
    await expect(tf.loadLayersModel(sparseFile(() => {}))).rejects.toThrow(expected);
  });
});

it('says what is wrong with a file, and makes nothing of it', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'model.sparse');
  const model = small();
  await model.save(sparseFile(`file://${path}`));
  await truncate(path, 100);
  const before = tf.memory().numTensors;
  const load = (name: string) => tf.loadLayersModel(sparseFile(`file://${join(dir, name)}`));
  await expect(load('model.sparse')).rejects.toThrow(`file://${path}: got 100 bytes with a wrong checksum: truncated or damaged`);
  await expect(load('none')).rejects.toThrow(`loading ${join(dir, 'none')}: got no such file`);
  await writeFile(join(dir, 'text'), 'no model');
  await expect(load('text')).rejects.toThrow('got another kind of file, of 8 bytes, expected a sparse file');
  await mkdir(join(dir, 'folder'));
  await expect(load('folder')).rejects.toThrow('got a directory where a file should be');
  expect(tf.memory().numTensors).toBe(before);
});

it('says what stands in the way of writing, and leaves the old file and no temporary one', async () => {
  const dir = await temporaryDirectory();
  const path = join(dir, 'model.sparse');
  const model = small();
  await model.save(sparseFile(`file://${path}`));
  await expect(small().save(sparseFile(`file://${path}/deeper`))).rejects.toThrow('got a file where a directory should be');
  if (!existsSync('/dev/full')) return console.log('full disk: skipped, this system has no /dev/full');
  await symlink('/dev/full', `${path}.tmp`);
  await expect(small().save(sparseFile(`file://${path}`))).rejects.toThrow('no space left on the disk');
  expect(await readdir(dir)).toEqual(['model.sparse']);
  expect(bitsOf(await tf.loadLayersModel(sparseFile(`file://${path}`)))).toEqual(bitsOf(model));
});

it('refuses options that there are not, and a model without JSON', async () => {
  expect(() => sparseFile('x', { value: 'float16' } as object)).toThrow(
    'option of sparseFile: got value, expected one of values',
  );
  expect(() => sparseFile('x', { values: 'float8' as 'float16' })).toThrow('sparseFile.values: got float8, expected one of');
  const save = sparseFile(() => {}).save;
  await expect(save?.({ modelTopology: new ArrayBuffer(1) })).rejects.toThrow('got a model without a JSON topology');
});
