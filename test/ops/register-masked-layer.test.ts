import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { attachTap, prunableKernels, registerMaskedLayer, sparsify, sparsifyReport, strip } from 'tfjs-sparsity/ops';
import { constantSchedule, gradualMagnitude, nm } from 'tfjs-sparsity/pruning';
import { beforeAll, describe, expect, it } from 'vitest';
import { namedKernels } from '../../src/ops/model-layers.js';
import { expectNoLeak } from '../support/no-leak.js';

/** A dense layer of one's own, whose kernel comes second and is stored with outputs first: `y = x W^T + shift`. */
class Turned extends tf.layers.Layer {
  static readonly className: string = 'Turned';
  private shift!: tf.LayerVariable;
  private weight!: tf.LayerVariable;

  constructor(private readonly args: { units: number; name?: string; inputShape?: tf.Shape }) {
    super(args as object);
  }

  override build(inputShape: tf.Shape): void {
    const ones = tf.initializers.ones();
    this.shift = this.addWeight('shift', [this.args.units], 'float32', ones);
    const random = tf.initializers.glorotNormal({ seed: 5 });
    this.weight = this.addWeight('weight', [this.args.units, inputShape[1] as number], 'float32', random);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor2D;
    return tf.tidy(() => tf.matMul(x, this.weight.read() as tf.Tensor2D, false, true).add(this.shift.read()));
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0] as number, this.args.units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.args.units };
  }
}

/** A recurrent layer of one's own: `h_t = tanh(x_t kernel + h_{t-1} recurrent + bias)`, of which the last one comes out. */
class Recurrent extends tf.layers.Layer {
  static readonly className: string = 'Recurrent';
  private kernel!: tf.LayerVariable;
  private bias!: tf.LayerVariable;
  private recurrentKernel!: tf.LayerVariable;

  constructor(private readonly args: { units: number; name?: string; inputShape?: tf.Shape }) {
    super(args as object);
  }

  override build(inputShape: tf.Shape): void {
    const { units } = this.args;
    const random = (seed: number) => tf.initializers.glorotNormal({ seed });
    this.kernel = this.addWeight('kernel', [inputShape[2] as number, units], 'float32', random(1));
    this.bias = this.addWeight('bias', [units], 'float32', tf.initializers.zeros());
    this.recurrentKernel = this.addWeight('recurrent_kernel', [units, units], 'float32', random(2));
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => {
      const steps = tf.unstack([inputs].flat()[0] as tf.Tensor, 1);
      let h = tf.zeros([steps[0]?.shape[0] as number, this.args.units]) as tf.Tensor;
      for (const x of steps) {
        const next = tf.matMul(x, this.kernel.read()).add(tf.matMul(h, this.recurrentKernel.read()));
        h = next.add(this.bias.read()).tanh();
      }
      return h;
    });
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0] as number, this.args.units];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), units: this.args.units };
  }

  getPrunableWeights(): readonly tf.LayerVariable[] {
    return [this.kernel, this.recurrentKernel];
  }
}

/** A layer of two kernels whose names differ by the ending `_kernel` alone, and which may name one of them twice. */
class Gated extends tf.layers.Layer {
  static readonly className: string = 'Gated';
  private value!: tf.LayerVariable;
  private gate!: tf.LayerVariable;

  override build(inputShape: tf.Shape): void {
    const shape = [inputShape[1] as number, 2];
    this.value = this.addWeight('gate', shape, 'float32', tf.initializers.ones());
    this.gate = this.addWeight('gate_kernel', shape, 'float32', tf.initializers.ones());
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor2D;
    return tf.tidy(() => tf.matMul(x, this.value.read()).mul(tf.matMul(x, this.gate.read()).sigmoid()));
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return [inputShape[0] as number, 2];
  }
}

