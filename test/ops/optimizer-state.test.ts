import * as tf from '@tensorflow/tfjs';
import { optimizerSlots, readOptimizerState, writeOptimizerState } from 'tfjs-sparsity/ops';
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
