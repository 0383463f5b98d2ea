import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { pruning } from 'tfjs-sparsity/callbacks';
import { type PrunedTreatment, prunableKernels, sparsify, strip } from 'tfjs-sparsity/ops';
import { bdwp, gradualMagnitude, type LayerMasks } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';
import { relativeDifference, tapped } from './support/tapped-values.js';

const { layers } = tf;
type Kernel = ReturnType<typeof prunableKernels>[number];
type ConvArgs = Parameters<typeof layers.conv2d>[0];

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const initializer = (seed: number) => ({
  kernelInitializer: tf.initializers.glorotUniform({ seed }),
  biasInitializer: tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed: seed + 100 }),
});

/** Random masks of the wanted kinds; some rows and columns are empty. */
function prune(model: tf.LayersModel, sparsity: number, treatment: PrunedTreatment): void {
  for (const [i, kernel] of prunableKernels(model).entries()) {
    const draw = (name: string) => {
      const rng = createRng(`${name}/${i}`);
      const outputs = kernel.info.shape.at(-1) as number;
      return kernel.readKernel().map((_, at) => (at % outputs !== 0 && rng.uniform() >= sparsity ? 1 : 0));
    };
    const forward = Uint8Array.from(draw('forward'));
    const master = treatment.pruned === 'dense-master';
    kernel.repack(
      { forward, backward: master ? Uint8Array.from(draw('backward')) : forward, gradient: master ? null : forward },
      treatment,
    );
  }
}

const zero: PrunedTreatment = { pruned: 'zero', slots: 'zero', decay: 0 };
const master: PrunedTreatment = { pruned: 'dense-master', slots: 'keep', decay: 0.01 };

const nets = fc.record({
  batch: fc.constantFrom<number[]>(1, 3, 32, 37),
  size: fc.integer({ min: 5, max: 9 }),
  channels: fc.integer({ min: 1, max: 3 }),
  kernelSize: fc.integer({ min: 1, max: 3 }),
  strides: fc.integer({ min: 1, max: 3 }),
  padding: fc.constantFrom('same' as const, 'valid' as const),
  activation: fc.constantFrom('relu' as const, 'linear' as const, 'tanh' as const),
  pool: fc.boolean(),
  useBias: fc.boolean(),
  treatment: fc.constantFrom(zero, master),
});

type Net = typeof nets extends fc.Arbitrary<infer T> ? T : never;

function chain({ size, channels, kernelSize, strides, padding, activation, pool, useBias }: Net): tf.Sequential {
  const inputShape: [number, number, number] = [size, size, channels];
  const window = { kernelSize, padding, useBias } as const;
  return tf.sequential({
    layers: [
      layers.conv2d({ name: 'first', filters: 5, ...window, activation, inputShape, ...initializer(1) }),
      ...(pool ? [layers.maxPooling2d({ poolSize: 2, strides: 1, padding: 'same' })] : []),
      layers.conv2d({ name: 'second', filters: 4, ...window, strides, ...initializer(2) }),
      layers.leakyReLU(),
      layers.flatten(),
      layers.dense({ name: 'fc', units: 6, activation, ...initializer(3) }),
      layers.dense({ name: 'head', units: 3, activation: 'softmax', ...initializer(4) }),
    ],
  });
}

/** Largest difference of all values over the largest magnitude of each tensor. */
function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[], tolerance = 2e-5): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((values, i) => {
    expect(relativeDifference(values, Float64Array.from(expected[i] as Float32Array))).toBeLessThan(tolerance);
  });
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((w) => w.dataSync<'float32'>().slice());

