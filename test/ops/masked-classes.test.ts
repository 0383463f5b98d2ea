import * as tf from '@tensorflow/tfjs';
import { hardwareCost, pruning } from 'tfjs-sparsity/callbacks';
import { denseArray } from 'tfjs-sparsity/hw';
import {
  attachTap,
  type PrunableKernel,
  prunableKernels,
  registerMaskedLayer,
  sparsify,
  sparsifyReport,
  strip,
} from 'tfjs-sparsity/ops';
import {
  bdwp,
  biMask,
  constantSchedule,
  gradualMagnitude,
  sdgp,
  sdwp,
  sparseTrain,
  sparsityOf,
  srSte,
  swat,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';

const { layers } = tf;
const initial = (seed: number) => tf.initializers.glorotNormal({ seed });
const recurrent = {
  name: 'mine',
  units: 4,
  returnSequences: true,
  inputShape: [3, 4],
  kernelInitializer: initial(1),
  recurrentInitializer: initial(2),
};
const image = { name: 'mine', filters: 4, kernelSize: 2, inputShape: [4, 4, 2] };

interface Kernel {
  readonly name: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly axes: readonly [number, number];
}

const recurrentKernels = (gates: number): Kernel[] => [
  { name: 'mine/kernel', kind: 'dense', shape: [4, 4 * gates], axes: [0, 1] },
  { name: 'mine/recurrent', kind: 'dense', shape: [4, 4 * gates], axes: [0, 1] },
];

/** A layer of each class, the kernels that it has, the layers that the tap reports for it, and its inputs. */
const classes: Record<string, { make: () => tf.layers.Layer; kernels: Kernel[]; tapped: string[]; words?: true }> = {
  Conv2DTranspose: {
    make: () => layers.conv2dTranspose({ ...image, strides: 2, kernelInitializer: initial(1) }),
    kernels: [{ name: 'mine', kind: 'conv2d', shape: [2, 2, 4, 2], axes: [3, 2] }],
    tapped: ['mine'],
  },
  SeparableConv2D: {
    make: () => layers.separableConv2d({ ...image, depthMultiplier: 2, depthwiseInitializer: initial(1) }),
    kernels: [
      { name: 'mine/depthwise', kind: 'depthwiseConv2d', shape: [2, 2, 2, 2], axes: [2, 3] },
      { name: 'mine/pointwise', kind: 'conv2d', shape: [1, 1, 4, 4], axes: [2, 3] },
    ],
    tapped: ['mine/depthwise', 'mine/pointwise'],
  },
  Embedding: {
    make: () => layers.embedding({ name: 'mine', inputDim: 6, outputDim: 4, inputLength: 5, embeddingsInitializer: initial(1) }),
    kernels: [{ name: 'mine', kind: 'dense', shape: [6, 4], axes: [0, 1] }],
    tapped: [],
    words: true,
  },
  SimpleRNN: {
    make: () => layers.simpleRNN({ ...recurrent }),
    kernels: recurrentKernels(1),
    tapped: ['mine/kernel', 'mine/recurrent'],
  },
  GRU: {
    make: () => layers.gru({ ...recurrent }),
    kernels: recurrentKernels(3),
    tapped: ['mine/kernel', 'mine/recurrent[:][0:8]', 'mine/recurrent[:][8:12]'],
  },
  LSTM: {
    make: () => layers.lstm({ ...recurrent }),
    kernels: recurrentKernels(4),
    tapped: ['mine/kernel', 'mine/recurrent'],
  },
};

const half = () => gradualMagnitude({ schedule: constantSchedule({ sparsity: 0.5 }) });
const zerosOf = (kernel: PrunableKernel) => kernel.readKernel().filter((w) => w === 0).length;
const predicted = (model: tf.LayersModel, x: tf.Tensor) => tf.tidy(() => (model.predict(x) as tf.Tensor).dataSync().slice());

function data(words: boolean, model: tf.LayersModel): [x: tf.Tensor, y: tf.Tensor] {
  const shape = [6, ...(model.inputs[0] as tf.SymbolicTensor).shape.slice(1)] as number[];
  const x = words ? tf.tidy(() => tf.range(0, 30).mod(6).reshape(shape)) : tf.randomNormal(shape, 0, 1, 'float32', 1);
  return [x as tf.Tensor, tf.randomNormal([6, 3], 0, 1, 'float32', 2)];
}

const build = (layer: tf.layers.Layer): tf.Sequential =>
  tf.sequential({ layers: [layer, layers.flatten(), layers.dense({ name: 'head', units: 3, kernelInitializer: initial(3) })] });

/** A sparsified model of a class and its data, disposed behind `body`. */
async function withModel(
  { make, words = false }: { make: () => tf.layers.Layer; words?: boolean },
  body: (model: tf.Sequential, x: tf.Tensor, y: tf.Tensor) => Promise<void>,
): Promise<void> {
  await expectNoLeak(async () => {
    const dense = build(make());
    const model = sparsify(dense, { execution: 'sparse' });
    const [x, y] = data(words, dense);
    expect(predicted(model, x)).toEqual(predicted(dense, x));
    await body(model, x, y);
    tf.dispose([x, y]);
    for (const m of [dense, model]) m.dispose();
  });
}

async function copyOf(model: tf.LayersModel): Promise<tf.LayersModel> {
  let stored: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      stored = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  return tf.loadLayersModel(tf.io.fromMemory(stored));
}

describe.each(Object.entries(classes))('%s', (className, each) => {
  it('becomes prunable, with the reduction axes of its kernels', async () => {
    await withModel(each, async (model) => {
      expect(sparsifyReport(model)).toMatchObject({ masked: ['mine', 'head'], skipped: [] });
      const found = prunableKernels(model).slice(0, -1);
      expect(
        found.map(({ info: { name, kind, shape, inputAxis, outputAxis } }) => [name, kind, shape, inputAxis, outputAxis]),
      ).toEqual(each.kernels.map(({ name, kind, shape, axes }) => [name, kind, shape, ...axes]));
    });
  });

  it('trains to exactly the sparsity asked for, its masked weights 0 under Adam, and is stripped, saved and loaded', async () => {
    await withModel(each, async (model, x, y) => {
      const optimizer = tf.train.adam(0.05);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const kernels = prunableKernels(model);
      const before = kernels.map((kernel) => kernel.readKernel());
      await model.fit(x, y, { epochs: 3, batchSize: 3, verbose: 0, callbacks: [pruning(half())] });
      for (const [i, kernel] of kernels.entries()) {
        expect(sparsityOf(kernel.masks.forward as Uint8Array)).toBe(0.5);
        expect(zerosOf(kernel)).toBe(kernel.readKernel().length / 2);
        expect(kernel.readKernel().some((w, j) => w !== 0 && w !== before[i]?.[j])).toBe(true);
        for (const slot of Object.values(kernel.readSlots(optimizer))) {
          expect(slot.every((value, j) => kernel.masks.forward?.[j] || value === 0)).toBe(true);
        }
      }
      const [plain, loaded] = [strip(model), await copyOf(model)];
      expect(plain.layers[0]?.getClassName()).toBe(className);
      expect(loaded.layers[0]?.getClassName()).toBe(`Masked${className}`);
      expect(prunableKernels(loaded).map(({ masks }) => masks)).toEqual(kernels.map(({ masks }) => masks));
      // The head runs in lanes, which add in another order.
      const outputs = predicted(model, x);
      for (const other of [plain, loaded]) {
        predicted(other, x).forEach((value, j) => void expect(value).toBeCloseTo(outputs[j] as number, 5));
      }
      for (const m of [plain, loaded]) m.dispose();
      optimizer.dispose();
    });
  });

  it('shows the tap and the hardware its weights in use', async () => {
    await withModel(each, async (model, x, y) => {
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const seen = new Map<string, number>();
      const cost = hardwareCost({ accelerators: [denseArray()] });
      // The masks are made before the first step, so that all of them are in force in it.
      await model.fit(x, y, { verbose: 0, callbacks: [pruning(half())] });
      const tap = attachTap(model, {
        onOp: ({ layer, W }) => void seen.set(layer, [...W.dataSync()].filter((w) => w !== 0).length / W.size),
      });
      await model.trainOnBatch(x, y);
      tap.detach();
      expect([...seen.keys()].sort()).toEqual(['head', ...each.tapped]);
      const whole = (name: string) => [...seen].filter(([layer]) => layer.startsWith(name) && !layer.includes('['));
      for (const { name } of each.kernels) for (const [, density] of whole(name)) expect(density).toBe(0.5);
      await model.fit(x, y, { verbose: 0, callbacks: [cost] });
      expect((await cost.report()).toTable()).toContain('head');
      model.optimizer.dispose();
    });
  });
});

describe('masked classes of tfjs', () => {
  it('refuse masks of the input gradient of their own, and say how to go on', async () => {
    await withModel(classes.LSTM as (typeof classes)[string], async (model, x, y) => {
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const mask = new Uint8Array(64).fill(1);
      const master = { pruned: 'dense-master', slots: 'keep', decay: 0 } as const;
      prunableKernels(model)[0]?.repack({ forward: mask, backward: null, gradient: null }, master);
      await expect(model.trainOnBatch(x, y)).rejects.toThrow(
        /its class are not known\. Exclude mine\/\* from this method or mine in/,
      );
      model.optimizer.dispose();
    });
  });

  it.each([bdwp({ n: 1, m: 2 }), biMask({ n: 1, m: 2 }), sdwp({ n: 1, m: 2 }), sdgp({ n: 1, m: 2 }), swat(), sparseTrain()])(
    'are left dense, and listed, by methods that need to know their products: $name',
    async (method) => {
      await withModel(classes.LSTM as (typeof classes)[string], async (model, x, y) => {
        model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const callback = pruning(method);
        await model.fit(x, y, { verbose: 0, callbacks: [callback] });
        const reason = 'its products are not known: one mask serves both directions, and operands are not thinned';
        expect(callback.skips).toEqual(['mine/kernel', 'mine/recurrent'].map((layer) => ({ layer, reason })));
        model.optimizer.dispose();
      });
    },
  );

  it('train with groups of the weights, also when these have moved since the masks were made', async () => {
    await withModel(classes.GRU as (typeof classes)[string], async (model, x, y) => {
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await model.fit(x, y, { verbose: 0, callbacks: [pruning(srSte({ n: 1, m: 2 }))] });
      const [first] = [await model.trainOnBatch(x, y)] as number[];
      expect(await model.trainOnBatch(x, y)).toBeLessThan(first as number);
      for (const { masks } of prunableKernels(model)) expect(masks.backward).toEqual(masks.forward);
      model.optimizer.dispose();
    });
  });

  it('keep their constraints, and what a recurrent layer is told', async () => {
    await expectNoLeak(() => {
      const told = { ...recurrent, goBackwards: true, dropout: 0.5, recurrentDropout: 0.25 };
      const made = [
        layers.separableConv2d({ ...image, depthwiseRegularizer: 'l1l2', depthwiseConstraint: 'nonNeg' }),
        layers.lstm(told),
        layers.conv2dTranspose({ ...image, padding: 'same', activation: 'relu', dataFormat: 'channelsFirst' }),
      ];
      for (const layer of made) {
        const dense = tf.sequential({ layers: [layer] });
        const model = sparsify(dense);
        expect(model.layers[0]?.getConfig()).toMatchObject(layer.getConfig());
        for (const m of [dense, model]) m.dispose();
      }
    });
  });

  it('stay dense where tfjs cannot train them, or no mask reaches their kernels, with the reason', async () => {
    await expectNoLeak(() => {
      const reasons = (layer: tf.layers.Layer) => {
        const dense = tf.sequential({ layers: [layer] });
        const model = sparsify(dense);
        const { skipped } = sparsifyReport(model);
        for (const m of [dense, model]) m.dispose();
        return skipped.map(({ reason }) => reason);
      };
      const { inputShape } = recurrent;
      const both = layers.bidirectional({ layer: layers.gru({ units: 2 }) as tf.RNN, mergeMode: 'concat', inputShape });
      expect(reasons(both)[0]).toMatch(/^a bidirectional wrapper/);
      const cells = [layers.gruCell({ units: 2 }), layers.lstmCell({ units: 2 })];
      expect(reasons(layers.rnn({ cell: cells, inputShape }))[0]).toMatch(/^an RNN of cells/);
      expect(reasons(layers.separableConv2d({ ...image, dilationRate: 2 }))[0]).toMatch(/^a dilated convolution/);
      expect(reasons(layers.conv3d({ filters: 1, kernelSize: 1, inputShape: [2, 2, 2, 1] }))[0]).toContain('five axes');
    });
  });

  it('are within wrappers over time, and are shared, each kernel once', async () => {
    await expectNoLeak(() => {
      const input = tf.input({ shape: [2, 3, 4] });
      const shared = layers.lstm({ ...recurrent });
      const steps = layers.timeDistributed({ name: 'steps', layer: shared }).apply(input) as tf.SymbolicTensor;
      const dense = tf.model({ inputs: input, outputs: steps });
      const model = sparsify(dense);
      expect(prunableKernels(model).map(({ info }) => info.name)).toEqual(['mine/kernel', 'mine/recurrent']);
      const x = tf.randomNormal([2, 2, 3, 4], 0, 1, 'float32', 1);
      expect(predicted(model, x)).toEqual(predicted(dense, x));
      x.dispose();
      for (const m of [dense, model]) m.dispose();
    });
  });

  it('may be registered again as they are', () => {
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    registerMaskedLayer(classNameMap.LSTM?.[0] as never, {
      kernel: ['cell.kernel', 'cell.recurrentKernel'],
      inputAxis: 0,
      outputAxis: 1,
    });
  });
});
