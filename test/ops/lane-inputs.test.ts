import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference } from './support/tapped-values.js';

const { layers } = tf;
const seeded = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });

type Make = (shape: number[], dtype: tf.DataType) => tf.LayersModel;
const chain =
  (...stack: (() => tf.layers.Layer)[]): Make =>
  (shape, dtype) => {
    const input = tf.input({ shape, dtype });
    const output = stack.reduce((t, layer) => layer().apply(t) as tf.SymbolicTensor, input as tf.SymbolicTensor);
    return tf.model({ inputs: input, outputs: output });
  };
const dense = (units: number, seed: number) => () => layers.dense({ units, activation: 'relu', ...seeded(seed) });
const conv = (filters: number, seed: number, dataFormat: 'channelsFirst' | 'channelsLast' = 'channelsLast') => {
  return () => layers.conv2d({ filters, kernelSize: 3, dataFormat, ...seeded(seed) });
};

function prune(model: tf.LayersModel): void {
  for (const [i, kernel] of prunableKernels(model).entries()) {
    const rng = createRng(`mask/${i}`);
    const mask = Uint8Array.from(kernel.readKernel(), () => (rng.uniform() < 0.7 ? 0 : 1));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  }
}

/** What `act` makes of a model in dense and in sparse execution; the first line of an error, without the names of layers. */
async function inBoth(
  plain: tf.LayersModel,
  act: (model: tf.LayersModel) => number[][] | Promise<number[][]>,
): Promise<(number[][] | string)[]> {
  const results: (number[][] | string)[] = [];
  for (const execution of ['dense', 'sparse'] as const) {
    const model = sparsify(plain, { execution, breakEven: 0 });
    model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' });
    prune(model);
    try {
      results.push(await act(model));
    } catch (error) {
      results.push((error as Error).message.split('\n')[0]?.replaceAll(/\w+_\w+/g, '*') as string);
    }
    model.optimizer.dispose();
    model.dispose();
  }
  return results;
}

function expectAlike([expected, actual]: (number[][] | string)[]): void {
  if (typeof expected === 'string' || typeof actual === 'string') expect(actual).toBe(expected);
  else
    actual?.forEach((values, i) => {
      expect(relativeDifference(values, Float64Array.from(expected?.[i] as number[]))).toBeLessThan(1e-4);
    });
}

const numbers = (t: tf.Tensor) => [...t.dataSync<'float32'>()];

describe('inputs of a region', () => {
  const nets: Readonly<Record<string, { make: Make; shape: number[] }>> = {
    'a dense layer': { make: chain(dense(9, 1), dense(3, 2)), shape: [11] },
    'flatten, then dense': { make: chain(() => layers.flatten(), dense(9, 1), dense(3, 2)), shape: [3, 4, 2] },
    'a layer that keeps the type of its inputs': {
      make: chain(
        () => layers.globalMaxPooling2d({}),
        () => layers.activation({ activation: 'relu' }),
        () => layers.batchNormalization(),
        dense(3, 1),
      ),
      shape: [3, 4, 7],
    },
    'a convolution': { make: chain(conv(4, 1), () => layers.flatten(), dense(3, 2)), shape: [5, 6, 2] },
  };

  it('of any type predict, train and are refused as they are without', async () => {
    const cases = fc.record({
      net: fc.constantFrom(...Object.keys(nets)),
      dtype: fc.constantFrom<tf.DataType[]>('float32', 'int32', 'bool'),
      batch: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ net, dtype, batch, seed }) => {
        await expectNoLeak(async () => {
          const { make, shape } = nets[net] as (typeof nets)[string];
          const plain = make(shape, dtype);
          const floats = tf.randomNormal([batch, ...shape], 0, dtype === 'int32' ? 5 : 1, 'float32', seed);
          const x = dtype === 'bool' ? floats.greater(0) : floats.cast(dtype);
          const y = tf.randomNormal([batch, 3], 0, 1, 'float32', seed + 1);
          expectAlike(
            await inBoth(plain, async (model) => {
              tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
              const output = tf.tidy(() => numbers(model.predict(x) as tf.Tensor));
              const losses = [await model.trainOnBatch(x, y), await model.trainOnBatch(x, y)] as number[];
              return [output, losses, ...model.getWeights().map(numbers)];
            }),
          );
          tf.dispose([floats, x, y]);
          plain.dispose();
        });
      }),
      { numRuns: 25, seed: 81 },
    );
  });

  it.each<[string, Make, good: number[], bad: number[]]>([
    ['more features', chain(dense(9, 1), dense(3, 2)), [17], [30]],
    ['fewer features', chain(dense(9, 1), dense(3, 2)), [17], [9]],
    ['more channels', chain(conv(5, 1), conv(4, 2)), [8, 8, 2], [8, 8, 5]],
    ['fewer channels', chain(conv(5, 1), conv(4, 2)), [8, 8, 2], [8, 8, 1]],
    ['channels that come first', chain(conv(5, 1, 'channelsFirst')), [2, 8, 7], [5, 8, 7]],
    ['larger images, before flatten', chain(conv(5, 1), () => layers.flatten(), dense(3, 2)), [8, 8, 2], [9, 9, 2]],
    ['smaller images, before flatten', chain(conv(5, 1), () => layers.flatten(), dense(3, 2)), [8, 8, 2], [7, 7, 2]],
  ])('of another shape than the layers were built for are refused as they are without: %s', async (_, make, good, bad) => {
    const refused = async (act: (model: tf.LayersModel, x: tf.Tensor) => number[][]) => {
      const plain = make(good, 'float32');
      const [x, other] = [good, bad].map((shape) => tf.randomNormal([5, ...shape], 0, 1, 'float32', 3)) as [tf.Tensor, tf.Tensor];
      const [expected, actual] = await inBoth(plain, (model) => {
        // Lanes are taken at the second look at the same masks.
        for (let look = 0; look < 2; look++) tf.dispose(model.apply(x) as tf.Tensor);
        return act(model, other);
      });
      expect(expected).toMatch(/^Input 0 is incompatible with layer/);
      expect(actual).toBe(expected);
      tf.dispose([x, other]);
      plain.dispose();
    };
    await expectNoLeak(() => refused((model, x) => tf.tidy(() => [numbers(model.apply(x) as tf.Tensor)])));
    // What a forward pass has saved stays with tfjs where a later layer throws.
    await refused((model, x) =>
      tf.tidy(() => {
        const loss = () => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar();
        return Object.values(tf.variableGrads(loss).grads).map(numbers);
      }),
    );
  });
});
