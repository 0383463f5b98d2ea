import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type RunPosition, type SeededBatches, seededBatches } from 'tfjs-sparsity/callbacks';
import { expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { tinyModel } from '../support/tiny-model.js';

/** Batches of the numbers 0 .. samples - 1, as arrays, over some epochs. */
async function drain(batches: SeededBatches, epochs: number, start?: RunPosition): Promise<number[][][]> {
  const dataset = batches.dataset(start);
  const drained: number[][][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rows: number[][] = [];
    await dataset.forEachAsync(({ xs, ys }) => {
      const x = Array.from(xs.dataSync());
      expect(Array.from(ys.dataSync())).toEqual(x.map((value) => -value));
      rows.push(x);
      tf.dispose([xs, ys]);
    });
    drained.push(rows);
  }
  return drained;
}

const counting = (samples: number, batchSize: number, seed: number) => {
  const data = Float32Array.from({ length: samples }, (_, i) => i + 1);
  return seededBatches({
    xs: { data, shape: [samples, 1] },
    ys: { data: data.map((value) => -value), shape: [samples] },
    batchSize,
    seed,
  });
};

it('gives each sample once per epoch, in another order each epoch, and resumes anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(),
      fc.nat(),
      async (n, size, seed, at) => {
        const batches = counting(n, size, seed);
        const epochs = await drain(batches, 3);
        for (const epoch of epochs) {
          expect(epoch).toHaveLength(batches.batchesPerEpoch);
          expect(epoch.slice(0, -1).every((rows) => rows.length === size)).toBe(true);
          expect(epoch.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
        }
        const start = { epoch: 1, batchInEpoch: at % batches.batchesPerEpoch };
        const resumed = await drain(counting(n, size, seed), 2, start);
        expect(resumed).toEqual([epochs[1]?.slice(start.batchInEpoch), epochs[2]]);
      },
    ),
    { numRuns: 25, seed: 2 },
  );
});

it('orders epochs and seeds differently', async () => {
  const [first, second] = await drain(counting(32, 32, 1), 2);
  expect(first).not.toEqual(second);
  expect(await drain(counting(32, 32, 2), 1)).not.toEqual([first]);
});

it('scales bytes and keeps the shape of a sample', async () => {
  const batches = seededBatches({
    xs: { data: new Uint8Array(2 * 12).fill(51), shape: [2, 2, 3, 2], scale: 1 / 255 },
    ys: tf.zeros([2, 4]),
    batchSize: 2,
    seed: 1,
  });
  const { value } = await (await batches.dataset().iterator()).next();
  expect([value.xs.shape, value.ys.shape]).toEqual([
    [2, 2, 3, 2],
    [2, 4],
  ]);
  expect(value.xs.dtype).toBe('float32');
  for (const pixel of value.xs.dataSync()) expect(pixel).toBe(Math.fround(0.2));
});

it('feeds fitDataset epoch by epoch, says how many steps one has, and leaves no tensors', async () => {
  await expectNoLeak(async () => {
    const { model, xs, ys, dispose } = tinyModel();
    const batches = seededBatches({ xs, ys, batchSize: 5, seed: 1 });
    const sizes: number[] = [];
    const counts = new tf.CustomCallback({ onBatchEnd: async (_, logs) => void sizes.push(logs?.size as number) });
    await model.fitDataset(batches.dataset(), { epochs: 3, verbose: 0, callbacks: [counts] });
    expect(sizes).toEqual([5, 5, 2, 5, 5, 2, 5, 5, 2]);
    expect((counts as unknown as { params: { steps: number } }).params.steps).toBe(3);
    dispose();
  });
});

it('refuses a checkpoint of other data, and sizes that do not fit', () => {
  const batches = counting(8, 4, 1);
  batches.restoreRunState(counting(8, 4, 1).runState() as never);
  expect(() => batches.restoreRunState(counting(8, 4, 2).runState() as never)).toThrow(
    '"seed":2,"batchSize":4,"samples":8} of the stored run',
  );
  const data = new Float32Array(8);
  const good = { data, shape: [8] };
  const make = (options: object) => seededBatches({ xs: good, ys: good, batchSize: 2, seed: 1, ...options });
  expect(() => make({ xs: { data, shape: [8, 2] } })).toThrow('seededBatches.xs: got 8 values for shape [8,2]');
  expect(() => make({ ys: { data, shape: [4, 2] } })).toThrow('seededBatches.ys: got 4 samples, expected 8, as in xs');
  expect(() => make({ batchSize: 0 })).toThrow('seededBatches.batchSize: got 0');
});
