import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { prunableKernels, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference, tapped } from './support/tapped-values.js';

const { layers } = tf;

const nets = fc.record({
  batch: fc.constantFrom<number[]>(1, 3, 32, 37),
  size: fc.integer({ min: 5, max: 8 }),
  channels: fc.integer({ min: 1, max: 5 }),
  strides: fc.integer({ min: 1, max: 2 }),
  shortcut: fc.constantFrom('identity' as const, 'convolution' as const),
  merge: fc.constantFrom('add' as const, 'concatenate' as const),
  activation: fc.constantFrom('relu' as const, 'tanh' as const, 'none' as const),
  between: fc.constantFrom('none' as const, 'average' as const, 'averageSame' as const, 'max' as const, 'zeroPadding' as const),
  end: fc.constantFrom('average' as const, 'max' as const, 'flatten' as const),
  normalise: fc.boolean(),
  epsilon: fc.constantFrom(1e-3, 0.1),
});

type Net = typeof nets extends fc.Arbitrary<infer T> ? T : never;

/** A residual block between a stem and a head. */
function residual(net: Net): tf.LayersModel {
  let seed = 0;
  const image = tf.input({ shape: [net.size, net.size, 2] });
  const apply = (layer: tf.layers.Layer, ...x: tf.SymbolicTensor[]) =>
    layer.apply(x.length === 1 ? (x[0] as tf.SymbolicTensor) : x) as tf.SymbolicTensor;
  const conv = (x: tf.SymbolicTensor, kernelSize: number, strides: number) => {
    seed += 1;
    const y = apply(
      layers.conv2d({
        ...{ filters: net.channels, kernelSize, strides, padding: 'same' },
        kernelInitializer: tf.initializers.glorotUniform({ seed }),
        biasInitializer: tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed: seed + 100 }),
      }),
      x,
    );
    const uniform = (minval: number, maxval: number) => tf.initializers.randomUniform({ minval, maxval, seed: seed + 200 });
    return net.normalise
      ? apply(
          layers.batchNormalization({
            ...{ epsilon: net.epsilon, momentum: 0.8, betaInitializer: uniform(-1, 1), gammaInitializer: uniform(0.5, 2) },
            ...{ movingMeanInitializer: uniform(-1, 1), movingVarianceInitializer: uniform(0.5, 2) },
          }),
          y,
        )
      : y;
  };
  const act = (x: tf.SymbolicTensor) =>
    net.activation === 'none'
      ? x
      : apply(net.activation === 'relu' ? layers.reLU() : layers.activation({ activation: 'tanh' }), x);
  const stem = act(conv(image, 3, 1));
  const strides = net.shortcut === 'identity' ? 1 : net.strides;
  const branch = conv(act(conv(stem, 3, strides)), 2, 1);
  const shortcut = net.shortcut === 'identity' ? stem : conv(stem, 1, strides);
  let x = act(apply(net.merge === 'add' ? layers.add() : layers.concatenate(), branch, shortcut));
  const window = { poolSize: 2, strides: 1 } as const;
  if (net.between === 'average') x = apply(layers.averagePooling2d(window), x);
  if (net.between === 'averageSame') x = apply(layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }), x);
  if (net.between === 'max') x = apply(layers.maxPooling2d(window), x);
  if (net.between === 'zeroPadding') {
    x = apply(layers.zeroPadding2d({ padding: [[1, 0], [2, 1]], dataFormat: 'channelsLast' }), x); // biome-ignore format: sides
  }
  const dataFormat = 'channelsLast';
  if (net.end === 'average') x = apply(layers.globalAveragePooling2d({ dataFormat }), x);
  if (net.end === 'max') x = apply(layers.globalMaxPooling2d({ dataFormat }), x);
  if (net.end === 'flatten') x = apply(layers.flatten(), x);
  const head = layers.dense({ units: 3, activation: 'softmax', kernelInitializer: tf.initializers.glorotUniform({ seed: 50 }) });
  return tf.model({ inputs: image, outputs: apply(head, x) });
}

function prune(model: tf.LayersModel, sparsity: number): void {
  for (const [i, kernel] of prunableKernels(model).entries()) {
    const rng = createRng(`mask/${i}`);
    const mask = Uint8Array.from(kernel.readKernel(), () => (rng.uniform() < sparsity ? 0 : 1));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  }
}

const block: Net = {
  ...{ batch: 34, size: 6, channels: 4, strides: 2, shortcut: 'convolution', merge: 'add', activation: 'relu' },
  ...{ between: 'average', end: 'average', normalise: true, epsilon: 1e-3 },
};

const values = (t: tf.Tensor) => t.dataSync<'float32'>().slice();

