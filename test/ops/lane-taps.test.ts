import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { attachTap, prunableKernels, sparsify, sparsifyReport, type TappedOp } from 'tfjs-sparsity/ops';
import { type PruningMethod, srSte, topKast } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference, type Values, valuesOf } from './support/tapped-values.js';

const { layers } = tf;
type Execution = 'dense' | 'sparse';

const batch = 8;
const operands = ['W', 'backwardW', 'A', 'E', 'G'] as const;
const init = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
const input = (...shape: number[]) => tf.input({ shape });
const ends = (inputs: tf.SymbolicTensor[], y: unknown) => tf.model({ inputs, outputs: y as tf.SymbolicTensor });
const tower = (name: string, units: number) =>
  tf.sequential({
    name,
    layers: [
      layers.dense({ name: 'fc1', units, activation: 'relu', inputShape: [16], ...init(1) }),
      layers.dense({ name: 'fc2', units: 8, ...init(2) }),
    ],
  });
const applyTo = (model: tf.LayersModel, x: tf.SymbolicTensor) => model.apply(x) as tf.SymbolicTensor;

function denseChain(frozen: readonly string[]): tf.LayersModel {
  const args = (name: string, seed: number) =>
    ({ name, activation: 'relu', trainable: !frozen.includes(name), ...init(seed) }) as const;
  return tf.sequential({
    layers: [
      layers.dense({ units: 24, inputShape: [16], ...args('a', 1) }),
      layers.dense({ units: 20, ...args('b', 2) }),
      layers.dense({ units: 8, ...args('c', 3), activation: 'softmax' }),
    ],
  });
}

function convChain(frozen: readonly string[]): tf.LayersModel {
  const window = (name: string, seed: number) =>
    ({ name, kernelSize: 3, padding: 'same', trainable: !frozen.includes(name), ...init(seed) }) as const;
  return tf.sequential({
    layers: [
      layers.conv2d({ filters: 6, inputShape: [8, 8, 3], activation: 'relu', ...window('a', 1) }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 5, strides: 2, ...window('b', 2) }),
      layers.reLU(),
      layers.flatten(),
      layers.dense({ name: 'c', units: 8, ...init(3) }),
    ],
  });
}

const models: Record<string, { build(): tf.LayersModel; uses: string }> = {
  'a frozen layer before all others': { build: () => denseChain(['a']), uses: 'a#0 c#0 b#0' },
  'a frozen layer behind a trained one': { build: () => denseChain(['b']), uses: 'b#0 c#0 b#0 a#0' },
  'a frozen convolution before all others': { build: () => convChain(['a']), uses: 'a#0 c#0 b#0' },
  'a frozen convolution behind a trained one': { build: () => convChain(['b']), uses: 'b#0 c#0 b#0 a#0' },
  'a model that two inputs share': {
    build() {
      const [shared, both] = [tower('tower', 24), [input(16), input(16)]];
      return ends(both, layers.average().apply(both.map((x) => applyTo(shared, x))));
    },
    uses: 'fc2#1 fc1#1 fc2#0 fc1#0',
  },
  'nested models whose layers have the same names': {
    build() {
      const x = input(16);
      const y = layers.average().apply([applyTo(tower('one', 24), x), applyTo(tower('two', 20), x)]);
      return ends([x], y);
    },
    uses: 'fc2#0 fc1#0 fc2#2#0 fc1#2#0',
  },
};

/** A tapped use with its tensors copied out; E and G may be absent. */
type Seen = Pick<TappedOp, 'layer' | 'use' | 'nest' | 'needsInputGradient'> & {
  readonly [operand in (typeof operands)[number]]: Values | undefined;
};

function watch(model: tf.LayersModel): { seen: Seen[]; detach(): void } {
  const seen: Seen[] = [];
  const tap = attachTap(model, {
    onOp({ layer, use, nest, needsInputGradient, ...op }) {
      const values = Object.fromEntries(operands.map((role) => [role, op[role] && valuesOf(op[role] as tf.Tensor)]));
      seen.push({ layer, use, nest, needsInputGradient, ...values } as Seen);
    },
  });
  return { seen, detach: () => tap.detach() };
}

