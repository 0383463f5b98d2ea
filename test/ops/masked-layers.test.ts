import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  maskedConv1d,
  maskedConv2d,
  maskedDense,
  maskedDepthwiseConv2d,
  optimizerSlots,
  type PrunedTreatment,
  prunableKernels,
} from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';

const zero: PrunedTreatment = { pruned: 'zero', slots: 'zero', decay: 0 };
const master: PrunedTreatment = { pruned: 'dense-master', slots: 'keep', decay: 0.01 };

function randomMask(seed: number, size: number): Uint8Array {
  const rng = createRng(seed);
  return Uint8Array.from({ length: size }, () => (rng.uniform() < 0.5 ? 0 : 1));
}

function model(sparsity?: { initial: number }): tf.Sequential {
  const option = sparsity ? { sparsity } : {};
  return tf.sequential({
    layers: [
      maskedConv2d({ name: 'c2', filters: 4, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2], ...option }),
      maskedDepthwiseConv2d({ name: 'dw', kernelSize: 2, padding: 'same', ...option }),
      tf.layers.reshape({ targetShape: [16, 4] }),
      maskedConv1d({ name: 'c1', filters: 3, kernelSize: 3, strides: 2, activation: 'tanh', ...option }),
      tf.layers.timeDistributed({ layer: maskedDense({ name: 'time', units: 4, kernelRegularizer: 'l1l2', ...option }) }),
      tf.layers.flatten(),
      maskedDense({ name: 'fc', units: 3, activation: 'softmax', kernelRegularizer: 'l1l2', ...option }),
    ],
  });
}

function maskAll(m: tf.LayersModel, treatment: PrunedTreatment, backward = false): void {
  for (const [i, kernel] of prunableKernels(m).entries()) {
    const size = kernel.readKernel().length;
    const mask = randomMask(i, size);
    kernel.repack(
      { forward: mask, backward: backward ? randomMask(i + 50, size) : mask, gradient: mask },
      treatment,
      m.optimizer,
    );
  }
}

const data = () => ({
  x: tf.randomNormal([8, 6, 6, 2], 0, 1, 'float32', 3),
  y: tf.tidy(() => tf.eye(3).tile([3, 1]).slice([0, 0], [8, 3])),
});
const weightsOf = (m: tf.LayersModel) => m.getWeights().map((w) => Array.from(w.dataSync()));

async function withData(body: (d: ReturnType<typeof data>) => Promise<void>): Promise<void> {
  const d = data();
  await body(d);
  tf.dispose(d);
}

async function saved(m: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts = {};
  await m.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = JSON.parse(JSON.stringify({ ...given, weightData: undefined }));
      artifacts.weightData = given.weightData as ArrayBuffer;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return artifacts;
}

