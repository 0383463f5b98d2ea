import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkpoint, hardwareCost, pruning, restoreCheckpoint, seededBatches } from 'tfjs-sparsity/callbacks';
import { denseArray } from 'tfjs-sparsity/hw';
import { optimizerSlots, prunableKernels, readOptimizerState, sparsify, strip, writeOptimizerState } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend, isOn } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';
import { temporaryDirectory } from '../support/temporary.js';

const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });

function build(execution: 'dense' | 'sparse' = 'sparse'): tf.Sequential {
  const dense = tf.sequential({
    layers: [
      tf.layers.dense({ name: 'a', units: 12, activation: 'relu', inputShape: [10], ...initializer(1) }),
      tf.layers.dense({ name: 'b', units: 8, activation: 'relu', ...initializer(2) }),
      tf.layers.dense({ name: 'c', units: 2, ...initializer(3) }),
    ],
  });
  const model = sparsify(dense, { execution });
  dense.dispose();
  return model;
}

function data(): { xs: tf.Tensor; ys: tf.Tensor } {
  return { xs: tf.randomNormal([40, 10], 0, 1, 'float32', 1), ys: tf.randomNormal([40, 2], 0, 1, 'float32', 2) };
}

const zero = { pruned: 'zero', slots: 'zero', decay: 0 } as const;

function prune(model: tf.LayersModel, seed: number): void {
  const rng = createRng(seed);
  for (const kernel of prunableKernels(model)) {
    const mask = Uint8Array.from(kernel.readKernel(), () => (rng.uniform() < 0.7 ? 0 : 1));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, zero, model.optimizer);
  }
}

/** Shapes of weights and slots, layer by layer. */
const shapes = [[10, 12], [12], [12, 8], [8], [8, 2], [2]];

/** Runs `body`, and frees the count of steps that tfjs makes to save or load an optimizer, and forgets. */
async function withoutForgotten<T>(body: () => Promise<T>): Promise<T> {
  tf.engine().startScope();
  const result = await body();
  tf.engine().endScope();
  return result;
}

/** What `save` hands over, with the optimizer. */
async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  const saved: tf.io.ModelArtifacts[] = [];
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved.push(artifacts);
    return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
  });
  await withoutForgotten(() => model.save(handler, { includeOptimizer: true }));
  return saved[0];
}

const train = (model: tf.LayersModel, { xs, ys }: ReturnType<typeof data>, epochs = 2) =>
  model.fit(xs, ys, { epochs, batchSize: 20, shuffle: false, verbose: 0 });

