import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { attachTap, maskedDense, prunableKernels, sparsify, type TappedOp } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference } from './support/tapped-values.js';

const dense = (name: string, units: number, seed: number, args: object = {}) =>
  maskedDense({ name, units, kernelInitializer: tf.initializers.glorotUniform({ seed }), sparsity: { initial: 0.8 }, ...args });

function network(execution: 'dense' | 'sparse'): tf.LayersModel {
  const plain = tf.sequential({
    layers: [
      dense('a', 64, 1, { inputShape: [32], activation: 'relu' }),
      dense('b', 16, 2, { activation: 'relu' }),
      dense('c', 4, 3, { activation: 'softmax' }),
    ],
  });
  const model = sparsify(plain, { execution });
  plain.dispose();
  return model;
}

interface Data {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** What a scenario leaves behind: losses and weights, after its first steps in `execution`. */
type Scenario = (model: tf.LayersModel, data: Data) => Promise<Float32Array[]>;

/** The values of all weights of a model. */
const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());

async function train(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor, steps = 4): Promise<Float32Array> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await model.trainOnBatch(x, y)) as number);
  return Float32Array.from(losses);
}

/** Both executions end alike, and no kernel stayed where it was. */
async function expectAlike(scenario: Scenario): Promise<void> {
  await expectNoLeak(async () => {
    const x = tf.randomNormal([48, 32], 0, 1, 'float32', 4);
    const y = tf.tidy(() => tf.oneHot(tf.range(0, 48).mod(4).toInt(), 4).toFloat());
    const results: Float32Array[][] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const model = network(execution);
      results.push(await scenario(model, { x, y }));
      model.dispose();
    }
    tf.dispose([x, y]);
    const [expected, actual] = results as [Float32Array[], Float32Array[]];
    expect(actual).toHaveLength(expected.length);
    actual.forEach((each, i) => {
      expect(relativeDifference(each, Float64Array.from(expected[i] as Float32Array))).toBeLessThan(1e-4);
    });
  });
}

/** Compiles, and takes the steps after which kept values are trained by themselves. */
async function begin(model: tf.LayersModel, { x, y }: Data, loss: unknown = 'categoricalCrossentropy'): Promise<tf.Optimizer> {
  const optimizer = tf.train.adam(0.01);
  model.compile({ optimizer, loss: loss as string });
  await train(model, x, y, 3);
  return optimizer;
}

/** Multiplies by the transposed kernel of another layer. */
class Tied extends tf.layers.Layer {
  static className = 'TiedToCompact';

  constructor(private readonly encoder: tf.layers.Layer) {
    super({ name: 'tied' });
  }

  override computeOutputShape(): tf.Shape {
    return [null, 32];
  }

  override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.matMul([input].flat()[0] as tf.Tensor2D, this.encoder.weights[0].read() as tf.Tensor2D, false, true);
  }
}

