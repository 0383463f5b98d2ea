import * as tf from '@tensorflow/tfjs';
import { maskedDense, optimizerSlots, prunableKernels, readOptimizerState, writeOptimizerState } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';

const slotCounts: Record<string, number> = {
  sgd: 0,
  momentum: 1,
  adagrad: 1,
  adadelta: 2,
  adam: 2,
  adamax: 2,
  rmsprop: 2,
  'centered rmsprop': 3,
};

/** Two variables and a loss whose gradient changes from step to step. */
function problem() {
  const w = tf.tidy(() => tf.variable(tf.tensor2d([1, -2, 0.5, 3], [2, 2])));
  const b = tf.tidy(() => tf.variable(tf.tensor1d([0.1, -0.2])));
  const step = (optimizer: tf.Optimizer, k: number) =>
    tf.tidy(() => {
      const x = tf.tensor2d([Math.sin(k), 1, Math.cos(k), -1], [2, 2]);
      optimizer.minimize(() => x.matMul(w).add(b).sub(1).square().mean().asScalar(), false, [w, b]);
    });
  return { variables: [w, b], step, dispose: () => tf.dispose([w, b]) };
}

const values = (variables: readonly tf.Variable[]) => variables.map((variable) => Array.from(variable.dataSync()));

describe.each(Object.entries(optimizers))('%s', (name, create) => {
  it('has the slots of its paper for each variable after a step, and none before', async () => {
    await expectNoLeak(() => {
      const { variables, step, dispose } = problem();
      const optimizer = create();
      for (const variable of variables) expect(optimizerSlots(optimizer, variable)).toEqual([]);
      step(optimizer, 0);
      for (const variable of variables) {
        const slots = optimizerSlots(optimizer, variable);
        expect(slots).toHaveLength(slotCounts[name] as number);
        for (const slot of slots) expect(slot.shape).toEqual(variable.shape);
      }
      optimizer.dispose();
      // tfjs's momentum optimizer forgets the scalar of its learning rate.
      if (name === 'momentum') (optimizer as unknown as { c: tf.Scalar }).c.dispose();
      dispose();
    });
  });

  it.each([0, 7])('goes on bit for bit in a fresh optimizer after %i steps', (at) => {
    const straight = problem();
    const resumed = problem();
    const uninterrupted = create();
    const first = create();
    for (let k = 0; k < 20; k++) straight.step(uninterrupted, k);
    for (let k = 0; k < at; k++) resumed.step(first, k);
    const state = readOptimizerState(first);
    const second = create();
    writeOptimizerState(second, state, resumed.variables);
    for (let k = at; k < 20; k++) resumed.step(second, k);
    expect(values(resumed.variables)).toEqual(values(straight.variables));
    const { slots, ...rest } = readOptimizerState(second);
    const { slots: expectedSlots, ...expected } = readOptimizerState(uninterrupted);
    expect(rest).toEqual(expected);
    expect(slots).toEqual(expectedSlots);
  });

  it('takes a state in place of its own without leaving tensors', () => {
    const { variables, step } = problem();
    const optimizer = create();
    for (let k = 0; k < 3; k++) step(optimizer, k);
    const state = readOptimizerState(optimizer);
    const before = tf.memory().numTensors;
    writeOptimizerState(optimizer, state, variables);
    expect(tf.memory().numTensors).toBe(before);
    expect(readOptimizerState(optimizer)).toEqual(state);
  });
});

it('finds the slots by hand: after one step of momentum from zero the slot is the gradient', () => {
  const w = tf.variable(tf.tensor1d([3]));
  const optimizer = tf.train.momentum(0.1, 0.9);
  optimizer.minimize(() => w.square().sum().asScalar(), false, [w]);
  expect(Array.from((optimizerSlots(optimizer, w)[0] as tf.Variable).dataSync())).toEqual([6]);
});

it('finds slots that were loaded under the name of the original variable', async () => {
  const build = () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], name: 'twin' })] });
    model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
    return model;
  };
  const model = build();
  await model.fit(tf.ones([4, 3]), tf.ones([4, 2]), { verbose: 0 });
  let saved: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = artifacts;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
  });
  await model.save(handler, { includeOptimizer: true });
  const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
  const [original, kernel] = [model, loaded].map((each) => (each.trainableWeights[0] as tf.LayerVariable).read() as tf.Variable);
  expect(kernel?.name).not.toBe(original?.name);
  expect(optimizerSlots(loaded.optimizer, kernel as tf.Variable)).toHaveLength(2);
});

