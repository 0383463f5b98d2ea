import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { pruning } from 'tfjs-sparsity/callbacks';
import { attachTap, type PrunableKernel, prunableKernels, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import { bdwp, type LayerMasks, type PruningMethod, srSte } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference } from './support/tapped-values.js';

const { layers } = tf;
const initializer = (seed: number) => ({
  kernelInitializer: tf.initializers.glorotUniform({ seed }),
  biasInitializer: tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed: seed + 100 }),
});

const cases = fc.record({
  strides: fc.integer({ min: 1, max: 2 }),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  filters: fc.constantFrom(8, 13, 20),
  n: fc.integer({ min: 1, max: 3 }),
  batch: backend === 'wasm' ? fc.constantFrom(5, 32, 33) : fc.constant(2),
  decay: fc.constantFrom(0, 0.01),
  looks: fc.boolean(),
  make: fc.constantFrom(bdwp, srSte),
});

function network({ strides, padding, filters }: { strides: number; padding: 'same' | 'valid'; filters: number }) {
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 9, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [8, 8, 8], ...initializer(1) }),
      layers.conv2d({ filters, kernelSize: 3, strides, padding, activation: 'relu', ...initializer(2) }),
      layers.flatten(),
      layers.dense({ units: 12, ...initializer(3) }),
    ],
  });
}

/** Some steps under a method; `watch` sees the model after each. */
async function train(
  model: tf.LayersModel,
  x: tf.Tensor,
  y: tf.Tensor,
  method: PruningMethod,
  watch: () => void = () => {},
): Promise<number[]> {
  model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
  const batchSize = x.shape[0] as number;
  const watcher = new tf.CustomCallback({ onBatchEnd: async () => watch() });
  const callbacks = [pruning(method), watcher];
  const { history } = await model.fit(x, y, { epochs: 4, batchSize, shuffle: false, verbose: 0, callbacks });
  model.optimizer.dispose();
  return history.loss as number[];
}