class Doubled extends Gated {
  static override readonly className: string = 'Doubled';
  getPrunableWeights(): readonly tf.LayerVariable[] {
    const [weight] = this.weights as [tf.LayerVariable];
    return [weight, weight];
  }
}

/** A layer that names its prunable weights itself, as tfmot wants it; not registered by hand. */
class Speaking extends Turned {
  static override readonly className: string = 'Speaking';
  named: readonly string[] = ['weight'];
  getPrunableWeights(): readonly tf.LayerVariable[] {
    return this.weights.filter(({ originalName }) => this.named.some((name) => originalName.endsWith(name)));
  }
}

class Stranger extends Turned {
  static override readonly className: string = 'Stranger';
}

beforeAll(() => {
  registerMaskedLayer(Turned, { kernel: 'weight', inputAxis: 1, outputAxis: 0 });
  tf.serialization.registerClass(Stranger);
  tf.serialization.registerClass(Doubled);
});

const head = () => tf.layers.dense({ name: 'head', units: 2, kernelInitializer: tf.initializers.glorotNormal({ seed: 7 }) });
const build = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer, head()] });
const turned = () => new Turned({ name: 'mine', units: 3, inputShape: [4] });

const mask = Uint8Array.of(1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0);
const all = { forward: mask, backward: mask, gradient: mask };
const zero = { pruned: 'zero', slots: 'zero', decay: 0 } as const;

function masked(): tf.Sequential {
  const dense = build(turned());
  const model = sparsify(dense);
  dense.dispose();
  return model;
}

async function withData(body: (x: tf.Tensor, y: tf.Tensor) => Promise<void>): Promise<void> {
  const [x, y] = [tf.randomNormal([6, 4], 0, 1, 'float32', 1), tf.randomNormal([6, 2], 0, 1, 'float32', 2)];
  await body(x, y);
  tf.dispose([x, y]);
}