describe('a frozen layer beside a trained namesake', () => {
  const nested = (trainable: boolean) =>
    tf.sequential({ layers: [maskedDense({ name: 'fc', units: 3, inputShape: [3], trainable })] });

  it.each([
    [0, 'born so'],
    [1, 'born so'],
    [0, 'frozen later'],
    [1, 'frozen later'],
  ])('has no slots of its own and leaves those of the other as they are: layer %i, %s', async (still, how) => {
    await expectNoLeak(async () => {
      const parts = [0, 1].map((part) => nested(part !== still || how !== 'born so'));
      const layers = parts.map((part) => part.layers[0] as tf.layers.Layer);
      const model = tf.sequential({ layers: parts });
      if (how === 'frozen later') Object.assign(layers[still] as tf.layers.Layer, { trainable: false });
      const optimizer = tf.train.adam(0.01);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const data = [tf.ones([4, 3]), tf.zeros([4, 3])] as const;
      await model.trainOnBatch(...data);
      const kernels = prunableKernels(model);
      const [idle, busy] = [kernels[still], kernels[1 - still]];
      const before = busy?.readSlots(optimizer);
      expect(Object.keys(before ?? {})).toEqual(['m', 'v']);
      expect(idle?.readSlots(optimizer)).toEqual({});
      const mask = new Uint8Array(9);
      idle?.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 }, optimizer);
      expect(busy?.readSlots(optimizer)).toEqual(before);
      optimizer.dispose();
      // A model that holds another does not free what is in it.
      for (const layer of layers) for (const weight of layer.weights) weight.dispose();
      tf.dispose([...data]);
    });
  });

  it('is told from it where only the model around its model is frozen, if it was made first', () => {
    const [w, twin] = ['fc_a', 'fc_a_1'].map((name) => tf.variable(tf.ones([2]), true, name)) as [tf.Variable, tf.Variable];
    const optimizer = tf.train.adam();
    optimizer.minimize(() => twin.square().sum().asScalar(), false, [twin]);
    expect(optimizerSlots(optimizer, twin)).toHaveLength(2);
    expect(optimizerSlots(optimizer, w)).toEqual([]);
  });
});

it('refuses another optimizer, other hyperparameters and other variables, and changes nothing', () => {
  const { variables, step } = problem();
  const adam = tf.train.adam(0.01);
  step(adam, 0);
  const state = readOptimizerState(adam);
  expect(() => writeOptimizerState(tf.train.sgd(0.1), state, variables)).toThrow('optimizer: got SGD, expected Adam');
  expect(() => writeOptimizerState(tf.train.adam(0.01, 0.5), state, variables)).toThrow(
    'optimizer Adam.beta1: got 0.5, expected 0.9',
  );
  const fresh = tf.train.adam(0.01);
  expect(() => writeOptimizerState(fresh, state, variables.slice(1))).toThrow('sizes [2], expected sizes [4,2]');
  expect(readOptimizerState(fresh)).toEqual(readOptimizerState(tf.train.adam(0.01)));
});

it('puts back a learning rate that a schedule has changed', () => {
  const sgd = tf.train.sgd(0.1);
  sgd.setLearningRate(0.25);
  const other = tf.train.sgd(0.1);
  writeOptimizerState(other, readOptimizerState(sgd), []);
  const w = tf.variable(tf.tensor1d([1]));
  other.minimize(() => w.sum().asScalar(), false, [w]);
  expect(w.dataSync()[0]).toBe(0.75);
});

it('names an optimizer that it does not know', () => {
  class Lion extends tf.SGDOptimizer {
    static override readonly className = 'Lion';
  }
  const w = tf.variable(tf.scalar(1));
  expect(() => optimizerSlots(new Lion(0.1), w)).toThrow('optimizer: got Lion, expected one of SGD, Momentum');
  expect(() => readOptimizerState(new Lion(0.1))).toThrow('optimizer: got Lion');
});