describe('regions in lanes', () => {
  it('train and predict residual blocks as masked layers do, with any layers between, tails of batches included', async () => {
    await fc.assert(
      fc.asyncProperty(nets, async (net) => {
        await expectNoLeak(async () => {
          const dense = residual(net);
          const x = tf.randomNormal([net.batch, net.size, net.size, 2], 0.5, 1, 'float32', 5);
          const y = tf.tidy(() => tf.oneHot(tf.range(0, net.batch).mod(3).toInt(), 3).mul(1));
          const results = [];
          for (const execution of ['dense', 'sparse'] as const) {
            const model = sparsify(dense, { execution, breakEven: 0 });
            model.compile({ optimizer: tf.train.sgd(0.05), loss: 'categoricalCrossentropy' });
            prune(model, 0.5);
            tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
            const before = model.predict(x) as tf.Tensor;
            const losses = [await model.trainOnBatch(x, y), await model.trainOnBatch(x, y)] as number[];
            const after = model.predict(x) as tf.Tensor;
            results.push([Float32Array.from(losses), values(before), values(after), ...model.getWeights().map(values)]);
            if (execution === 'sparse' && backend === 'wasm') {
              const { regions } = sparsifyReport(model);
              expect(regions).toHaveLength(1);
              expect(regions[0]?.execution.filter(({ inLanes }) => !inLanes)).toEqual([]);
            }
            tf.dispose([before, after]);
            model.optimizer.dispose();
            model.dispose();
          }
          const [expected, actual] = results as [Float32Array[], Float32Array[]];
          actual.forEach((each, i) => {
            expect(relativeDifference(each, Float64Array.from(expected[i] as Float32Array))).toBeLessThan(1e-4);
          });
          tf.dispose([x, y]);
          dense.dispose();
        });
      }),
      { numRuns: backend === 'wasm' ? 60 : 3, seed: 72 },
    );
  });

  it('train on one image through normalisations that would have what is no image grow to infinity', async () => {
    await expectNoLeak(async () => {
      // Each makes what is not its one image, of variance 0, 316 times as large: 1e50 behind the last one.
      const block = () => [
        layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'ones' }),
        layers.batchNormalization({ epsilon: 1e-5 }),
        layers.reLU(),
      ];
      const dense = tf.sequential({ layers: [...Array.from({ length: 20 }, block).flat(), ...block().slice(0, 1)] });
      const model = sparsify(dense, { execution: 'sparse', breakEven: 0 });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const mask = Uint8Array.of(1, 0, 0, 1);
      for (const kernel of prunableKernels(model)) {
        kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
      }
      const [x, y] = [tf.tensor2d([[1, -1]]), tf.tensor2d([[1, 1]])];
      tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
      // All outputs are 0, and the gradients of the two last biases -1: the first step makes them 0.01.
      expect(await model.trainOnBatch(x, y)).toBe(1);
      expect(await model.trainOnBatch(x, y)).toBeCloseTo(0.99 ** 2, 6);
      tf.dispose([x, y]);
      model.dispose();
      dense.dispose();
    });
  });

  it('are saved, loaded and stripped as the layers that they hold', async () => {
    await expectNoLeak(async () => {
      const dense = residual(block);
      const model = sparsify(dense, { execution: 'sparse' });
      model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy' });
      prune(model, 0.6);
      const x = tf.randomNormal([block.batch, block.size, block.size, 2], 0, 1, 'float32', 5);
      const y = tf.tidy(() => tf.oneHot(tf.range(0, block.batch).mod(3).toInt(), 3).mul(1));
      for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
      let saved: tf.io.ModelArtifacts | undefined;
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          saved = artifacts;
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        }),
      );
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
      const stripped = strip(model);
      const [expected, ...others] = [model, loaded, stripped].map((each) => each.predict(x) as tf.Tensor) as [
        tf.Tensor,
        ...tf.Tensor[],
      ];
      for (const other of others)
        expect(relativeDifference(values(other), Float64Array.from(values(expected)))).toBeLessThan(1e-4);
      tf.dispose([x, y, expected, others]);
      model.optimizer.dispose();
      for (const each of [dense, model, loaded, stripped]) each.dispose();
    });
  });

  it('tell a tap what masked layers tell it, also where branches part', () => {
    const dense = residual(block);
    const [expected, actual] = (['dense', 'sparse'] as const).map((execution) => {
      const model = sparsify(dense, { execution });
      prune(model, 0.6);
      const x = tf.randomNormal([block.batch, block.size, block.size, 2], 0, 1, 'float32', 6);
      tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
      const seen = tapped(model, () => {
        tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar());
      });
      x.dispose();
      model.dispose();
      return new Map(seen.map((op) => [op.layer, op]));
    });
    expect([...(actual?.keys() ?? [])].sort()).toEqual([...(expected?.keys() ?? [])].sort());
    for (const [layer, op] of actual ?? []) {
      for (const role of ['W', 'A', 'E', 'G'] as const) {
        const other = expected?.get(layer)?.[role];
        expect(op[role].shape).toEqual(other?.shape);
        const difference = relativeDifference(op[role].data, Float64Array.from(other?.data as Float32Array));
        expect(difference, `${layer} ${role}`).toBeLessThan(1e-3);
      }
    }
    dense.dispose();
  });
});