const order = (seen: readonly Seen[]) => seen.map(({ layer, use }) => `${layer}#${use}`).join(' ');

function expectAlike(actual: readonly Seen[], expected: readonly Seen[]): void {
  const plain = (seen: readonly Seen[]) =>
    seen.map(({ layer, use, nest, needsInputGradient, ...values }) => {
      const shapes = operands.map((role) => values[role]?.shape);
      return { layer, use, nest, needsInputGradient, shapes };
    });
  expect(plain(actual)).toEqual(plain(expected));
  actual.forEach((use, i) => {
    for (const role of operands) {
      const [values, others] = [use[role], (expected[i] as Seen)[role]];
      if (!values || !others) continue;
      expect(relativeDifference(values.data, Float64Array.from(others.data)), `${use.layer} ${role}`).toBeLessThan(1e-3);
    }
  });
}

interface Trained {
  readonly model: tf.LayersModel;
  readonly data: readonly tf.Tensor[];
  step(): Promise<void>;
  dispose(): void;
}

/** A model with random masks, all of whose kernels compute in lanes from the first step on where there are any. */
async function start(build: () => tf.LayersModel, execution: Execution): Promise<Trained> {
  const plain = build();
  const model = sparsify(plain, { execution, breakEven: 0 });
  const optimizer = tf.train.sgd(0.1);
  model.compile({ optimizer, loss: 'meanSquaredError' });
  for (const [i, kernel] of prunableKernels(model).entries()) {
    const rng = createRng(`lane taps/${i}`);
    const mask = Uint8Array.from(kernel.readKernel(), () => Number(rng.uniform() < 0.4));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  }
  const random = (shape: tf.Shape, seed: number) =>
    tf.randomNormal([batch, ...shape.slice(1)] as number[], 0, 1, 'float32', seed);
  const x = model.inputs.map(({ shape }, i) => random(shape, 10 + i));
  const y = random((model.outputs[0] as tf.SymbolicTensor).shape, 20);
  tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
  return {
    model,
    data: x,
    async step() {
      await model.trainOnBatch(x, y);
    },
    dispose() {
      tf.dispose([x, y]);
      optimizer.dispose();
      const masked = new Set([model, plain].flatMap(kernelsOf));
      for (const variable of masked) if (!variable.isDisposed) variable.dispose();
    },
  };
}

/** Variables of a model; of a nested one `dispose` leaves some, as layers are counted by their uses. */
const kernelsOf = (model: tf.LayersModel) => model.weights.map((weight) => weight.read() as tf.Variable);

function expectLanes(model: tf.LayersModel, execution: Execution): void {
  const executed = sparsifyReport(model).regions.flatMap((region) => region.execution);
  const masked = executed.filter(({ className }) => className.startsWith('Masked'));
  if (execution === 'sparse') expect(masked.length).toBeGreaterThan(0);
  if (execution === 'sparse' && backend === 'wasm') expect(masked.every(({ inLanes }) => inLanes)).toBe(true);
}

const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());