describe('kernels whose kept values are trained by themselves', () => {
  it('are read as dense ones at any time, and hold what is written to them', async () => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      prune(model, 1);
      await train(model, set, 3);
      const [kernel] = prunableKernels(model) as [ReturnType<typeof prunableKernels>[number]];
      const layer = model.getLayer('a');
      expect(layer.getWeights()[0]?.shape).toEqual([10, 12]);
      expect(layer.getWeights()[0]?.dataSync()).toEqual(kernel.readKernel());
      const { forward } = kernel.masks;
      expect(kernel.readKernel().every((value, i) => (value === 0) === (forward?.[i] === 0))).toBe(true);
      const written = Float32Array.from({ length: 120 }, (_, i) => i / 100);
      tf.tidy(() => layer.setWeights([tf.tensor(written, [10, 12]), tf.zeros([12])]));
      const kept = written.map((value, i) => (forward?.[i] ? value : 0));
      expect(kernel.readKernel()).toEqual(kept);
      await model.trainOnBatch(set.xs, set.ys);
      const after = kernel.readKernel();
      // One step of Adam moves a weight by about its rate, from what was written.
      expect(Math.max(...after.map((value, i) => Math.abs(value - (kept[i] as number))))).toBeLessThan(0.01);
      expect(after).not.toEqual(kept);
      tf.dispose([set.xs, set.ys]);
      model.dispose();
    });
  });

  // A copy may share the memory of what it is a copy of.
  it.each<[string, (copies: tf.Tensor[], model: tf.LayersModel, variables: tf.Variable[]) => void]>([
    ['setWeights', (copies, model) => model.setWeights(copies)],
    ['their write', (copies, model) => copies.forEach((copy, i) => void model.weights[i]?.write(copy))],
    ['their variables', (copies, _, variables) => copies.forEach((copy, i) => void variables[i]?.assign(copy))],
  ])('hold copies of earlier weights that are written back through %s', async (_, write) => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      prune(model, 1);
      await train(model, set, 2);
      const variables = model.weights.map((weight) => weight.read() as tf.Variable);
      const copies = variables.map((variable) => variable.clone());
      const values = copies.map((copy) => copy.dataSync().slice());
      await train(model, set, 1);
      write(copies, model, variables);
      expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(values);
      tf.dispose([copies, set.xs, set.ys]);
      model.dispose();
    });
  });

  it.each(Object.entries(optimizers))('keep weights and slots of %s by position when masks change', async (name, create) => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      const optimizer = create();
      model.compile({ optimizer, loss: 'meanSquaredError' });
      prune(model, 1);
      await train(model, set, 3);
      for (const kernel of prunableKernels(model)) {
        kernel.settle();
        const variable = model.getLayer(kernel.info.name).weights[0]?.read() as tf.Variable;
        const before = [
          kernel.readKernel(),
          ...optimizerSlots(optimizer, variable).map((slot) => slot.dataSync<'float32'>().slice()),
        ];
        const mask = (kernel.masks.forward as Uint8Array).map((bit, i) => (i % 3 ? bit : 0));
        kernel.repack({ forward: mask, backward: mask, gradient: mask }, zero, optimizer);
        const after = [kernel.readKernel(), ...optimizerSlots(optimizer, variable).map((slot) => slot.dataSync<'float32'>())];
        expect(after).toEqual(before.map((values) => values.map((value, i) => (mask[i] ? value : 0))));
        expect(variable.shape).toEqual(kernel.info.shape);
      }
      await train(model, set, 1);
      tf.dispose([set.xs, set.ys]);
      model.dispose();
      optimizer.dispose();
      // tfjs's momentum forgets the learning rate that it inherits.
      if (name === 'momentum') (optimizer as unknown as { c: tf.Tensor }).c.dispose();
    });
  });

  it("are saved with dense slots under the layers' own names, and go on as if nothing had been saved", async () => {
    await expectNoLeak(async () => {
      const results: Float32Array[][] = [];
      for (const saves of [false, true]) {
        const [model, set] = [build(), data()];
        const optimizer = tf.train.adam(0.01);
        model.compile({ optimizer, loss: 'meanSquaredError' });
        prune(model, 1);
        await train(model, set, 2);
        if (saves) {
          const { weightSpecs = [] } = await artifactsOf(model);
          const variable = model.getLayer('a').weights[0].read() as tf.Variable;
          const slots = weightSpecs.filter(({ group }) => group === 'optimizer');
          expect(slots.map(({ shape }) => shape).slice(1)).toEqual([...shapes, ...shapes]);
          expect(slots[1].name).toBe(`${variable.name}/m`);
          expect(slots.map(({ name }) => name).filter((name) => name.includes('compact'))).toEqual([]);
        }
        await train(model, set, 2);
        results.push(model.getWeights().map((weight) => weight.dataSync<'float32'>().slice()));
        tf.dispose([set.xs, set.ys]);
        model.dispose();
        optimizer.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    });
  });

  it.each(Object.entries(optimizers))(
    'give the slots of %s back to who reads the optimizer, and go on in another model',
    async (name, create) => {
      await expectNoLeak(async () => {
        const set = data();
        const [model, other] = [0, 1].map(() => {
          const made = build();
          made.compile({ optimizer: create(), loss: 'meanSquaredError' });
          prune(made, 1);
          return made;
        }) as tf.LayersModel[] as [tf.LayersModel, tf.LayersModel];
        await train(model, set);
        const state = readOptimizerState(model.optimizer);
        const sizes = shapes.map((shape) => shape.reduce((size, axis) => size * axis, 1));
        for (const slots of Object.values(state.slots))
          if (slots.length) expect(slots.map((values) => values.length)).toEqual(sizes);
        other.setWeights(model.getWeights());
        writeOptimizerState(
          other.optimizer,
          state,
          other.trainableWeights.map((weight) => weight.read() as tf.Variable),
        );
        const losses = [];
        for (const each of [model, other]) losses.push((await train(each, set)).history.loss);
        expect(losses[1]).toEqual(losses[0]);
        for (const each of [model, other]) {
          const { optimizer } = each;
          optimizer.dispose();
          each.dispose();
          // tfjs's momentum forgets the learning rate that it inherits.
          if (name === 'momentum') (optimizer as unknown as { c: tf.Tensor }).c.dispose();
        }
        tf.dispose([set.xs, set.ys]);
      });
    },
  );

  it('have the slots of the variables that the model had before', async () => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      prune(model, 1);
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
      await withoutForgotten(async () => {
        await train(model, set);
        for (const variable of variables) {
          const slots = optimizerSlots(model.optimizer, variable);
          expect(slots.map(({ shape }) => shape)).toEqual([variable.shape, variable.shape]);
        }
        await train(model, set);
      });
      model.optimizer.dispose();
      model.dispose();
      tf.dispose([set.xs, set.ys]);
    });
  });

  it("are dense for tfjs's own getWeights and setWeights of the optimizer, also where masks change between them", async () => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      prune(model, 1);
      await withoutForgotten(async () => {
        await train(model, set);
        const [, ...slots] = await model.optimizer.getWeights();
        expect(slots.map(({ tensor }) => tensor.shape)).toEqual([...shapes, ...shapes]);
        const copies = (await model.optimizer.getWeights()).map(({ name, tensor }) => ({ name, tensor: tensor.clone() }));
        const weights = model.getWeights().map((w) => w.clone());
        const { loss } = (await train(model, set)).history;
        prune(model, 2);
        await train(model, set);
        prune(model, 1);
        model.setWeights(weights);
        // tfjs forgets those that it replaces.
        const [, ...replaced] = await model.optimizer.getWeights();
        await model.optimizer.setWeights(copies);
        tf.dispose(replaced.map(({ tensor }) => tensor));
        const again = (await train(model, set)).history.loss;
        again.forEach((value, i) => {
          expect(value).toBeCloseTo(loss?.[i] as number, 4);
        });
      });
      model.dispose();
      tf.dispose([set.xs, set.ys]);
    });
  });

  it('are dense for who trains a kernel by a loss of its own, with the same optimizer', async () => {
    await expectNoLeak(async () => {
      const set = data();
      const results: Float32Array[][] = [];
      for (const model of [build('dense'), build()]) {
        model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
        prune(model, 1);
        await train(model, set);
        const kernel = model.layers[0]?.trainableWeights[0]?.read() as tf.Variable;
        await train(model, set);
        model.optimizer.minimize(() => kernel.square().sum(), false, [kernel]);
        await train(model, set);
        results.push(model.getWeights().map((weight) => weight.dataSync<'float32'>().slice()));
        model.optimizer.dispose();
        model.dispose();
      }
      results[1]?.forEach((values, i) => {
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(results[0]?.[i]?.[j] as number, 4);
      });
      tf.dispose([set.xs, set.ys]);
    });
  });

  it('take over the slots of an optimizer that was loaded beside its original', async () => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      const optimizer = tf.train.rmsprop(0.01, 0.9, 0.5);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      prune(model, 1);
      await train(model, set, 2);
      const artifacts = await artifactsOf(model);
      const loaded = await withoutForgotten(() => tf.loadLayersModel(tf.io.fromMemory(artifacts)));
      const beside = sparsify(loaded, { execution: 'sparse' });
      beside.compile({ optimizer: loaded.optimizer, loss: 'meanSquaredError' });
      // The layers run in lanes, by which their kernels get ready to be compact, before the first step.
      for (const each of [model, beside]) tf.dispose(each.predict(set.xs));
      for (const each of [model, beside]) await train(each, set, 2);
      const [expected, weights] = [model, beside].map((each) => each.getWeights().map((weight) => weight.dataSync()));
      expect(weights).toEqual(expected);
      tf.dispose([set.xs, set.ys]);
      for (const each of [model, beside, loaded]) each.dispose();
      loaded.optimizer.dispose();
      optimizer.dispose();
    });
  });

  it.runIf(isOn('wasm', 'kept values by themselves are trained in lanes, on wasm'))(
    'say so where two slots may be theirs, and leave all as it is',
    async () => {
      const [model, set] = [build(), data()];
      const optimizer = tf.train.momentum(0.01, 0.9);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      prune(model, 1);
      await train(model, set, 1);
      prunableKernels(model).forEach((kernel) => {
        kernel.settle();
      });
      const slots = (optimizer as unknown as { accumulations: { originalName: string; variable: tf.Variable }[] }).accumulations;
      slots[0].originalName = 'a/kernel_98/momentum';
      slots.push({ originalName: 'a/kernel_99/momentum', variable: slots[0].variable });
      const before = tf.memory().numTensors;
      await expect(model.trainOnBatch(set.xs, set.ys)).rejects.toThrow(
        /optimizer slot a\/kernel\S*\/momentum: got \["a\/kernel_98\/momentum","a\/kernel_99\/momentum"\], expected one slot/,
      );
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it('give their gradient to a custom loop, before and after a fit', async () => {
    await expectNoLeak(async () => {
      const [model, set] = [build(), data()];
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      prune(model, 1);
      const gradient = () =>
        tf.tidy(() => {
          const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
          const loss = () =>
            tf.losses.meanSquaredError(set.ys, model.apply(set.xs, { training: true }) as tf.Tensor) as tf.Scalar;
          return Object.values(tf.variableGrads(loss, variables).grads).map((grad) => grad.dataSync<'float32'>().slice());
        });
      const first = gradient();
      expect(first.map(({ length }) => length)).toEqual([120, 12, 96, 8, 16, 2]);
      await train(model, set, 2);
      const second = gradient();
      expect(second.map(({ length }) => length)).toEqual([120, 12, 96, 8, 16, 2]);
      expect(second[0]).not.toEqual(first[0]);
      tf.dispose([set.xs, set.ys]);
      model.dispose();
    });
  });

  it('stay where they are, like all that is frozen, from the moment at which their layer is', async () => {
    await expectNoLeak(async () => {
      const set = data();
      const results: Float32Array[][] = [];
      for (const execution of ['dense', 'sparse'] as const) {
        const model = build(execution);
        const optimizer = tf.train.sgd(0.05);
        model.compile({ optimizer, loss: 'meanSquaredError' });
        prune(model, 1);
        await train(model, set, 3);
        const frozen = model.getLayer('a');
        const before = prunableKernels(model).map((kernel) => kernel.readKernel());
        frozen.trainable = false;
        await train(model, set, 2);
        const after = prunableKernels(model).map((kernel) => kernel.readKernel());
        expect(after[0]).toEqual(before[0]);
        expect(after[1]).not.toEqual(before[1]);
        frozen.trainable = true;
        await train(model, set, 2);
        expect(prunableKernels(model)[0]?.readKernel()).not.toEqual(before[0]);
        results.push(model.getWeights().map((weight) => weight.dataSync<'float32'>().slice()));
        model.dispose();
        optimizer.dispose();
      }
      results[1]?.forEach((values, i) => {
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(results[0]?.[i]?.[j] as number, 4);
      });
      tf.dispose([set.xs, set.ys]);
    });
  });

  it('get what is added to the gradient as dense ones do, from the next step on', async () => {
    await expectNoLeak(async () => {
      const set = data();
      const results: Float32Array[] = [];
      for (const execution of ['dense', 'sparse'] as const) {
        const model = build(execution);
        const optimizer = tf.train.adam(0.01);
        model.compile({ optimizer, loss: 'meanSquaredError' });
        prune(model, 1);
        await train(model, set, 3);
        const [kernel] = prunableKernels(model);
        kernel.addToGradient(new Float32Array(120).fill(0.5));
        await train(model, set, 2);
        kernel.addToGradient(undefined);
        await train(model, set, 2);
        results.push(kernel.readKernel());
        model.dispose();
        optimizer.dispose();
      }
      results[1]?.forEach((value, i) => {
        expect(value).toBeCloseTo(results[0]?.[i] as number, 4);
      });
      tf.dispose([set.xs, set.ys]);
    });
  });

  it.runIf(isOn('wasm', 'kept values by themselves are trained in lanes, on wasm'))(
    'are read, saved and trained on another backend too, and on wasm again',
    async () => {
      await expectNoLeak(async () => {
        const set = data();
        const results: Float32Array[][] = [];
        for (const execution of ['dense', 'sparse'] as const) {
          const model = build(execution);
          const optimizer = tf.train.adam(0.01);
          model.compile({ optimizer, loss: 'meanSquaredError' });
          prune(model, 1);
          const seen: Float32Array[] = [];
          const look = () =>
            tf.tidy(() => {
              seen.push((model.predict(set.xs) as tf.Tensor).dataSync<'float32'>().slice());
              seen.push(...model.getWeights().map((weight) => weight.dataSync<'float32'>().slice()));
            });
          try {
            for (const name of ['wasm', 'cpu', 'cpu', 'wasm', 'cpu']) {
              await tf.setBackend(name);
              look();
              await train(model, set, 2);
            }
            look();
            const stripped = strip(model);
            seen.push(tf.tidy(() => (stripped.predict(set.xs) as tf.Tensor).dataSync<'float32'>().slice()));
            stripped.dispose();
            model.dispose();
          } finally {
            await tf.setBackend('wasm');
          }
          optimizer.dispose();
          results.push(seen);
        }
        results[1]?.forEach((values, i) => {
          for (const [j, value] of values.entries()) expect(value).toBeCloseTo(results[0]?.[i]?.[j] as number, 4);
        });
        tf.dispose([set.xs, set.ys]);
      });
    },
  );

  it('train on images of any size, from step to step', async () => {
    const dense = tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same', inputShape: [null, null, 2], ...initializer(1) }),
        tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, ...initializer(2) }),
        tf.layers.globalMaxPooling2d({ dataFormat: 'channelsLast' }),
      ],
    });
    const results: number[][] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const model = sparsify(dense, { execution, breakEven: 0 });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      prune(model, 4);
      const losses: number[] = [];
      for (const size of [8, 8, 8, 5, 9, 8]) {
        const [x, y] = [tf.randomNormal([3, size, size, 2], 0, 1, 'float32', size), tf.ones([3, 4])];
        losses.push((await model.trainOnBatch(x, y)) as number);
        tf.dispose([x, y]);
      }
      results.push(losses);
      model.dispose();
    }
    results[1]?.forEach((loss, i) => {
      expect(loss).toBeCloseTo(results[0]?.[i] as number, 4);
    });
    dense.dispose();
  });

  it('train on through the small batch at the end of an epoch, for which the convolution takes its dense kernel', async () => {
    await expectNoLeak(async () => {
      const [xs, ys] = [tf.randomNormal([67, 6, 6, 8], 0, 1, 'float32', 1), tf.randomNormal([67, 3], 0, 1, 'float32', 2)];
      const dense = tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 6, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 8], ...initializer(1) }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 3, ...initializer(2) }),
        ],
      });
      const sizes: number[] = [];
      const results: number[][] = [];
      for (const execution of ['dense', 'sparse'] as const) {
        const model = sparsify(dense, { execution });
        model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' });
        prune(model, 4);
        const { accumulatedFirstMoment } = model.optimizer as unknown as { accumulatedFirstMoment: { variable: tf.Variable }[] };
        const onBatchEnd = async () => void sizes.push(accumulatedFirstMoment[0]?.variable.size as number);
        const { history } = await withoutForgotten(() =>
          model.fit(xs, ys, { epochs: 3, batchSize: 32, shuffle: false, verbose: 0, callbacks: { onBatchEnd } }),
        );
        results.push([...(history.loss as number[]), ...model.getWeights().flatMap((w) => [...w.dataSync()])]);
        model.optimizer.dispose();
        model.dispose();
      }
      results[1]?.forEach((value, i) => {
        expect(value).toBeCloseTo(results[0]?.[i] as number, 4);
      });
      // 3 x 3 x 8 x 6 weights; kept values from the second batch of the first epoch on, without a break.
      const all = 432;
      const kept = sizes.slice(10).map((size) => size < all);
      expect(sizes.slice(0, 10)).toEqual(Array(10).fill(all));
      expect(kept).toEqual(Array(8).fill(backend === 'wasm'));
      tf.dispose([xs, ys]);
      dense.dispose();
    });
  });

  it('resume from a checkpoint bit for bit, and tell the hardware how many slots there are', async () => {
    const { xs, ys } = data();
    const [pixels, targets] = [xs, ys].map((t) => t.dataSync<'float32'>().slice()) as [Float32Array, Float32Array];
    tf.dispose([xs, ys]);
    const run = async (dir: string, epochs: number) => {
      const model = build();
      const optimizer = tf.train.adam(0.01);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const batches = seededBatches({
        xs: { data: pixels, shape: [40, 10] },
        ys: { data: targets, shape: [40, 2] },
        batchSize: 8,
        seed: 1,
      });
      const prune = pruning(gradualMagnitude({ finalSparsity: 0.8, endStep: 12, frequency: 3 }));
      const cost = hardwareCost({ accelerators: [denseArray()], workers: 0 });
      const callbacks = [prune, cost, checkpoint(dir, { every: 3, state: [batches] })];
      const start = await restoreCheckpoint(dir, model, { state: [...callbacks, batches] });
      await model.fitDataset(batches.dataset(start), { epochs, initialEpoch: start.epoch, callbacks, verbose: 0 });
      const weights = model.getWeights().map((weight) => weight.dataSync<'float32'>().slice());
      const report = await cost.report();
      model.dispose();
      optimizer.dispose();
      return { weights, update: report.accelerators[0]?.rows.filter(({ phase }) => phase === 'weightUpdate') };
    };
    const dir = await temporaryDirectory();
    const whole = await run(join(dir, 'whole'), 5);
    await run(join(dir, 'parts'), 3);
    const resumed = await run(join(dir, 'parts'), 5);
    expect(resumed).toEqual(whole);
    expect(whole.update?.[0]?.cost.macs.dense).toBeGreaterThan(25 * 120 * 2);
  });
});
