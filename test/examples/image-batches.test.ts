import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { imageBatches } from '../../examples/lib/image-batches.js';

beforeAll(() => tf.setBackend('cpu'));

it('gives each image of an epoch once, in [0, 1], with a one in the column of its label', async () => {
  const images = { count: 3, pixels: Uint8Array.of(0, 255, 51, 204, 102, 153), labels: Uint8Array.of(2, 0, 1) };
  const batches = imageBatches({ imageShape: [1, 2, 1], classes: 3 }, images, { batchSize: 2, seed: 1 });
  expect(batches.batchesPerEpoch).toBe(2);
  const rows: { pixels: unknown; label: unknown }[] = [];
  await batches.dataset().forEachAsync((batch) => {
    const { xs, ys } = batch as { xs: tf.Tensor4D; ys: tf.Tensor2D };
    const labels = ys.arraySync();
    rows.push(...xs.arraySync().map((pixels, i) => ({ pixels: pixels.flat(2), label: labels[i] })));
  });
  const near = (...pixels: number[]) => pixels.map((pixel) => expect.closeTo(pixel, 6));
  expect(rows).toHaveLength(3);
  expect(rows).toContainEqual({ pixels: near(0, 1), label: [0, 0, 1] });
  expect(rows).toContainEqual({ pixels: near(0.2, 0.8), label: [1, 0, 0] });
  expect(rows).toContainEqual({ pixels: near(0.4, 0.6), label: [0, 1, 0] });
});