describe.each(Object.entries(models))('in lanes, %s', (_, { build, uses }) => {
  it('tells a tap what it tells without', async () => {
    const results: Seen[][] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const { model, step, dispose } = await start(build, execution);
      for (const isFitted of [true, false]) {
        if (isFitted) await step();
        const { seen, detach } = watch(model);
        await step();
        detach();
        expect(order(seen)).toBe(uses);
        expectLanes(model, execution);
        results.push(seen);
      }
      dispose();
    }
    expectAlike(results[2] as Seen[], results[0] as Seen[]);
    expectAlike(results[3] as Seen[], results[1] as Seen[]);
  });

  it('is trained to the same bits whether a tap watches or not', async () => {
    const results = [];
    for (const watches of [false, true]) {
      const { model, step, dispose } = await start(build, 'sparse');
      const tap = watches ? watch(model) : undefined;
      for (let i = 0; i < 3; i++) await step();
      tap?.detach();
      results.push(weightsOf(model));
      dispose();
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('leaves no tensors, also where no backward pass follows', async () => {
    const { model, data, step, dispose } = await start(build, 'sparse');
    const other = tf.variable(tf.scalar(2));
    const forward = () =>
      tf.tidy(() => {
        tf.variableGrads(() => {
          model.apply([...data], { training: true });
          return other.square().asScalar();
        }, [other]);
      });
    const first = watch(model);
    for (let i = 0; i < 2; i++) await step(); // kept values are trained by themselves from the second step on
    await expectNoLeak(async () => {
      await step();
      await step();
    });
    first.detach();
    forward(); // lists of this kind of step are made and stay
    const { seen, detach } = watch(model);
    await expectNoLeak(forward);
    detach();
    // Frozen kernels alone are reported in the forward pass.
    expect(seen.map(({ layer }) => layer)).toEqual(frozenOf(model));
    expect(seen.every(({ E, G, needsInputGradient }) => !E && !G && !needsInputGradient)).toBe(true);
    other.dispose();
    dispose();
  });
});

const frozenOf = (model: tf.LayersModel) =>
  model.layers.flatMap(({ name, trainable, weights }) => (trainable || weights.length === 0 ? [] : [name]));

describe('a tap in sparse execution', () => {
  it('sees nothing of other models', async () => {
    const [own, other] = [await start(() => denseChain([]), 'sparse'), await start(() => denseChain(['a']), 'sparse')];
    const { seen, detach } = watch(own.model);
    await other.step();
    expect(order(seen)).toBe('');
    await own.step();
    await other.step();
    detach();
    expect(order(seen)).toBe('c#0 b#0 a#0');
    for (const each of [own, other]) each.dispose();
  });

  it('of one model does not see the steps of another that are its own to a second tap', async () => {
    const trained = [await start(() => denseChain([]), 'sparse'), await start(() => denseChain(['a']), 'sparse')] as const;
    const taps = trained.map(({ model }) => watch(model));
    for (const { step } of trained) await step();
    for (const { detach } of taps) detach();
    expect(taps.map(({ seen }) => order(seen))).toEqual(['c#0 b#0 a#0', 'a#0 c#0 b#0']);
    for (const each of trained) each.dispose();
  });
});

const withTerms: Record<string, () => PruningMethod> = {
  'SR-STE': () => srSte({ n: 2, m: 4, decay: 0.1 }),
  'Top-KAST': () => topKast({ sparsity: 0.8, gradientSparsity: 0.5, penalty: 0.1 }),
};

describe.each(Object.entries(withTerms))('under %s, G', (_, method) => {
  it('is that of the loss alone, under the mask of the gradient, in both executions', async () => {
    const results: Seen[][] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const plain = denseChain([]);
      const model = sparsify(plain, { execution, breakEven: 0 });
      model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError' });
      const [x, y] = [tf.randomNormal([3 * batch, 16], 0, 1, 'float32', 1), tf.randomNormal([3 * batch, 8], 0, 1, 'float32', 2)];
      const { seen, detach } = watch(model);
      const masks: (Uint8Array | null)[] = [];
      const look = new tf.CustomCallback({
        onBatchBegin: async () => void masks.push(...prunableKernels(model).map((kernel) => kernel.masks.gradient)),
      });
      await model.fit(x, y, { epochs: 1, batchSize: batch, shuffle: false, verbose: 0, callbacks: [pruning(method()), look] });
      detach();
      expect(order(seen)).toBe(Array.from({ length: 3 }, () => 'c#0 b#0 a#0').join(' '));
      seen.forEach(({ A, E, G }, i) => {
        const mask = masks[3 * Math.floor(i / 3) + (2 - (i % 3))];
        const product = tf.tidy(() => {
          const [a, e] = [A, E].map((values) => tf.tensor((values as Values).data, (values as Values).shape));
          return (tf.matMul(a as tf.Tensor2D, e as tf.Tensor2D, true) as tf.Tensor).dataSync<'float32'>();
        });
        const reference = product.map((value, at) => (mask?.[at] === 0 ? 0 : value));
        expect(relativeDifference((G as Values).data, Float64Array.from(reference))).toBeLessThan(1e-4);
      });
      results.push(seen);
      tf.dispose([x, y]);
      model.dispose();
      plain.dispose();
    }
    expectAlike(results[1] as Seen[], results[0] as Seen[]);
  });
});
