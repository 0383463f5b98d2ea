import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparseFile, sparseFileSize, sparsify } from 'tfjs-sparsity/ops';
import { nm, type Pattern, unstructured } from 'tfjs-sparsity/pruning';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { lenet5 } from '../../examples/lib/models/lenet5.js';
import { fileHandler } from '../../src/ops/file-handler.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';

function pruned(pattern: Pattern): tf.LayersModel {
  const dense = lenet5({ imageShape: [28, 28, 1], classes: 10 }, 1);
  const model = sparsify(dense);
  dense.dispose();
  for (const kernel of prunableKernels(model)) {
    const mask = pattern(kernel.readKernel().map(Math.abs), kernel.info, 0.9);
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  }
  return model;
}

describe('the size of LeNet-5', () => {
  it.each([
    ['90 % sparse', unstructured(), 0.15, 0.1],
    ['2:8', nm({ n: 2, m: 8 }), 0.32, 0.18],
    ['2:4', nm({ n: 2, m: 4 }), 0.56, 0.31],
  ])('%s, is a small part of what tfjs saves', async (_, pattern, most, mostHalf) => {
    await expectNoLeak(async () => {
      const model = pruned(pattern);
      const size = await sparseFileSize(model);
      expect(size.sparseBytes / size.denseBytes).toBeLessThanOrEqual(most);
      const half = await sparseFileSize(model, { values: 'float16' });
      expect(half.sparseBytes / half.denseBytes).toBeLessThanOrEqual(mostHalf);
      model.dispose();
    });
  });

  it('is that of the files themselves, in total and by weight', async () => {
    const model = pruned(nm({ n: 2, m: 8 }));
    const dir = await temporaryDirectory();
    const size = await sparseFileSize(model);
    await model.save(sparseFile(`file://${join(dir, 'lenet.sparse')}`));
    const loaded = await tf.loadLayersModel(sparseFile(`file://${join(dir, 'lenet.sparse')}`));
    await loaded.save(fileHandler(dir));
    const bytesOf = async (name: string) => (await stat(join(dir, name))).size;
    expect(size.sparseBytes).toBe(await bytesOf('lenet.sparse'));
    expect(size.sparseGzipBytes).toBe(gzipSync(await readFile(join(dir, 'lenet.sparse'))).length);
    expect(size.denseBytes).toBe((await bytesOf('model.json')) + (await bytesOf('weights.bin')));
    expect(size.headerBytes + size.tensors.reduce((sum, { sparseBytes }) => sum + sparseBytes, 0)).toBe(size.sparseBytes);
    const fc1 = size.tensors.find(({ name }) => name === 'fc1/kernel');
    // 400 inputs are 50 groups of 8: of each two values of 4 bytes and 3 bits.
    const weights = loaded.getLayer('fc1').getWeights()[0].dataSync<'float32'>();
    expect(fc1).toEqual({
      name: 'fc1/kernel',
      shape: [400, 120],
      encoding: { encoding: 'nm', n: 2, m: 8, axis: 0 },
      nonzeros: 12_000,
      denseBytes: 192_000,
      gzipBytes: gzipSync(weights).length,
      sparseBytes: 12_000 * 4 + (12_000 * 3) / 8,
      maxError: 0,
    });
  });
});

const eye = () =>
  tf.sequential({
    name: 'eye',
    layers: [tf.layers.dense({ name: 'a', units: 64, inputShape: [64], kernelInitializer: 'identity' })],
  });

it('is told as a table of at most 80 columns', async () => {
  const model = eye();
  tf.tidy(() => model.layers[0].setWeights([tf.eye(64).mul(0.1), tf.zeros([64])]));
  const size = await sparseFileSize(model, { values: 'float16' });
  const lines = size.toTable().split('\n');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
    ['bytes', 'stored as non-zeros', 'dense', 'gzip', 'sparse of dense'],
    // 128 slots of 2 bytes and 5 bits, and a bit map of 8 bytes.
    ['a/kernel', '1:32', '1.6 %', '16384', String(size.tensors[0].gzipBytes), '336', '2.1 %'],
    ['a/bias', 'bitmap', '0.0 %', '256', String(size.tensors[1].gzipBytes), '8', '3.1 %'],
    ['model and header', expect.stringMatching(/^\d+$/), '-', String(size.headerBytes), expect.stringMatching(/^\d+\.\d %$/)],
    ['file', String(size.denseBytes), String(size.gzipBytes), String(size.sparseBytes), expect.stringMatching(/^\d+\.\d %$/)],
    [`the sparse file through gzip: ${size.sparseGzipBytes}`],
    ['float16 moves a weight by at most 0.0000244'],
  ]);
});

it('has no figure for gzip where there is none', async () => {
  vi.stubGlobal('CompressionStream', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  const size = await sparseFileSize(eye());
  expect([size.gzipBytes, size.sparseGzipBytes, size.tensors[0].gzipBytes]).toEqual([undefined, undefined, undefined]);
  expect(size.toTable()).toContain('     -       592');
  expect(size.toTable()).not.toContain('through gzip');
});

it('refuses what is no model, and options that there are not', async () => {
  await expect(sparseFileSize({} as tf.LayersModel)).rejects.toThrow('model: got Object, expected a layers model');
  await expect(sparseFileSize(eye(), { values: 'int8' as 'float16' })).rejects.toThrow('sparseFileSize.values: got int8');
});