describe('a layer class of your own', () => {
  it('is masked as the built-in ones are, with the axes it was registered with', async () => {
    await expectNoLeak(() => {
      const dense = build(turned());
      const model = sparsify(dense, { divisibleBy: { input: 4, output: 3 } });
      expect(sparsifyReport(model).masked).toEqual(['mine']);
      const [kernel] = prunableKernels(model);
      expect(kernel?.info).toEqual({ name: 'mine', kind: 'dense', shape: [3, 4], inputAxis: 1, outputAxis: 0, oneMask: true });
      expect(model.layers[0]?.getClassName()).toBe('MaskedTurned');
      for (const m of [dense, model]) m.dispose();
    });
  });

  it('trains as if its kernel were multiplied by the mask: gradients under M_g, weights and slots exactly 0', async () => {
    await expectNoLeak(() =>
      withData(async (x, y) => {
        for (const make of [() => tf.train.sgd(0.1), () => tf.train.adam(0.1)]) {
          const model = masked();
          model.compile({ optimizer: make(), loss: 'meanSquaredError' });
          const [kernel, last] = prunableKernels(model);
          kernel?.repack(all, zero, model.optimizer);
          const before = kernel?.readKernel() as Float32Array;
          await model.trainOnBatch(x, y);
          const after = kernel?.readKernel() as Float32Array;
          for (const [i, w] of after.entries()) expect(w === (mask[i] ? before[i] : 0)).toBe(!mask[i]);
          expect(last?.info.name).toBe('head');
          model.optimizer.dispose();
          model.dispose();
        }
      }),
    );
  });

  it('has, under dense masters, the gradient of the weights in use, times M_g, and the decay of the others', async () => {
    await expectNoLeak(() =>
      withData(async (x, y) => {
        const model = masked();
        const rate = 0.1;
        model.compile({ optimizer: tf.train.sgd(rate), loss: 'meanSquaredError' });
        const [kernel, last] = prunableKernels(model);
        const W = kernel?.readKernel() as Float32Array;
        const V = last?.readKernel() as Float32Array;
        kernel?.repack({ forward: mask, backward: mask, gradient: null }, { pruned: 'dense-master', slots: 'keep', decay: 0.5 });
        await model.trainOnBatch(x, y);
        const after = kernel?.readKernel() as Float32Array;
        // By hand: e = 2 (out - y) / 12, G = (e V^T)^T x, and W - rate (G + 0.5 (1 - M) W).
        const G = tf.tidy(() => {
          const use = tf.tensor2d(W.map((w, i) => w * (mask[i] as number)), [3, 4]); // biome-ignore format: one line
          const out = tf.matMul(tf.matMul(x as tf.Tensor2D, use, false, true).add(1) as tf.Tensor2D, tf.tensor2d(V, [3, 2]));
          const e = out.sub(y).mul(2 / 12) as tf.Tensor2D;
          return tf.matMul(tf.matMul(e, tf.tensor2d(V, [3, 2]), false, true), x as tf.Tensor2D, true, false).dataSync();
        });
        after.forEach((w, i) => {
          const decay = mask[i] ? 0 : 0.5 * (W[i] as number);
          expect(w).toBeCloseTo((W[i] as number) - rate * ((G[i] as number) + decay), 5);
        });
        model.optimizer.dispose();
        model.dispose();
      }),
    );
  });

  it('is stripped to the plain class, its other weights as they are, with the same outputs', async () => {
    await expectNoLeak(() =>
      withData(async (x) => {
        const model = masked();
        prunableKernels(model)[0]?.repack(all, { ...zero, pruned: 'dense-master' });
        const plain = strip(model);
        expect(plain.layers[0]?.getClassName()).toBe('Turned');
        const [a, b] = [model, plain].map((m) => tf.tidy(() => (m.predict(x) as tf.Tensor).dataSync()));
        expect(a).toEqual(b);
        const zeros = tf.tidy(() => [...((plain.layers[0] as tf.layers.Layer).getWeights()[1] as tf.Tensor).dataSync()]);
        expect(zeros.map((w) => (w === 0 ? 0 : 1))).toEqual([...mask]);
        for (const m of [model, plain]) m.dispose();
      }),
    );
  });

  it('is saved and loaded with its masks', async () => {
    await expectNoLeak(async () => {
      const model = masked();
      prunableKernels(model)[0]?.repack(all, zero);
      let stored: tf.io.ModelArtifacts = {};
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          stored = artifacts;
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        }),
      );
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(stored));
      expect(prunableKernels(loaded)[0]?.masks).toEqual(all);
      for (const m of [model, loaded]) m.dispose();
    });
  });

  it('trains dense under its mask in sparse execution, and the tap reports the weights in use', async () => {
    await expectNoLeak(() =>
      withData(async (x, y) => {
        const dense = build(turned());
        const model = sparsify(dense, { execution: 'sparse' });
        model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        prunableKernels(model)[0]?.repack(all, { ...zero, pruned: 'dense-master' });
        const seen: string[] = [];
        const tap = attachTap(model, {
          onOp: ({ layer, W }) => {
            const nonzeros = [...W.dataSync()].filter((w) => w !== 0).length;
            seen.push(`${layer} ${nonzeros}`);
          },
        });
        await model.trainOnBatch(x, y);
        tap.detach();
        expect(seen.sort()).toEqual(['head 6', 'mine 6']);
        model.optimizer.dispose();
        for (const m of [dense, model]) m.dispose();
      }),
    );
  });

  it('hands out the gradient of the weights in use, for methods that grow by it', async () => {
    await expectNoLeak(() =>
      withData(async (x, y) => {
        const model = masked();
        const rate = 0.5;
        model.compile({ optimizer: tf.train.sgd(rate), loss: 'meanSquaredError' });
        const [kernel] = prunableKernels(model);
        kernel?.repack({ forward: mask, backward: mask, gradient: null }, { pruned: 'dense-master', slots: 'keep', decay: 0 });
        kernel?.collectGradient(true);
        const before = kernel?.readKernel() as Float32Array;
        await model.trainOnBatch(x, y);
        const after = kernel?.readKernel() as Float32Array;
        const G = kernel?.gradient() as Float32Array;
        for (const [i, w] of after.entries()) expect(w).toBeCloseTo((before[i] as number) - rate * (G[i] as number), 5);
        kernel?.collectGradient(false);
        model.optimizer.dispose();
        model.dispose();
      }),
    );
  });

  it('refuses a mask of the input gradient of its own, and thinned operands', async () => {
    await expectNoLeak(() =>
      withData(async (x, y) => {
        const model = masked();
        model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const master = { pruned: 'dense-master', slots: 'keep', decay: 0 } as const;
        prunableKernels(model)[0]?.repack({ forward: mask, backward: null, gradient: null }, master);
        await expect(model.trainOnBatch(x, y)).rejects.toThrow(
          /^masks of layer mine: got a mask of the input gradient that differs/,
        );
        prunableKernels(model)[0]?.repack({ forward: mask, backward: mask, gradient: null }, master);
        prunableKernels(model)[0]?.thinOperands({ gradientA: (values) => values });
        await expect(model.trainOnBatch(x, y)).rejects.toThrow(
          /^masks of layer mine: got operands of the gradient products that are/,
        );
        model.optimizer.dispose();
        model.dispose();
      }),
    );
  });
});