describe('masked layers', () => {
  it('take and give what the plain layers do: names, parameters, weights, config', async () => {
    await expectNoLeak(() => {
      const plain = tf.layers.dense({ name: 'a', units: 3, inputShape: [5], activation: 'relu' });
      const masked = maskedDense({ name: 'b', units: 3, inputShape: [5], activation: 'relu' });
      const models = [plain, masked].map((layer) => tf.sequential({ layers: [layer] }));
      expect(masked.countParams()).toBe(plain.countParams());
      masked.setWeights(plain.getWeights());
      expect(masked.getWeights().map(({ shape }) => shape)).toEqual([[5, 3], [3]]); // biome-ignore format: shapes
      expect({ ...masked.getConfig(), name: 'a' }).toEqual(plain.getConfig());
      for (const m of models) m.dispose();
    });
  });

  it('compute, trained or not, what a plain model does whose kernels are multiplied by the masks', async () => {
    await expectNoLeak(() =>
      withData(async ({ x, y }) => {
        const m = model();
        m.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
        maskAll(m, master);
        const before = m.predict(x) as tf.Tensor;
        const loss = await m.evaluate(x, y);
        const trained = (await m.trainOnBatch(x, y)) as number;
        for (const kernel of prunableKernels(m)) {
          kernel.writeKernel(kernel.readKernel().map((w, i) => (kernel.masks.forward?.[i] ? w : 0)));
          kernel.repack({ forward: null, backward: null, gradient: null }, master);
        }
        const after = m.predict(x) as tf.Tensor;
        expect(before.dataSync()).toEqual(after.dataSync());
        // Training sees the regularizer of the dense master too.
        expect(trained).toBeGreaterThan((loss as tf.Scalar).dataSync()[0] as number);
        tf.dispose([before, after, loss]);
        m.optimizer.dispose();
        m.dispose();
      }),
    );
  });

  it('predict with the kernel itself where it is 0 under its mask, and with none that is not', async () => {
    await expectNoLeak(async () => {
      const m = tf.sequential({
        layers: [maskedDense({ units: 3, inputShape: [4], useBias: false, sparsity: { initial: 0.5 } })],
      });
      const [kernel] = prunableKernels(m);
      const mask = kernel?.masks.forward as Uint8Array;
      const variable = (m.layers[0] as tf.layers.Layer & { kernel: { read(): tf.Variable } }).kernel.read();
      const x = tf.eye(4);
      const predicted = async () => {
        let values: ArrayLike<number> = [];
        const { kernelNames } = await tf.profile(() => {
          tf.tidy(() => {
            values = (m.predict(x) as tf.Tensor).dataSync();
          });
          return x;
        });
        return { values: [...(values as Float32Array)], multiplies: kernelNames.includes('Multiply') };
      };
      expect(await predicted()).toEqual({ values: [...(kernel?.readKernel() ?? [])], multiplies: false });
      // From outside, around all that keeps pruned weights at 0.
      tf.tidy(() => variable.assign(tf.ones([4, 3])));
      const values = Array.from(mask);
      expect(await predicted()).toEqual({ values, multiplies: true });
      expect(await predicted()).toEqual({ values, multiplies: false });
      x.dispose();
      m.dispose();
    });
  });

  it('keep pruned weights at exactly 0 while training, from a static sparse start', async () => {
    await expectNoLeak(() =>
      withData(async ({ x, y }) => {
        const m = model({ initial: 0.75 });
        m.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
        for (const { masks, info } of prunableKernels(m)) {
          const size = info.shape.reduce((a, b) => a * b, 1);
          expect((masks.forward as Uint8Array).filter((bit) => !bit).length).toBe(Math.round(0.75 * size));
        }
        await m.fit(x, y, { epochs: 3, batchSize: 4, verbose: 0 });
        for (const kernel of prunableKernels(m)) {
          const values = kernel.readKernel();
          for (const [i, bit] of (kernel.masks.forward as Uint8Array).entries()) {
            if (bit) expect(values[i]).not.toBe(0);
            else expect(values[i]).toBe(0);
          }
        }
        m.dispose();
      }),
    );
  });

  it('stay exactly 0, slots too, under each optimizer of tfjs and a regularizer that pulls at 0', async () => {
    await withData(async ({ x, y }) => {
      const { train } = tf;
      const optimizers = [
        train.sgd(0.1),
        train.momentum(0.1, 0.9),
        train.adagrad(0.1),
        train.adadelta(0.1),
        train.adam(0.01),
        train.adamax(0.01),
        // Not centered: tfjs 4.22 then divides by sqrt(v - (m^2 + epsilon)), NaN for any weight without gradient, pruned or not.
        train.rmsprop(0.01, 0.9, 0.9),
      ];
      for (const optimizer of optimizers) {
        const m = model();
        m.compile({ optimizer, loss: 'categoricalCrossentropy' });
        await m.trainOnBatch(x, y);
        for (let step = 0; step < 4; step++) {
          if (step % 2 === 0) maskAll(m, zero);
          await m.trainOnBatch(x, y);
          for (const kernel of prunableKernels(m)) kernel.enforce(optimizer);
          for (const [i, kernel] of prunableKernels(m).entries()) {
            const variable = m.layers.filter(({ weights }) => weights.length)[i].weights[0].read() as tf.Variable;
            for (const each of [variable, ...optimizerSlots(optimizer, variable)]) {
              const values = each.dataSync();
              const broken = values.findIndex((value, j) => kernel.masks.forward?.[j] === 0 && !Object.is(value, 0));
              expect([optimizer.getClassName(), each.name, broken]).toEqual([optimizer.getClassName(), each.name, -1]);
              expect(values.some((value) => value !== 0)).toBe(true);
            }
          }
        }
        m.dispose();
        optimizer.dispose();
      }
    });
  });

  it('keep pruned weights at 0 when weights are set from outside', async () => {
    await expectNoLeak(() => {
      const m = tf.sequential({
        layers: [maskedDense({ units: 4, inputShape: [4], useBias: false, sparsity: { initial: 0.5 } })],
      });
      const [kernel] = prunableKernels(m);
      tf.tidy(() => m.setWeights([tf.ones([4, 4])]));
      expect(Array.from(kernel.readKernel())).toEqual(Array.from(kernel.masks.forward as Uint8Array));
      m.dispose();
    });
  });

  it.each([
    ['zero', zero],
    ['dense-master', master],
  ] as const)('saved and loaded under %s, continue as if nothing had happened', async (_, treatment) => {
    await expectNoLeak(() =>
      withData(async ({ x, y }) => {
        const m = model();
        m.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
        maskAll(m, treatment, treatment.pruned === 'dense-master');
        const step = async (model: tf.LayersModel) => {
          await model.trainOnBatch(x, y);
          for (const kernel of prunableKernels(model)) kernel.enforce(model.optimizer);
        };
        await step(m);
        const loaded = await tf.loadLayersModel(tf.io.fromMemory(await saved(m)));
        loaded.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
        expect(prunableKernels(loaded).map(({ masks }) => masks)).toEqual(prunableKernels(m).map(({ masks }) => masks));
        expect(loaded.getConfig()).toEqual(JSON.parse(JSON.stringify(m.getConfig())));
        for (let i = 0; i < 2; i++) for (const each of [m, loaded]) await step(each);
        expect(weightsOf(loaded)).toEqual(weightsOf(m));
        for (const each of [m, loaded]) each.dispose();
      }),
    );
  });

  it('refuse what tfjs cannot train, and fractions that are none', () => {
    expect(() => maskedConv2d({ filters: 1, kernelSize: 2, dilationRate: 2 })).toThrow(/dilated convolution.*tf\.layers\.conv2d/);
    expect(() => maskedConv1d({ filters: 1, kernelSize: 2, padding: 'causal' })).toThrow(/causal padding/);
    for (const initial of [1, -0.1, Number.NaN]) {
      expect(() => maskedDense({ units: 1, sparsity: { initial } })).toThrow(/sparsity\.initial.*expected a number in \[0, 1\)/);
    }
  });

  it('refuse the masks of another architecture', async () => {
    const m = tf.sequential({ layers: [maskedDense({ units: 4, inputShape: [4], sparsity: { initial: 0.5 } })] });
    const config = m.layers[0]?.getConfig() as { sparsity: { state: { forward: string } } };
    config.sparsity.state.forward = 'ff';
    expect(() => tf.sequential({ layers: [maskedDense(config as never)] })).toThrow(
      /expected 4 hexadecimal digits for 16 weights/,
    );
    m.dispose();
  });
});

