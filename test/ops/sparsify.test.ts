import * as tf from '@tensorflow/tfjs';
import { SparsityError } from 'tfjs-sparsity';
import { attachTap, maskedDense, prunableKernels, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../../src/ops/model-layers.js';
import { expectNoLeak } from '../support/no-leak.js';

function sequential(): tf.Sequential {
  return tf.sequential({
    name: 'chain',
    layers: [
      tf.layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [8, 8, 2] }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.depthwiseConv2d({ name: 'depth', kernelSize: 3, strides: 2, depthwiseRegularizer: 'l1l2' }),
      tf.layers.conv2d({ name: 'dilated', filters: 3, kernelSize: 2, dilationRate: 2 }),
      tf.layers.flatten({ name: 'flat' }),
      tf.layers.dense({ name: 'fc', units: 5, activation: 'softmax' }),
    ],
  });
}

/** Branches, a residual, a nested model used twice, a shared layer, a wrapper, two inputs and two outputs. */
function functional(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [6, 4], name: 'a' }), tf.input({ shape: [6, 4], name: 'b' })];
  const shared = tf.layers.dense({ name: 'shared', units: 4, activation: 'relu' });
  const nested = tf.sequential({
    name: 'nested',
    layers: [
      tf.layers.conv1d({ name: 'inner', filters: 4, kernelSize: 3, padding: 'same', inputShape: [6, 4] }),
      tf.layers.dense({ name: 'inner_fc', units: 4, activation: 'elu' }),
    ],
  });
  const left = nested.apply(shared.apply(a)) as tf.SymbolicTensor;
  const right = nested.apply(shared.apply(b)) as tf.SymbolicTensor;
  const sum = tf.layers.add({ name: 'sum' }).apply([left, right, a]) as tf.SymbolicTensor;
  const steps = tf.layers.timeDistributed({ name: 'steps', layer: tf.layers.dense({ name: 'step', units: 3 }) }).apply(sum);
  const memory = tf.layers.lstm({ name: 'memory', units: 2 }).apply(steps) as tf.SymbolicTensor;
  const head = tf.layers.dense({ name: 'head', units: 2 }).apply(memory) as tf.SymbolicTensor;
  return tf.model({ inputs: [a, b], outputs: [head, left], name: 'graph' });
}

function outputs(model: tf.LayersModel): Float32Array[] {
  return tf.tidy(() => {
    const xs = model.inputs.map(({ shape }, i) => tf.randomNormal([3, ...shape.slice(1)] as number[], 0, 1, 'float32', i + 1));
    const ys = model.predict(xs.length === 1 ? (xs[0] as tf.Tensor) : xs);
    return [ys].flat().map((y) => y.dataSync<'float32'>().slice());
  });
}

/** A few steps, so that batch norm has moved and no weight is at its initial value. */
async function train(model: tf.LayersModel): Promise<void> {
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const tensors = [...model.inputs, ...model.outputs].map(({ shape }) => tf.ones([4, ...shape.slice(1)] as number[]));
  const n = model.inputs.length;
  await model.fit(tensors.slice(0, n), tensors.slice(n), { epochs: 2, verbose: 0 });
  tf.dispose(tensors);
}

function pruneHalf(model: tf.LayersModel): void {
  for (const kernel of prunableKernels(model)) {
    const mask = Uint8Array.from(kernel.readKernel(), (_, i) => i % 2);
    // Dense masters: what strip folds is not what is stored.
    kernel.repack({ forward: mask, backward: null, gradient: null }, { pruned: 'dense-master', slots: 'keep', decay: 0 });
  }
}

/** `model.dispose` frees a layer only when it was used once, so a model that shares layers is freed by hand. */
function release(...models: tf.LayersModel[]): void {
  for (const model of models) for (const layer of leavesOf(model)) for (const weight of layer.weights) weight.dispose();
}

