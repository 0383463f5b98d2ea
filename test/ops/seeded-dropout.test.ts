import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { seededDropout, statefulLayers } from 'tfjs-sparsity/ops';
import { expect, it } from 'vitest';
import { dropoutMask } from '../../src/ops/seeded-dropout.js';
import { expectNoLeak } from '../support/no-leak.js';

const train = (layer: tf.layers.Layer, x: tf.Tensor) =>
  tf.tidy(() => (layer.apply(x, { training: true }) as tf.Tensor).arraySync());

it('drops the share it says: mean of a mask is 1 within five standard errors, for any seed and draw', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1e6), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (seed, draw, rate) => {
      const size = 20_000;
      const mean = dropoutMask(size, rate, seed, draw).reduce((sum, value) => sum + value, 0) / size;
      expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(rate / (1 - rate) / size));
    }),
    { numRuns: 100, seed: 1 },
  );
});

it('gives masks of two draws, or of neighbouring elements, that are uncorrelated', () => {
  const size = 50_000;
  const bits = (draw: number) => Float64Array.from(dropoutMask(size, 0.5, 3, draw), (value) => value - 1);
  const [a, b] = [bits(0), bits(1)];
  const correlation = (shift: number, other: Float64Array) =>
    a.reduce((sum, value, i) => sum + value * (other[(i + shift) % size] as number), 0) / size;
  // The product of two fair signs has variance 1: five standard errors.
  const bound = 5 / Math.sqrt(size);
  for (const shift of [0, 1, 2, 1024]) expect(Math.abs(correlation(shift, b))).toBeLessThan(bound);
  for (const shift of [1, 2, 3, 256, 2048]) expect(Math.abs(correlation(shift, a))).toBeLessThan(bound);
});

it('gives the same first mask on every backend and machine', () => {
  const layer = seededDropout({ rate: 0.5, seed: 7 });
  const golden = Array.from(dropoutMask(16, 0.5, 7, 0));
  expect(golden).toEqual([0, 2, 2, 2, 0, 2, 0, 2, 0, 2, 0, 0, 2, 2, 0, 0]);
  expect(train(layer, tf.ones([16]))).toEqual(golden);
});

it('draws another mask each step, and after a restored state those of the first run', () => {
  const layer = seededDropout({ rate: 0.5, seed: 1 });
  const x = tf.ones([4, 32]);
  const first = train(layer, x);
  const state = layer.runState();
  const second = train(layer, x);
  expect(second).not.toEqual(first);
  const other = seededDropout({ rate: 0.5, seed: 1 });
  other.restoreRunState(state);
  expect(train(other, x)).toEqual(second);
});

it('passes its input through in inference and does not draw', () => {
  const layer = seededDropout({ rate: 0.9, seed: 1 });
  const x = tf.randomNormal([8, 8], 0, 1, 'float32', 1);
  const y = layer.apply(x) as tf.Tensor;
  expect(y.arraySync()).toEqual(x.arraySync());
  expect(layer.runState()).toEqual({ draws: 0 });
});

it('has the mask as its gradient, and leaves no tensors', async () => {
  await expectNoLeak(() => {
    const layer = seededDropout({ rate: 0.25, seed: 5 });
    const x = tf.ones([64]);
    const gradient = tf.grad((input: tf.Tensor) => (layer.apply(input, { training: true }) as tf.Tensor).sum())(x);
    expect(Array.from(gradient.dataSync())).toEqual(Array.from(dropoutMask(64, 0.25, 5, 0)));
    tf.dispose([x, gradient]);
  });
});

it('is saved and loaded with its model, and found inside nested models', async () => {
  const inner = tf.sequential({ layers: [seededDropout({ rate: 0.5, seed: 2, inputShape: [4] })] });
  const model = tf.sequential({ layers: [inner, tf.layers.dense({ units: 1 }), seededDropout({ rate: 0.1, seed: 3 })] });
  const loaded = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology: model.toJSON(null, false) as object }), {
    strict: false,
  });
  const layers = statefulLayers(loaded);
  expect(layers.map((layer) => layer.getConfig())).toMatchObject([
    { rate: 0.5, seed: 2 },
    { rate: 0.1, seed: 3 },
  ]);
});

it.each([
  [{ rate: 1, seed: 1 }, 'seededDropout rate: got 1, expected a number in [0, 1)'],
  [{ rate: Number.NaN, seed: 1 }, 'seededDropout rate'],
  [{ rate: 0.5, seed: 0.5 }, 'seededDropout seed: got 0.5, expected an integer'],
])('refuses %j', (args, message) => {
  expect(() => seededDropout(args)).toThrow(message);
});