describe('a layer with getPrunableWeights', () => {
  const report = (layer: tf.layers.Layer) => {
    const dense = build(layer);
    const model = sparsify(dense);
    const { masked: names, skipped } = sparsifyReport(model);
    for (const m of [dense, model]) m.dispose();
    return { names, reason: skipped[0]?.reason };
  };

  it('comes through the same door, without being registered', () => {
    expect(report(new Speaking({ name: 'mine', units: 3, inputShape: [4] })).names).toEqual(['mine', 'head']);
  });

  it.each([
    [[], 'its getPrunableWeights names no weight'],
    [['weight', 'shift'], 'its getPrunableWeights names other weights than weight, the kernels of its class'],
  ])('stays dense where it names %o', (named, reason) => {
    const layer = new Speaking({ name: 'mine', units: 3, inputShape: [4] });
    layer.named = named;
    expect(report(layer)).toEqual({ names: ['head'], reason });
  });

  it('stays dense where it names another weight than the first of its class did', () => {
    expect(report(new Speaking({ name: 'first', units: 3, inputShape: [4] })).names).toEqual(['first', 'head']);
    const layer = new Speaking({ name: 'mine', units: 3, inputShape: [4] });
    layer.named = ['shift'];
    const reason = 'its getPrunableWeights names other weights than weight, the kernels of its class';
    expect(report(layer)).toEqual({ names: ['head'], reason });
  });

  it('stays dense where it names a weight twice', () => {
    const reason = 'its getPrunableWeights names a weight twice';
    expect(report(new Doubled({ name: 'mine', inputShape: [4] }))).toEqual({ names: ['head'], reason });
  });

  it('is skipped with the reason where its class is unknown', () => {
    const { reason } = report(new Stranger({ name: 'mine', units: 3, inputShape: [4] }));
    expect(reason).toBe('there is no masked layer for Stranger');
  });
});