describe('kernels whose kept values are trained by themselves, in a training step of', () => {
  it('a model on an inner layer, with an optimizer of its own, and a tap on it', () =>
    expectAlike(async (model, data) => {
      const own = await begin(model, data);
      const head = tf.layers.dense({ units: 4, activation: 'softmax', kernelInitializer: tf.initializers.zeros() });
      const output = head.apply(model.layers[0].output as tf.SymbolicTensor) as tf.SymbolicTensor;
      const inner = tf.model({ inputs: model.inputs, outputs: output });
      const optimizer = tf.train.adam(0.01);
      inner.compile({ optimizer, loss: 'categoricalCrossentropy' });
      const [before] = weightsOf(inner);
      const losses = await train(inner, data.x, data.y);
      const after = weightsOf(inner);
      expect(after[0]).not.toEqual(before);
      const gradients: Float32Array[] = [];
      const onOp = ({ layer, G }: TappedOp) => void (layer === 'a' && G && gradients.push(G.dataSync<'float32'>().slice()));
      const tap = attachTap(inner, { onOp });
      await train(inner, data.x, data.y, 2);
      tap.detach();
      expect(gradients.filter(({ length }) => length === 32 * 64)).toHaveLength(2);
      // The first model goes on with what the second has trained.
      const rest = await train(model, data.x, data.y);
      for (const each of [head, optimizer, own]) each.dispose();
      return [losses, ...after, ...gradients, rest, ...weightsOf(model)];
    }));

  it('what is left of a model when its last layer is popped', () =>
    expectAlike(async (model, data) => {
      const first = await begin(model, data);
      const last = model.layers[2] as tf.layers.Layer;
      (model as tf.Sequential).pop();
      const optimizer = tf.train.adam(0.01);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const before = weightsOf(model);
      const y = data.x.slice([0, 0], [48, 16]);
      const losses = await train(model, data.x, y);
      const after = weightsOf(model);
      for (const i of [0, 2]) expect(after[i]).not.toEqual(before[i]);
      for (const each of [first, optimizer, last, y]) each.dispose();
      return [losses, ...after];
    }));

  it('a model whose loss reads weights', () =>
    expectAlike(async (model, data) => {
      const penalty = () => (model.layers[0] as tf.layers.Layer).getWeights()[0].square().mean();
      const loss = (y: tf.Tensor, p: tf.Tensor) => tf.losses.meanSquaredError(y, p).add(penalty());
      const optimizer = await begin(model, data, loss);
      const losses = await train(model, data.x, data.y);
      optimizer.dispose();
      return [losses, ...weightsOf(model)];
    }));

  it('a masked layer with a loss of its own', () =>
    expectAlike(async (model, data) => {
      const layer = model.layers[0] as tf.layers.Layer;
      layer.addLoss(() => layer.weights[0].read().square().sum().asScalar());
      const optimizer = await begin(model, data);
      const losses = await train(model, data.x, data.y);
      optimizer.dispose();
      return [losses, ...weightsOf(model)];
    }));

  it('a layer tied to the kernel', () =>
    expectAlike(async (model, data) => {
      const encoder = model.layers[0] as tf.layers.Layer;
      const tied = new Tied(encoder).apply(encoder.output as tf.SymbolicTensor) as tf.SymbolicTensor;
      const own = await begin(model, data);
      const auto = tf.model({ inputs: model.inputs, outputs: tied });
      const optimizer = tf.train.adam(0.01);
      auto.compile({ optimizer, loss: 'meanSquaredError' });
      const losses = await train(auto, data.x, data.x);
      // And where the region runs too.
      const both = tf.model({ inputs: model.inputs, outputs: [...model.outputs, tied] });
      both.compile({ optimizer: own, loss: ['categoricalCrossentropy', 'meanSquaredError'] });
      const sums: number[] = [];
      for (let i = 0; i < 4; i++) sums.push(...((await both.trainOnBatch(data.x, [data.y, data.x])) as number[]));
      for (const each of [optimizer, own]) each.dispose();
      return [losses, Float32Array.from(sums), ...weightsOf(model)];
    }));
});

describe('pruned weights that another layer reads', () => {
  it.each(['dense', 'sparse'] as const)('are 0 after every step in %s execution', async (execution) => {
    await expectNoLeak(async () => {
      const model = network(execution);
      const encoder = model.layers[0] as tf.layers.Layer;
      const tied = new Tied(encoder).apply(encoder.output as tf.SymbolicTensor) as tf.SymbolicTensor;
      const auto = tf.model({ inputs: model.inputs, outputs: tied });
      const [x, optimizer] = [tf.randomNormal([48, 32], 0, 1, 'float32', 4), tf.train.adam(0.01)];
      auto.compile({ optimizer, loss: 'meanSquaredError' });
      const [kernel] = prunableKernels(auto);
      const moved: number[] = [];
      const onBatchEnd = async () => {
        const { forward } = kernel.masks;
        moved.push(kernel.readKernel().filter((value, i) => value !== 0 && forward?.[i] === 0).length);
      };
      const callbacks = [pruning(gradualMagnitude({ finalSparsity: 0.9, endStep: 2 })), new tf.CustomCallback({ onBatchEnd })];
      await auto.fit(x, x, { epochs: 6, batchSize: 48, shuffle: false, verbose: 0, callbacks });
      expect(moved).toEqual([0, 0, 0, 0, 0, 0]);
      tf.dispose(x);
      for (const each of [optimizer, model]) each.dispose();
    });
  });
});