describe('a prunable kernel', () => {
  it('carries weights and slots over by position, and zeroes the masked ones, without -0', async () => {
    await expectNoLeak(async () => {
      const m = tf.sequential({ layers: [maskedDense({ name: 'fc', units: 2, inputShape: [2], useBias: false })] });
      m.compile({ optimizer: tf.train.momentum(0.1, 0.9), loss: 'meanSquaredError' });
      const [kernel] = prunableKernels(m);
      if (!kernel) throw new Error('no kernel');
      kernel.writeKernel(Float32Array.of(-1, 2, -3, 4));
      const x = tf.tensor2d([[1, 1]]);
      const y = tf.tensor2d([[0, 0]]);
      await m.trainOnBatch(x, y);
      // E = 2 (Y - y) / 2 = [-4, 6]; each slot is its gradient, each weight moves by 0.1 of it.
      expect(Array.from(kernel.readKernel(), (w) => Math.round(w * 1e4) / 1e4)).toEqual([-0.6, 1.4, -2.6, 3.4]);
      const mask = Uint8Array.of(0, 1, 1, 0);
      kernel.repack({ forward: mask, backward: mask, gradient: mask }, zero, m.optimizer);
      const values = kernel.readKernel();
      expect([Object.is(values[0], 0), Object.is(values[3], 0)]).toEqual([true, true]);
      const [iterations, slot] = await m.optimizer.getWeights();
      expect(Array.from(slot?.tensor.dataSync() ?? [], (v) => Math.round(v * 1e4) / 1e4)).toEqual([0, 6, -4, 0]);
      tf.dispose([x, y, iterations?.tensor]);
      // tfjs's momentum forgets the learning rate that it inherits.
      (m.optimizer as unknown as { c: tf.Scalar }).c.dispose();
      m.optimizer.dispose();
      m.dispose();
    });
  });

  it('law: after repack and write, masked weights are 0 or kept, as the treatment says', async () => {
    await expectNoLeak(() => {
      const m = tf.sequential({ layers: [maskedDense({ units: 3, inputShape: [5] })] });
      const [kernel] = prunableKernels(m);
      if (!kernel) throw new Error('no kernel');
      const bit = fc.constantFrom(0, 1);
      // Native TensorFlow flushes subnormal products to 0.
      const normalFloat = fc.float({ noNaN: true, noDefaultInfinity: true }).filter((v) => v === 0 || Math.abs(v) >= 2 ** -126);
      fc.assert(
        fc.property(
          fc.array(bit, { minLength: 15, maxLength: 15 }),
          fc.array(normalFloat, { minLength: 15, maxLength: 15 }),
          fc.boolean(),
          (bits, values, keep) => {
            const forward = Uint8Array.from(bits);
            kernel.repack({ forward, backward: null, gradient: null }, keep ? master : zero);
            kernel.writeKernel(Float32Array.from(values));
            kernel.enforce();
            const expected = values.map((v, i) => (keep || bits[i] ? v : 0));
            expect(Array.from(kernel.readKernel(), (v) => v + 0)).toEqual(expected.map((v) => v + 0));
          },
        ),
        { numRuns: 30, seed: 1 },
      );
      m.dispose();
    });
  });

  it('refuses masks and values of another size', () => {
    const m = tf.sequential({ layers: [maskedDense({ name: 'fc', units: 3, inputShape: [5] })] });
    const [kernel] = prunableKernels(m);
    const short = new Uint8Array(14);
    expect(() => kernel?.repack({ forward: short, backward: null, gradient: null }, zero)).toThrow(
      /mask of layer fc: got 14 elements, expected 15/,
    );
    expect(() => kernel?.writeKernel(new Float32Array(3))).toThrow(/values of layer fc: got 3 elements/);
    m.dispose();
  });
});