describe('a layer of several kernels', () => {
  const recurrent = () => tf.sequential({ layers: [new Recurrent({ name: 'mine', units: 4, inputShape: [3, 2] }), head()] });
  const masksOf = (model: tf.LayersModel) => prunableKernels(model).map(({ masks }) => masks);

  it('has masks on each, under the names by which the tap reports them, that training keeps', async () => {
    await expectNoLeak(async () => {
      const dense = recurrent();
      const model = sparsify(dense, { minWeights: 8 });
      expect(sparsifyReport(model).masked).toEqual(['mine', 'head']);
      const kernels = prunableKernels(model);
      expect(kernels.map(({ info }) => [info.name, info.shape])).toEqual([
        ['mine/kernel', [2, 4]],
        ['mine/recurrent', [4, 4]],
        ['head', [4, 2]],
      ]);
      model.compile({ optimizer: tf.train.adam(0.1), loss: 'meanSquaredError' });
      const seen = new Set<string>();
      const tap = attachTap(model, {
        onOp: ({ layer, W }) => {
          const kernel = kernels.find(({ info }) => info.name === layer);
          const kept = kernel?.masks.forward?.reduce((sum, bit) => sum + bit, 0) ?? W.size;
          expect([...W.dataSync()].filter((w) => w !== 0)).toHaveLength(kept);
          seen.add(layer);
        },
      });
      const [x, y] = [tf.randomNormal([6, 3, 2], 0, 1, 'float32', 1), tf.randomNormal([6, 2], 0, 1, 'float32', 2)];
      const method = gradualMagnitude({ schedule: constantSchedule({ sparsity: 0.5 }), exclude: ['head'] });
      await model.fit(x, y, { epochs: 3, batchSize: 6, verbose: 0, callbacks: [pruning(method)] });
      tap.detach();
      expect([...seen].sort()).toEqual(['head', 'mine/kernel', 'mine/recurrent']);
      const zeros = kernels.map((kernel) => kernel.readKernel().filter((w) => w === 0).length);
      expect(zeros).toEqual([4, 8, 0]);

      // What the layer computes is what a plain one does with the zeros in its kernels.
      const plain = strip(model);
      expect(plain.layers[0]?.getClassName()).toBe('Recurrent');
      const [a, b] = [model, plain].map((m) => tf.tidy(() => (m.predict(x) as tf.Tensor).dataSync()));
      expect(a).toEqual(b);
      let stored: tf.io.ModelArtifacts = {};
      await model.save(
        tf.io.withSaveHandler(async (artifacts) => {
          stored = artifacts;
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        }),
      );
      const loaded = await tf.loadLayersModel(tf.io.fromMemory(stored));
      expect(masksOf(loaded)).toEqual(masksOf(model));
      expect(masksOf(loaded).map(({ forward }) => forward === null)).toEqual([false, false, true]);
      model.optimizer.dispose();
      for (const m of [dense, model, plain, loaded]) m.dispose();
      tf.dispose([x, y]);
    });
  });

  it('has names that differ for its kernels, with as few parts as that takes', () => {
    registerMaskedLayer(Gated, { kernel: ['value', 'gate'] });
    const dense = build(new Gated({ name: 'mine', inputShape: [4] }));
    const model = sparsify(dense);
    expect(prunableKernels(model).map(({ info }) => info.name)).toEqual(['mine/gate', 'mine/gate_kernel', 'head']);
    for (const m of [dense, model]) m.dispose();
    const named = (...originalNames: string[]) => {
      const weights = originalNames.map((originalName) => ({ originalName, shape: [2, 2] }));
      return [...namedKernels({ weights } as unknown as tf.layers.Layer, 'mine').values()];
    };
    expect(named('rnn/kernel', 'rnn/recurrent_kernel')).toEqual(['mine/kernel', 'mine/recurrent']);
    expect(named('a/r/0/kernel', 'b/r/0/kernel')).toEqual(['mine/a/r/0/kernel', 'mine/b/r/0/kernel']);
    expect(named('a/w', 'a/w')).toEqual(['mine/a/w', 'mine/a/w#2']);
  });

  it('keeps one kernel masked and the other dense, in training and in a copy', async () => {
    await expectNoLeak(async () => {
      const dense = recurrent();
      const model = sparsify(dense);
      const kernel = prunableKernels(model)[1];
      const bits = Uint8Array.from({ length: 16 }, (_, i) => i % 2);
      kernel?.repack({ forward: bits, backward: bits, gradient: bits }, zero);
      const again = sparsify(model);
      expect(masksOf(again)).toEqual(masksOf(model));
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const [x, y] = [tf.ones([2, 3, 2]), tf.ones([2, 2])];
      const before = prunableKernels(model).map((each) => each.readKernel());
      await model.trainOnBatch(x, y);
      const moved = prunableKernels(model).map((each, k) => each.readKernel().map((w, i) => Number(w !== before[k]?.[i])));
      expect(moved.slice(0, 2)).toEqual([new Float32Array(8).fill(1), Float32Array.from(bits)]);
      model.optimizer.dispose();
      for (const m of [dense, model, again]) m.dispose();
      tf.dispose([x, y]);
    });
  });

  it('stays dense where a policy leaves one of them out', () => {
    const dense = recurrent();
    const model = sparsify(dense, { minWeights: 9 });
    expect(sparsifyReport(model).skipped[0]).toEqual({
      layer: 'mine',
      className: 'Recurrent',
      reason: 'its kernel has 8 weights, fewer than policy.minWeights = 9',
    });
    for (const m of [dense, model]) m.dispose();
  });
});

