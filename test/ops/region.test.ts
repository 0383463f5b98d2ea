import * as tf from '@tensorflow/tfjs';
import { maskedDense, type PrunedTreatment, prunableKernels, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import { unstructured } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { DenseKernelStore } from '../../src/ops/kernel-store.js';
import { leavesOf } from '../../src/ops/model-layers.js';
import { groupRegions } from '../../src/ops/region-groups.js';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { denseMaskedExecutor } from './support/dense-masked-executor.js';

const zero: PrunedTreatment = { pruned: 'zero', slots: 'zero', decay: 0 };

function chain(): tf.Sequential {
  return tf.sequential({
    name: 'net',
    layers: [
      tf.layers.conv2d({ name: 'conv1', filters: 4, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 1] }),
      tf.layers.maxPooling2d({ name: 'pool', poolSize: 2 }),
      tf.layers.conv2d({ name: 'conv2', filters: 4, kernelSize: 2, kernelRegularizer: 'l1l2' }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'fc', units: 3, activation: 'softmax' }),
    ],
  });
}

function branches(): tf.LayersModel {
  const x = tf.input({ shape: [6, 6, 3], name: 'image' });
  const conv = (name: string) => tf.layers.conv2d({ name, filters: 3, kernelSize: 3, padding: 'same' });
  const stem = tf.layers.reLU({ name: 'relu' }).apply(conv('stem').apply(x)) as tf.SymbolicTensor;
  const branch = conv('b2').apply(conv('b1').apply(stem)) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: 'sum' }).apply([stem, branch]);
  const pooled = tf.layers.globalAveragePooling2d({ name: 'gap', dataFormat: 'channelsLast' }).apply(sum);
  const y = tf.layers.dense({ name: 'head', units: 2 }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: x, outputs: [y, branch], name: 'residual' });
}

function images(): { x: tf.Tensor4D; y: tf.Tensor2D } {
  const rng = createRng('images');
  const values = Float32Array.from({ length: 24 * 64 }, () => rng.normal());
  return {
    x: tf.tensor4d(values, [24, 8, 8, 1]),
    y: tf.tidy(() => tf.eye(3).tile([8, 1])),
  };
}

/** Prunes more at every second batch, as a gradual method does. */
function gradual(model: tf.LayersModel, check: () => void): tf.CustomCallback {
  let step = 0;
  return new tf.CustomCallback({
    onBatchEnd: async () => {
      for (const kernel of prunableKernels(model)) {
        if (step % 2 === 0) {
          const mask = unstructured()(kernel.readKernel().map(Math.abs), kernel.info, Math.min(0.9, 0.1 * step));
          kernel.repack({ forward: mask, backward: mask, gradient: mask }, zero, model.optimizer);
        } else kernel.enforce(model.optimizer);
      }
      step++;
      check();
    },
  });
}

function expectZeroLaw(model: tf.LayersModel): void {
  for (const kernel of prunableKernels(model)) {
    const { forward } = kernel.masks;
    const broken = kernel.readKernel().findIndex((value, i) => forward?.[i] === 0 && !Object.is(value, 0));
    expect(`${kernel.info.name} ${broken}`).toBe(`${kernel.info.name} -1`);
  }
}

async function trainPruned(model: tf.LayersModel): Promise<{ losses: unknown; weights: number[][]; outputs: number[] }> {
  const { x, y } = images();
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(x, y, {
    epochs: 3,
    batchSize: 4,
    shuffle: false,
    validationData: [x, y],
    verbose: 0,
    callbacks: [gradual(model, () => expectZeroLaw(model))],
  });
  const predicted = model.predict(x) as tf.Tensor;
  const outputs = Array.from(predicted.dataSync());
  tf.dispose([x, y, predicted]);
  return { losses: history, weights: model.getWeights().map((w) => Array.from(w.dataSync())), outputs };
}

