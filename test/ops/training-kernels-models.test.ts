import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../kernels/arena.js';
import { backend } from '../support/backend.js';

const { layers } = tf;
const initial = (seed: number) => tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });

/** Small models whose training touches every kernel; inputs are floats unless the first layer embeds. */
const models: Readonly<Record<string, () => tf.layers.Layer[]>> = {
  'a convolutional': () => [
    layers.conv2d({
      inputShape: [10, 9, 3],
      filters: 5,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: initial(1),
    }),
    layers.maxPooling2d({ poolSize: 2 }),
    layers.conv2d({ filters: 8, kernelSize: [2, 3], strides: 2, kernelInitializer: initial(2) }),
  ],
  'a normalised': () => [
    layers.conv2d({ inputShape: [8, 7, 3], filters: 6, kernelSize: 3, useBias: false, kernelInitializer: initial(15) }),
    layers.batchNormalization({ gammaInitializer: initial(16), betaInitializer: initial(17) }),
    layers.reLU(),
    layers.averagePooling2d({ poolSize: 2 }),
    layers.batchNormalization(),
  ],
  'a depthwise': () => [
    layers.depthwiseConv2d({
      inputShape: [8, 8, 3],
      kernelSize: 3,
      depthMultiplier: 2,
      padding: 'same',
      depthwiseInitializer: initial(3),
    }),
    layers.depthwiseConv2d({ kernelSize: 3, strides: 2, activation: 'tanh', depthwiseInitializer: initial(4) }),
  ],
  'a separable': () => [
    layers.separableConv2d({
      ...{ inputShape: [8, 8, 4], filters: 6, kernelSize: 3, activation: 'sigmoid' },
      ...{ depthwiseInitializer: initial(5), pointwiseInitializer: initial(6) },
    }),
  ],
  'a one-dimensional convolutional': () => [
    layers.conv1d({
      inputShape: [12, 5],
      filters: 7,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: initial(7),
    }),
    layers.conv1d({ filters: 4, kernelSize: 3, kernelInitializer: initial(8) }),
  ],
  'a transposed convolutional': () => [
    layers.conv2dTranspose({
      inputShape: [5, 4, 3],
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: 'same',
      kernelInitializer: initial(9),
    }),
  ],
  'a dense': () => [
    layers.dense({ inputShape: [6, 11], units: 13, activation: 'relu', kernelInitializer: initial(10) }),
    layers.dense({ units: 5, kernelInitializer: initial(11) }),
  ],
  'an embedding': () => [layers.embedding({ inputShape: [7], inputDim: 9, outputDim: 6, embeddingsInitializer: initial(12) })],
};

/** Loss and gradients of all variables on one backend. */
async function gradients(name: string, build: () => tf.layers.Layer[]): Promise<Float32Array[]> {
  await tf.setBackend(name);
  try {
    return tf.tidy(() => {
      const model = tf.sequential({
        layers: [...build(), layers.flatten(), layers.dense({ units: 3, kernelInitializer: initial(13) })],
      });
      const shape = [4, ...(model.inputs[0].shape.slice(1) as number[])];
      const embedding = model.layers[0].getClassName() === 'Embedding';
      const uniform = tf.randomUniform(shape, 0, 9, 'float32', 14);
      const x = embedding ? uniform.floor() : uniform.div(9);
      const loss = () =>
        tf.losses.meanSquaredError(tf.ones([4, 3]), model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
      const { value, grads } = tf.variableGrads(loss);
      const results = [value, ...Object.values(grads)].map((t) => t.dataSync().slice() as Float32Array);
      model.dispose();
      return results;
    });
  } finally {
    await tf.setBackend(backend);
  }
}

if (backend === 'cpu') console.log('gradients of models are not compared on cpu: it is the yardstick');

describe.skipIf(backend === 'cpu')('training on this backend', () => {
  let worst = 0;
  for (const [name, build] of Object.entries(models)) {
    it(`${name} model has the loss and gradients of the cpu backend`, async () => {
      const got = await gradients(backend, build);
      const expected = await gradients('cpu', build);
      expect(got.length).toBe(expected.length);
      expect(got.length).toBeGreaterThan(3);
      for (const [i, values] of got.entries()) {
        expect(values.some((v) => v !== 0)).toBe(true);
        const error = relativeError(values, expected[i]);
        worst = Math.max(worst, error);
        expect(error).toBeLessThan(1e-5);
      }
    });
  }

  it('stays within the stated error', () => {
    console.log(`largest relative error of a model's gradient on ${backend} against cpu: ${worst.toExponential(1)}`);
    expect(worst).toBeLessThan(1e-5);
  });
});