describe('registerMaskedLayer', () => {
  class Fresh extends Turned {
    static override readonly className: string = 'Fresh';
  }

  it('takes the same class with the same options twice', () => {
    registerMaskedLayer(Turned, { kernel: 'weight', inputAxis: 1, outputAxis: 0 });
  });

  it.each([
    [
      () => registerMaskedLayer(turned() as never, { kernel: 'weight' }),
      /^layer class: got .*, expected a class that extends tf\.layers\.Layer/,
    ],
    [() => registerMaskedLayer(class {} as never, { kernel: 'weight' }), /^layer class: got .*, expected a class that extends/],
    [() => registerMaskedLayer(Turned, { kernel: 'shift' }), /^layer class: got Turned, .*Register it once\.$/],
    [() => registerMaskedLayer(Fresh, { kernel: 'weight', inputAxis: 0.5 }), /^inputAxis of Fresh: got 0\.5/],
    [() => registerMaskedLayer(Fresh, { kernel: 'weight', outputAxis: -2 }), /^axes of Fresh: got \[-2,-2\], expected two axes/],
    [() => registerMaskedLayer(Fresh, { kernel: 7 as never }), /^kernel of Fresh: got 7, expected the name of a field/],
    [() => registerMaskedLayer(Fresh, { kernel: [] }), /^kernel of Fresh: got \[\], expected the name of a field/],
    [() => registerMaskedLayer(Fresh, { kernel: ['weight', 'weight'] }), /^kernel of Fresh: got \["weight","weight"\]/],
    [
      () => registerMaskedLayer(class Dense extends tf.layers.Layer { static readonly className = 'Dense' }, { kernel: 'weight' }), // biome-ignore format: one line
      /^layer class: got Dense, expected one that is not registered yet, nor its masked name\. Give your class another className\.$/,
    ],
  ])('refuses what it cannot register: %s', (register, message) => {
    expect(register).toThrow(message);
  });

  it.each(['LSTM', 'Sequential', 'Twin'])('leaves the classes of tfjs and of others as they are: %s', (className) => {
    class Other extends Turned {
      static override readonly className: string = className;
    }
    class MaskedTwin extends Turned {
      static override readonly className: string = 'MaskedTwin';
    }
    tf.serialization.registerClass(MaskedTwin);
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const before = { ...classNameMap };
    const message = `layer class: got ${className}, expected one that is not registered yet, nor its masked name. Give your class`;
    expect(() => registerMaskedLayer(Other, { kernel: 'weight' })).toThrow(message);
    expect(classNameMap).toEqual(before);
  });

  it('takes the transposed convolutions of tfjs, N:M along inputs that come last', async () => {
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    registerMaskedLayer(classNameMap.Conv2DTranspose?.[0] as never, { kernel: 'kernel', inputAxis: 3, outputAxis: 2 });
    await expectNoLeak(async () => {
      const dense = tf.sequential({
        layers: [tf.layers.conv2dTranspose({ name: 'up', filters: 3, kernelSize: 2, inputShape: [3, 3, 8] })],
      });
      const model = sparsify(dense);
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const [x, y] = [tf.ones([2, 3, 3, 8]), tf.ones([2, 4, 4, 3])];
      const method = gradualMagnitude({ schedule: constantSchedule({ sparsity: 0.5 }), pattern: nm({ n: 2, m: 4 }) });
      await model.fit(x, y, { verbose: 0, callbacks: [pruning(method)] });
      const [kernel] = prunableKernels(model);
      expect(kernel?.info).toMatchObject({ shape: [2, 2, 3, 8], inputAxis: 3, outputAxis: 2 });
      const values = kernel?.readKernel() as Float32Array;
      expect(values.filter((value) => value === 0)).toHaveLength(48);
      for (let i = 0; i < 96; i += 4) expect(values.slice(i, i + 4).filter((value) => value === 0)).toHaveLength(2);
      model.optimizer.dispose();
      for (const m of [dense, model]) m.dispose();
      tf.dispose([x, y]);
    });
  });

  it('takes a class that tfjs knows already', () => {
    class Loaded extends Turned {
      static override readonly className: string = 'Loaded';
    }
    tf.serialization.registerClass(Loaded);
    registerMaskedLayer(Loaded, { kernel: 'weight', inputAxis: 1, outputAxis: 0 });
    const dense = build(new Loaded({ name: 'mine', units: 3, inputShape: [4] }));
    const model = sparsify(dense);
    expect(sparsifyReport(model).masked).toEqual(['mine', 'head']);
    for (const m of [dense, model]) m.dispose();
  });

  it.each([
    [-5, -1, 'its weight has no axis -5'],
    [0, 2, 'its weight has no axis 2'],
    [1, -1, 'axes 1 and -1 of its weight are one and the same'],
  ])('leaves a layer dense whose kernel lacks axes %i and %i', (inputAxis, outputAxis, reason) => {
    class Off extends Turned {
      static override readonly className: string = `Off${inputAxis}${outputAxis}`;
    }
    registerMaskedLayer(Off, { kernel: 'weight', inputAxis, outputAxis });
    const dense = build(new Off({ name: 'mine', units: 3, inputShape: [4] }));
    const model = sparsify(dense);
    expect(sparsifyReport(model).skipped[0]?.reason).toBe(reason);
    for (const m of [dense, model]) m.dispose();
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const Masked = classNameMap[`MaskedOff${inputAxis}${outputAxis}`]?.[0] as unknown as typeof Turned;
    const sparse = new Masked({ name: 'sparse', units: 3 });
    expect(() => sparse.build([null, 4])).toThrow(`2, 3 or 4 axes, among them, as two, ${inputAxis} and ${outputAxis}`);
  });

  it('says why a model of such layers alone has no region', () => {
    const dense = tf.sequential({ layers: [turned()] });
    const model = sparsify(dense, { execution: 'sparse' });
    expect(sparsifyReport(model)).toMatchObject({ masked: ['mine'], regions: [] });
    expect(sparsifyReport(model).noRegion).toContain('shared, wrapped or of a class of your own');
    for (const m of [dense, model]) m.dispose();
  });

  it('leaves a layer dense that has no such field', () => {
    class Lacking extends Turned {
      static override readonly className: string = 'Lacking';
    }
    registerMaskedLayer(Lacking, { kernel: 'nothing' });
    const dense = build(new Lacking({ name: 'mine', units: 3, inputShape: [4] }));
    const model = sparsify(dense);
    expect(sparsifyReport(model).skipped[0]?.reason).toBe('it has no weight in its field nothing');
    for (const m of [dense, model]) m.dispose();
  });
});