describe('regions', () => {
  it('hold the maximal chains of a model, which looks as before', async () => {
    await expectNoLeak(() => {
      const dense = chain();
      const [plain, model] = [sparsify(dense), sparsify(dense, { execution: 'sparse', breakEven: 0 })];
      const [region] = sparsifyReport(model).regions;
      expect(region).toMatchObject({ model: 'net', layers: ['conv1', 'pool', 'conv2', 'norm', 'flat', 'fc'] });
      expect(region?.execution[0]).toEqual({
        layer: 'conv1',
        className: 'MaskedConv2D',
        inLanes: false,
        obstacle: 'notRunYet',
      });
      expect(sparsifyReport(model).noRegion).toBeUndefined();
      expect(model.toJSON()).toBe(plain.toJSON());
      expect(summary(model)).toEqual(summary(plain));
      expect(model.countParams()).toBe(dense.countParams());
      expect(model.getLayer('conv2').getClassName()).toBe('MaskedConv2D');
      expect(model.outputNames).toEqual(plain.outputNames);
      for (const m of [dense, plain, model]) m.dispose();
    });
  });

  it('end where a tensor goes two ways, joins another, or leaves the model', async () => {
    await expectNoLeak(() => {
      const dense = branches();
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      expect(sparsifyReport(model).regions.map(({ layers }) => layers)).toEqual([['stem', 'relu'], ['b1', 'b2'], ['gap', 'head']]); // biome-ignore format: lists
      const x = tf.randomNormal([2, 6, 6, 3], 0, 1, 'float32', 5);
      const [a, b] = [dense.predict(x), model.predict(x)] as [tf.Tensor[], tf.Tensor[]];
      for (const i of [0, 1]) expect(b[i]?.dataSync()).toEqual(a[i]?.dataSync());
      tf.dispose([x, a, b]);
      for (const m of [dense, model]) m.dispose();
    });
  });

  it('hold branches that come together again, and what follows them', async () => {
    await expectNoLeak(() => {
      const x = tf.input({ shape: [6, 6, 3] });
      const conv = (name: string, of: unknown, strides = 1) =>
        tf.layers.conv2d({ name, filters: 3, kernelSize: 3, padding: 'same', strides }).apply(of as tf.SymbolicTensor);
      const stem = conv('stem', x);
      const branch = conv('b2', conv('b1', stem, 2));
      const sum = tf.layers.add({ name: 'sum' }).apply([branch, conv('short', stem, 2)] as tf.SymbolicTensor[]);
      const twice = tf.layers.add({ name: 'twice' }).apply([sum, sum] as tf.SymbolicTensor[]);
      const dense = tf.model({ inputs: x, outputs: tf.layers.flatten({ name: 'flat' }).apply(twice) as tf.SymbolicTensor });
      const [plain, model] = [sparsify(dense), sparsify(dense, { execution: 'sparse', breakEven: 0 })];
      expect(sparsifyReport(model).regions.map(({ layers }) => [...layers].sort())).toEqual([
        ['b1', 'b2', 'flat', 'short', 'stem', 'sum', 'twice'],
      ]);
      expect(model.toJSON(null, false)).toEqual(plain.toJSON(null, false));
      const images = tf.randomNormal([2, 6, 6, 3], 0, 1, 'float32', 5);
      const [a, b] = [dense.predict(images), model.predict(images)] as [tf.Tensor, tf.Tensor];
      expect(b.dataSync()).toEqual(a.dataSync());
      tf.dispose([images, a, b]);
      for (const m of [dense, plain, model]) m.dispose();
    });
  });

  it('say so, as data, where no chain stands', async () => {
    await expectNoLeak(() => {
      const shared = tf.layers.dense({ name: 'shared', units: 2 });
      const x = tf.input({ shape: [2] });
      const dense = tf.model({ inputs: x, outputs: shared.apply(shared.apply(x)) as tf.SymbolicTensor });
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      expect(sparsifyReport(model)).toMatchObject({
        masked: ['shared'],
        regions: [],
        noRegion: expect.stringMatching(/no masked layer/),
      });
      // A layer that is used twice is freed by hand: model.dispose takes back one use only.
      for (const m of [dense, model]) for (const layer of m.layers) for (const weight of layer.weights) weight.dispose();
    });
  });

  it('train under gradual pruning as the masked model does, to the bit, and keep pruned weights at 0', async () => {
    await expectNoLeak(async () => {
      const dense = chain();
      const [plain, model] = [sparsify(dense), sparsify(dense)];
      groupRegions(model, denseMaskedExecutor);
      const expected = await trainPruned(plain);
      const actual = await trainPruned(model);
      expect(actual).toEqual(expected);
      const sparsities = prunableKernels(model).map(({ masks }) => masks.forward?.filter((bit) => !bit).length ?? 0);
      expect(Math.min(...sparsities)).toBeGreaterThan(0);
      const stripped = strip(model);
      const { x, y } = images();
      const outputs = stripped.predict(x) as tf.Tensor;
      expect(Array.from(outputs.dataSync())).toEqual(actual.outputs);
      tf.dispose([x, y, outputs]);
      for (const m of [dense, plain, model, stripped]) m.dispose();
    });
  });

  it('stand inside nested models and behind layers that mask time steps, and train as the plain model does', async () => {
    await expectNoLeak(async () => {
      const { layers } = tf;
      const inner = tf.sequential({ name: 'inner', layers: [layers.dense({ units: 4, inputShape: [3], activation: 'elu' })] });
      const nested = tf.sequential({ name: 'outer', layers: [inner, layers.dense({ name: 'out', units: 2 })] });
      const masking = tf.sequential({
        layers: [
          layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 }),
          layers.dense({ name: 'each', units: 4, activation: 'relu' }),
          layers.lstm({ units: 3 }),
          layers.dense({ name: 'out', units: 2 }),
        ],
      });
      const x = tf.tensor2d([1, 2, 3, 4, 1, 0, 0, 0, 2, 1, 3, 0], [3, 4]);
      const y = tf.ones([3, 2]);
      const cases: [tf.Sequential, tf.Tensor, string[]][] = [
        [nested, x.slice([0, 0], [3, 3]), ['outer', 'inner']],
        [masking, x, [masking.name, masking.name]],
      ];
      for (const [dense, input, models] of cases) {
        const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
        expect(sparsifyReport(model).regions.map((region) => region.model)).toEqual(models);
        const results: Float32Array[] = [];
        for (const each of [dense, model]) {
          each.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
          await each.fit(input, y, { epochs: 2, shuffle: false, verbose: 0 });
          const output = each.predict(input) as tf.Tensor;
          results.push(output.dataSync<'float32'>().slice());
          output.dispose();
          each.optimizer.dispose();
          for (const layer of leavesOf(each)) for (const weight of layer.weights) weight.dispose();
        }
        expect(results[1]).toEqual(results[0]);
        input.dispose();
      }
      y.dispose();
    });
  });

  it('let another executor run the layers and hold the kernels, unseen by whoever trains and prunes', async () => {
    await expectNoLeak(async () => {
      const model = tf.sequential({
        layers: [
          maskedDense({ name: 'fc1', units: 2, inputShape: [2] }),
          maskedDense({ name: 'fc2', units: 2, kernelRegularizer: 'l1l2' }),
        ],
      });
      const calls: string[] = [];
      const fake = Float32Array.of(1, 2, 3, 4);
      groupRegions(model, (nodes) => ({
        ...denseMaskedExecutor(nodes),
        call: (x, kwargs) => {
          calls.push('training' in kwargs ? 'train' : 'infer');
          return denseMaskedExecutor(nodes).call(x, kwargs);
        },
        storeOf: (layer) => {
          const dense = layer.kernelStores[0] as DenseKernelStore;
          const store = new DenseKernelStore(dense.info, dense.variable, dense.layer);
          store.readKernel = () => fake;
          return store;
        },
      }));
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const x = tf.ones([4, 2]);
      await model.fit(x, x, { batchSize: 2, epochs: 1, validationData: [x, x], verbose: 0 });
      tf.dispose([model.predict(x), x]);
      expect(calls).toEqual(['train', 'train', 'infer', 'infer', 'infer']);
      expect(prunableKernels(model).map((kernel) => kernel.readKernel())).toEqual([fake, fake]);
      model.dispose();
    });
  });
});

function summary(model: tf.LayersModel): string[] {
  const lines: string[] = [];
  model.summary(undefined, undefined, (line) => lines.push(line));
  return lines;
}