describe('masks that follow from the weights', () => {
  it('train in lanes as masked layers do, whether somebody looks at the masks or not, and are those of the pure function', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ n, decay, batch, looks, make, ...net }) => {
        await expectNoLeak(async () => {
          const dense = network(net);
          const x = tf.randomNormal([batch, 8, 8, 8], 0, 1, 'float32', 1);
          const y = tf.randomNormal([batch, 12], 0, 1, 'float32', 2);
          const results: Float32Array[] = [];
          for (const execution of ['dense', 'sparse'] as const) {
            const model = sparsify(dense, { execution, breakEven: 0 });
            const kernels = prunableKernels(model);
            const losses = await train(model, x, y, make({ n, m: 8, decay }), () => {
              if (looks) kernels.map((kernel) => kernel.masks);
            });
            results.push(Float32Array.from(losses));
            const method = make({ n, m: 8 });
            for (const kernel of kernels) {
              const state = { info: kernel.info, weights: kernel.readKernel(), masks: undefined };
              const [expected] = method.updateMasks([state], { step: 0, sparsity: 1 - n / 8, rng: createRng(0) });
              expect(kernel.masks).toEqual(expected);
            }
            model.dispose();
          }
          expect(relativeDifference(results[1] as Float32Array, Float64Array.from(results[0] as Float32Array))).toBeLessThan(
            1e-4,
          );
          tf.dispose([x, y]);
          dense.dispose();
        });
      }),
      { numRuns: backend === 'wasm' ? 15 : 1, seed: 81 },
    );
  });

  it('hold for the weights of which they were made, when others are set, until they are made anew', async () => {
    await expectNoLeak(async () => {
      const dense = network({ strides: 1, padding: 'same', filters: 8 });
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      const x = tf.randomNormal([4, 8, 8, 8], 0, 1, 'float32', 3);
      const y = tf.randomNormal([4, 12], 0, 1, 'float32', 4);
      await train(model, x, y, bdwp({ n: 2, m: 8 }));
      const others = model.getWeights().map((w, i) => tf.randomNormal(w.shape, 0, 1, 'float32', i + 1));
      model.setWeights(others);
      const before = prunableKernels(model).map(({ masks }) => masks);
      const stripped = strip(model);
      const [actual, expected] = [model, stripped].map((m) => m.predict(x) as tf.Tensor) as [tf.Tensor, tf.Tensor];
      const values = [actual, expected].map((t) => t.dataSync<'float32'>()) as [Float32Array, Float32Array];
      expect(relativeDifference(values[0], Float64Array.from(values[1]))).toBeLessThan(1e-5);
      expect(prunableKernels(model).map(({ masks }) => masks)).toEqual(before);
      await train(model, x, y, bdwp({ n: 2, m: 8 }));
      expect(prunableKernels(model).map(({ masks }) => masks)).not.toEqual(before);
      tf.dispose([x, y, actual, expected, ...others]);
      for (const each of [dense, model, stripped]) each.dispose();
    });
  });

  it('refuse weights that are NaN, by name and place', async () => {
    const dense = network({ strides: 1, padding: 'same', filters: 8 });
    const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
    const [x, y] = [tf.ones([4, 8, 8, 8]), tf.ones([4, 12])];
    await train(model, x, y, bdwp({ n: 2, m: 8 }));
    const [, kernel] = prunableKernels(model);
    const values = kernel?.readKernel().slice() as Float32Array;
    values[5] = Number.NaN;
    kernel?.writeKernel(values);
    const method = bdwp({ n: 2, m: 8 });
    const masksOf = (weights: Float32Array) =>
      method.updateMasks([{ info: (kernel as PrunableKernel).info, weights, masks: undefined }], {
        ...{ step: 0, sparsity: 0.75, rng: createRng(0) },
      })[0] as LayerMasks;
    expect(() => kernel?.regroup({ n: 2, m: 8, forward: 'input', backward: 'output' }, masksOf, method)).toThrow(
      /score 5 of .*got NaN/,
    );
    tf.dispose([x, y]);
    model.dispose();
    dense.dispose();
  });

  it('give the same gradients as often as they are asked for, decay included', async () => {
    await expectNoLeak(async () => {
      const dense = network({ strides: 1, padding: 'same', filters: 8 });
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      const x = tf.randomNormal([4, 8, 8, 8], 0, 1, 'float32', 3);
      const y = tf.randomNormal([4, 12], 0, 1, 'float32', 4);
      await train(model, x, y, bdwp({ n: 2, m: 8, decay: 0.1 }));
      const gradients = () =>
        tf.tidy(() => {
          const { grads } = tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).square().mean().asScalar());
          return Object.values(grads).map((gradient) => gradient.dataSync<'float32'>().slice());
        });
      const first = gradients();
      expect(gradients()).toEqual(first);
      tf.dispose([x, y]);
      model.dispose();
      dense.dispose();
    });
  });

  it('give the same bits whether a tap watches or not', async () => {
    const dense = network({ strides: 1, padding: 'same', filters: 8 });
    const x = tf.randomNormal([4, 8, 8, 8], 0, 1, 'float32', 3);
    const y = tf.randomNormal([4, 12], 0, 1, 'float32', 4);
    const results = [];
    for (const watches of [false, true]) {
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      let seen = 0;
      const tap = watches ? attachTap(model, { onOp: () => void seen++ }) : undefined;
      await train(model, x, y, bdwp({ n: 2, m: 8, decay: 0.1 }));
      tap?.detach();
      expect(seen).toBe(watches ? 4 * 3 : 0);
      results.push(prunableKernels(model).map((kernel) => kernel.readKernel().slice()));
      model.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    tf.dispose([x, y]);
    dense.dispose();
  });

  it.each([
    ['BDWP', bdwp],
    ['SR-STE', srSte],
  ] as const)('need no masks in lanes under %s', async (_, make) => {
    const dense = network({ strides: 1, padding: 'same', filters: 8 });
    const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
    const [x, y] = [tf.ones([4, 8, 8, 8]), tf.ones([4, 12])];
    const method = make({ n: 2, m: 8 });
    let asked = 0;
    const counted = {
      ...method,
      updateMasks(...parts: Parameters<typeof method.updateMasks>) {
        asked += parts[0].length;
        return method.updateMasks(...parts);
      },
    };
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await model.fit(x, y, { epochs: 6, batchSize: 4, shuffle: false, verbose: 0, callbacks: [pruning(counted)] });
    const inLanes = backend === 'wasm' ? 3 : 0;
    const execution = sparsifyReport(model).regions[0]?.execution ?? [];
    expect(execution.filter((layer) => layer.inLanes && layer.className !== 'Flatten').length).toBe(inLanes);
    // Of all three kernels before the first step, and after it, which is for the logs; then after each of five where they are not in lanes.
    expect(asked).toBe(3 + 3 + 5 * (3 - inLanes));
    tf.dispose([x, y]);
    model.dispose();
    dense.dispose();
  });
});