describe('layers in lanes', () => {
  it('predict and train as masked layers do: any stride, padding, activation, batch and kind of mask', async () => {
    await fc.assert(
      fc.asyncProperty(nets, async (net) => {
        await expectNoLeak(async () => {
          const dense = chain(net);
          const [plain, lanes] = [sparsify(dense), sparsify(dense, { execution: 'sparse', breakEven: 0 })];
          const x = random([net.batch, net.size, net.size, net.channels], 5);
          const y = tf.tidy(() => tf.oneHot(tf.range(0, net.batch).mod(3).toInt(), 3).mul(1));
          const results = [];
          for (const model of [plain, lanes]) {
            model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
            prune(model, 0.7, net.treatment);
            tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
            const output = model.predict(x) as tf.Tensor;
            const losses = [await model.trainOnBatch(x, y), await model.trainOnBatch(x, y)];
            results.push([output.dataSync<'float32'>().slice(), Float32Array.from(losses as number[]), ...weightsOf(model)]);
            output.dispose();
            model.optimizer.dispose();
          }
          expectClose(results[1] as Float32Array[], results[0] as Float32Array[]);
          tf.dispose([x, y]);
          for (const model of [dense, plain, lanes]) model.dispose();
        });
      }),
      { numRuns: backend === 'wasm' ? 60 : 5, seed: 71 },
    );
  });

  it('take images of two sizes in one gradient, under masks as under groups of the weights', () =>
    expectNoLeak(() => {
      const conv = { filters: 8, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [null, null, 8] };
      const dense = tf.sequential({ layers: [layers.conv2d({ ...(conv as ConvArgs), ...initializer(1) })] });
      const images = [random([3, 6, 6, 8], 7), random([3, 7, 9, 8], 8)];
      const method = bdwp({ n: 2, m: 8, decay: 0.1 });
      const group = (kernel: Kernel) => {
        const masksOf = (weights: Float32Array) =>
          method.updateMasks([{ info: kernel.info, weights, masks: undefined }], {
            ...{ step: 0, sparsity: 0.75, rng: createRng(0) },
          })[0] as LayerMasks;
        kernel.regroup({ n: 2, m: 8, forward: 'input', backward: 'output' }, masksOf, method);
      };
      const changes = [
        (model: tf.LayersModel) => prune(model, 0.7, zero),
        (model: tf.LayersModel) => prune(model, 0.6, master),
        (model: tf.LayersModel) => prunableKernels(model).map(group),
      ];
      const [expected, actual] = [sparsify(dense), sparsify(dense, { execution: 'sparse', breakEven: 0 })].map((model) => {
        const seen = changes.flatMap((change) => {
          change(model);
          const outputs = [...images, ...images].map((x) => model.predict(x) as tf.Tensor);
          const gradients = [0, 1].map(() => {
            const squares = () => images.map((x) => (model.apply(x, { training: true }) as tf.Tensor).square().mean());
            const { value, grads } = tf.variableGrads(() => tf.addN(squares()).asScalar());
            return [value, ...Object.values(grads)];
          });
          const tensors = [...outputs, ...gradients.flat()];
          const values = tensors.map((t) => t.dataSync<'float32'>().slice());
          tf.dispose(tensors);
          return values;
        });
        model.dispose();
        return seen;
      });
      expectClose(actual as Float32Array[], expected as Float32Array[]);
      tf.dispose(images);
      dense.dispose();
    }));

  it('tell a tap what masked layers tell it', () => {
    const net = { batch: 34, size: 7, channels: 2, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' } as const;
    for (const treatment of [zero, master]) {
      const dense = chain({ ...net, pool: true, useBias: true, treatment });
      const [expected, actual] = [sparsify(dense), sparsify(dense, { execution: 'sparse', breakEven: 0 })].map((model) => {
        prune(model, 0.7, treatment);
        const x = random([net.batch, net.size, net.size, net.channels], 6);
        tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
        const seen = tapped(model, () => {
          tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar());
        });
        x.dispose();
        model.dispose();
        return seen;
      });
      expect(actual?.map(({ layer, nest, needsInputGradient }) => ({ layer, nest, needsInputGradient }))).toEqual(
        expected?.map(({ layer, nest, needsInputGradient }) => ({ layer, nest, needsInputGradient })),
      );
      actual?.forEach((op, i) => {
        for (const role of ['W', 'backwardW', 'A', 'E', 'G'] as const) {
          const other = (expected as typeof actual)[i]?.[role];
          expect(op[role].shape).toEqual(other?.shape);
          expectClose([op[role].data], [other?.data as Float32Array]);
        }
      });
      dense.dispose();
    }
  });

  it.each(Object.entries(optimizers))('train under gradual pruning as masked layers do, with %s', async (name, create) => {
    const net = { batch: 32, size: 6, channels: 1, kernelSize: 3, strides: 1, padding: 'same', activation: 'relu' } as const;
    const dense = chain({ ...net, pool: false, useBias: true, treatment: zero });
    const x = random([128, 6, 6, 1], 8);
    const y = tf.tidy(() => tf.oneHot(tf.range(0, 128).mod(3).toInt(), 3).mul(1));
    const losses: number[][] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const model = sparsify(dense, { execution, breakEven: 0 });
      model.compile({ optimizer: create(), loss: 'categoricalCrossentropy' });
      const method = gradualMagnitude({ finalSparsity: 0.8, endStep: 12, frequency: 3 });
      const { history } = await model.fit(x, y, {
        epochs: 5,
        batchSize: 32,
        shuffle: false,
        verbose: 0,
        callbacks: [pruning(method)],
      });
      losses.push(history.loss as number[]);
      for (const kernel of prunableKernels(model)) expectZeros(kernel);
      const stripped = strip(model);
      const [a, b] = [model, stripped].map((m) => m.predict(x) as tf.Tensor) as [tf.Tensor, tf.Tensor];
      expectClose([a.dataSync<'float32'>()], [b.dataSync<'float32'>()]);
      tf.dispose([a, b]);
      model.dispose();
      stripped.dispose();
    }
    expect(relativeDifference(losses[1] as number[], Float64Array.from(losses[0] as number[])), name).toBeLessThan(2e-3);
    tf.dispose([x, y]);
    dense.dispose();
  });

  it('are kernels of tfjs where somebody profiles, and the same without', async () => {
    const model = sparsify(tf.sequential({ layers: [layers.dense({ units: 8, inputShape: [20], ...initializer(1) })] }), {
      execution: 'sparse',
    });
    prune(model, 0.6, zero);
    const x = random([8, 20], 3);
    // The second time is that of lists that serve more than one step.
    for (let i = 0; i < 2; i++) tf.dispose(model.predict(x));
    await expectNoLeak(async () => {
      const y = model.predict(x) as tf.Tensor;
      let again = y;
      const { kernelNames } = await tf.profile(() => {
        again = model.predict(x) as tf.Tensor;
        return again;
      });
      expect(kernelNames.includes('SparsityLanes')).toBe(backend === 'wasm');
      expect(again.dataSync()).toEqual(y.dataSync());
      tf.dispose([y, again]);
    });
    tf.dispose(x);
    model.dispose();
  });

  it('leave lanes for a dropout that a seed decides, so that it drops the same values', async () => {
    const dense = tf.sequential({
      layers: [
        layers.conv2d({ filters: 5, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1], ...initializer(1) }),
        layers.dropout({ rate: 0.5, seed: 3 }),
        layers.dropout({ rate: 0.5, seed: 4, noiseShape: [8, 1, 1, 5] }),
        layers.flatten(),
        layers.dense({ units: 2, ...initializer(2) }),
      ],
    });
    const [x, y] = [random([8, 6, 6, 1], 1), random([8, 2], 2)];
    const losses = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const model = sparsify(dense, { execution, breakEven: 0 });
      model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
      prune(model, 0.7, zero);
      const own: number[] = [];
      for (let step = 0; step < 4; step++) own.push((await model.trainOnBatch(x, y)) as number);
      losses.push(Float32Array.from(own));
      model.dispose();
    }
    expectClose([losses[1] as Float32Array], [losses[0] as Float32Array], 1e-4);
    tf.dispose([x, y]);
    dense.dispose();
  });

  it('train under BDWP, whose masks change at every step', async () => {
    const dense = tf.sequential({
      layers: [
        layers.dense({ units: 16, activation: 'relu', inputShape: [16], ...initializer(1) }),
        layers.dense({ units: 8, ...initializer(2) }),
      ],
    });
    const [x, y] = [random([64, 16], 1), random([64, 8], 2)];
    const losses = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const model = sparsify(dense, { execution, breakEven: 0 });
      model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
      const callbacks = [pruning(bdwp({ n: 2, m: 8 }))];
      const { history } = await model.fit(x, y, { epochs: 6, batchSize: 32, shuffle: false, verbose: 0, callbacks });
      losses.push(Float32Array.from(history.loss as number[]));
      model.dispose();
    }
    expectClose([losses[1] as Float32Array], [losses[0] as Float32Array], 1e-4);
    tf.dispose([x, y]);
    dense.dispose();
  });
});

function expectZeros(kernel: Kernel): void {
  const values = kernel.readKernel();
  const broken = values.findIndex((value, i) => kernel.masks.forward?.[i] === 0 && value !== 0);
  expect(broken, kernel.info.name).toBe(-1);
}