describe('sparsify', () => {
  it('says which layers are prunable, and why the others are not', async () => {
    await expectNoLeak(() => {
      const dense = sequential();
      const model = sparsify(dense);
      expect(sparsifyReport(model)).toEqual({
        masked: ['conv', 'depth', 'fc'],
        skipped: [
          {
            layer: 'norm',
            className: 'BatchNormalization',
            reason: 'there is no masked layer for BatchNormalization',
          },
          { layer: 'dilated', className: 'Conv2D', reason: 'a dilated convolution, which tfjs cannot train' },
        ],
        regions: [],
      });
      expect(() => sparsifyReport(dense)).toThrow(/model: got chain, expected a model that sparsify returned/);
      dense.dispose();
      model.dispose();
    });
  });

  it('keeps class, names, weights and outputs of a trained sequential model to the bit', async () => {
    await expectNoLeak(async () => {
      const dense = tf.sequential({ name: 'trained' });
      dense.add(tf.layers.dense({ name: 'fc1', units: 6, activation: 'relu', inputShape: [5] }));
      dense.add(tf.layers.batchNormalization());
      dense.add(tf.layers.dense({ name: 'fc2', units: 3 }));
      await train(dense);
      dense.setUserDefinedMetadata({ trainedOn: 'ones' });
      const model = sparsify(dense);
      expect(model).toBeInstanceOf(tf.Sequential);
      expect(model.getUserDefinedMetadata()).toEqual({ trainedOn: 'ones' });
      expect(model.countParams()).toBe(dense.countParams());
      expect(model.weights.map(({ originalName }) => originalName)).toEqual(
        dense.weights.map(({ originalName }) => originalName),
      );
      expect(outputs(model)).toEqual(outputs(dense));
      dense.dispose();
      model.dispose();
    });
  });

  it('rewrites branches, nested models, wrappers and shared layers, each kernel once', async () => {
    await expectNoLeak(() => {
      const dense = functional();
      const model = sparsify(dense);
      expect(outputs(model)).toEqual(outputs(dense));
      const memory = ['memory/kernel', 'memory/recurrent'];
      expect(prunableKernels(model).map(({ info }) => info.name)).toEqual([
        ...['shared', 'inner', 'inner_fc', 'step'],
        ...memory,
        'head',
      ]);
      expect(prunableKernels(dense)).toEqual([]);
      expect(sparsifyReport(model).skipped).toEqual([]);
      release(dense, model);
    });
  });

  it('keeps the frozen frozen, and the masks of layers that are masked already', async () => {
    await expectNoLeak(() => {
      const dense = tf.sequential({
        layers: [
          tf.layers.dense({ name: 'frozen', units: 4, inputShape: [4], trainable: false }),
          maskedDense({ name: 'done', units: 4, sparsity: { initial: 0.5 } }),
        ],
      });
      const model = sparsify(dense);
      expect(model.trainableWeights.map(({ originalName }) => originalName)).toEqual(['done/kernel', 'done/bias']);
      expect(sparsifyReport(model).masked).toEqual(['frozen', 'done']);
      expect(prunableKernels(model)[1]?.masks).toEqual(prunableKernels(dense)[0]?.masks);
      dense.dispose();
      model.dispose();
    });
  });

  it('refuses one layer object in two models', () => {
    const layer = tf.layers.dense({ name: 'twice', units: 2, inputShape: [2] });
    const inner = tf.sequential({ name: 'inner', layers: [layer] });
    const x = tf.input({ shape: [2] });
    const outer = tf.model({ inputs: x, outputs: layer.apply(inner.apply(x)) as tf.SymbolicTensor, name: 'outer' });
    expect(() => sparsify(outer)).toThrow(/layer twice: got one layer object in the models/);
  });
});

describe('strip', () => {
  it.each([
    ['sequential', sequential],
    ['functional', functional],
  ] as const)('folds the masks of a %s model into plain layers: the same outputs, exact zeros', async (_, make) => {
    await expectNoLeak(() => {
      const dense = make();
      for (const execution of ['dense', 'sparse'] as const) {
        const model = sparsify(dense, { execution });
        pruneHalf(model);
        const plain = strip(model);
        expect(outputs(plain)).toEqual(outputs(model));
        expect(outputs(plain)).not.toEqual(outputs(dense));
        expect(JSON.stringify(plain.toJSON(null, false))).not.toMatch(/Masked|sparsity/);
        expect(plain.getConfig()).toEqual(dense.getConfig());
        release(model, plain);
      }
      release(dense);
    });
  });

  it('gives kernels without -0', async () => {
    await expectNoLeak(() => {
      const model = tf.sequential({ layers: [maskedDense({ units: 2, inputShape: [2], useBias: false })] });
      const [kernel] = prunableKernels(model);
      kernel?.writeKernel(Float32Array.of(-1, -2, 3, 4));
      pruneHalf(model);
      const plain = strip(model);
      const values = plain.getWeights()[0]?.dataSync() as Float32Array;
      expect([...values].map((value, i) => Object.is(value, [0, -2, 0, 4][i]))).toEqual([true, true, true, true]);
      for (const m of [model, plain]) m.dispose();
    });
  });
});

describe('sparsify refuses', () => {
  it.each([
    [undefined, 'undefined'],
    ['chain', 'chain'],
    [{}, 'Object'],
    [Promise.resolve(), 'Promise'],
    [tf.layers.dense({ units: 1 }), 'Dense'],
  ])('%o, which is no layers model', (value, got) => {
    const message = `model: got ${got}, expected a layers model. Pass a tf.sequential`;
    expect(() => sparsify(value as never)).toThrow(message);
    expect(() => sparsify(value as never)).toThrow(SparsityError);
    expect(() => sparsifyReport(value as never)).toThrow(message);
    expect(() => strip(value as never)).toThrow(message);
    expect(() => prunableKernels(value as never)).toThrow(message);
    expect(() => attachTap(value as never, { onOp: () => undefined })).toThrow(message);
  });

  it.each([
    [{ execution: 'sparce' }, /^sparsify\.execution: got sparce, expected one of dense, sparse\. Did you mean sparse/],
    [{ exlude: 'fc' }, /^option of sparsify: got exlude, expected one of execution, include, .*Did you mean exclude/],
    ['sparse', /^options of sparsify: got sparse, expected an object of execution, include/],
    [null, /^options of sparsify: got null/],
  ])('the options %o', async (options, message) => {
    await expectNoLeak(() => {
      const dense = sequential();
      expect(() => sparsify(dense, options as never)).toThrow(SparsityError);
      expect(() => sparsify(dense, options as never)).toThrow(message);
      release(dense);
    });
  });
});
