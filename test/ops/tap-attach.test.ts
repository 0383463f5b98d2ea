import * as tf from '@tensorflow/tfjs';
import { SparsityError } from 'tfjs-sparsity';
import { attachTap, isTapWatching, reportOp, type TappedOp } from 'tfjs-sparsity/ops';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';

const engine = tf.engine() as unknown as Record<string, unknown>;

function smallCnn(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'fc', units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
  return model;
}

const names =
  (seen: string[]) =>
  ({ layer, use }: TappedOp) =>
    void seen.push(`${layer} ${use}`);

function train(model: tf.LayersModel): void {
  const optimizer = tf.train.sgd(0.01);
  tf.tidy(() => {
    const x = tf.ones([2, ...(model.inputs[0] as tf.SymbolicTensor).shape.slice(1)] as number[]);
    optimizer.minimize(() => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar());
  });
  optimizer.dispose();
}

describe('an attached tap', () => {
  it('sees the training steps of fit, with uses counted anew in each, and neither validation nor prediction', async () => {
    await expectNoLeak(async () => {
      const model = smallCnn();
      const [x, y] = [tf.randomNormal([10, 6, 6, 1]), tf.tidy(() => tf.oneHot(tf.zeros([10], 'int32'), 3))];
      await model.fit(x, y, { batchSize: 4, epochs: 1, validationSplit: 0.2, verbose: 0 });
      const seen: string[] = [];
      const tap = attachTap(model, { onOp: names(seen) });
      await model.fit(x, y, { batchSize: 4, epochs: 2, validationSplit: 0.2, verbose: 0 });
      tf.dispose([model.predict(x), model.evaluate(x, y)]);
      tap.detach();
      await model.fit(x, y, { batchSize: 4, epochs: 1, verbose: 0 });
      expect(seen).toEqual(Array.from({ length: 4 }, () => ['fc 0', 'conv 0']).flat());
      tf.dispose([x, y]);
      model.dispose();
    });
  });

  it('reports G without the regulariser, which the optimizer adds', async () => {
    await expectNoLeak(async () => {
      const regularised = tf.layers.dense({
        name: 'fc',
        units: 2,
        inputShape: [3],
        kernelRegularizer: tf.regularizers.l1l2({ l1: 0.25, l2: 0.5 }),
      });
      const model = tf.sequential({ layers: [regularised] });
      model.compile({ optimizer: tf.train.sgd(1), loss: 'meanSquaredError' });
      const kernel = model.getWeights()[0] as tf.Tensor;
      const before = kernel.dataSync().slice();
      const [x, y] = [tf.randomNormal([4, 3]), tf.randomNormal([4, 2])];
      const seen: Float32Array[] = [];
      const tap = attachTap(model, { onOp: ({ G }) => void seen.push(G?.dataSync().slice() as Float32Array) });
      await model.trainOnBatch(x, y);
      tap.detach();
      const step = before.map((w, i) => w - (kernel.dataSync()[i] as number));
      expect(seen).toHaveLength(1);
      before.forEach((w, i) => {
        const regularisation = 0.25 * Math.sign(w) + 2 * 0.5 * w;
        expect(step[i]).toBeCloseTo((seen[0]?.[i] as number) + regularisation, 5);
      });
      tf.dispose([x, y]);
      model.optimizer.dispose();
      model.dispose();
    });
  });

  it('sees only the steps that are wanted, in which alone it counts as watching', async () => {
    await expectNoLeak(() => {
      const model = smallCnn();
      const seen: string[] = [];
      let isWanted = false;
      const tap = attachTap(model, { onOp: names(seen), isWanted: () => isWanted });
      for (const [step, wanted] of [false, true, false, true].entries()) {
        isWanted = wanted;
        expect(isTapWatching()).toBe(wanted);
        seen.push(`step ${step}`);
        train(model);
        reportOp({ layer: 'own', use: 0 } as TappedOp);
      }
      tap.detach();
      const uses = ['fc 0', 'conv 0', 'own 0'];
      expect(seen).toEqual(['step 0', 'step 1', ...uses, 'step 2', 'step 3', ...uses]);
      model.dispose();
    });
  });

  it('leaves no tensors over 40 steps of a loop of its own, and frees what its consumer makes', async () => {
    await expectNoLeak(() => {
      const model = smallCnn();
      let steps = 0;
      const tap = attachTap(model, {
        onOp: ({ G }) => {
          steps += G?.abs().sum().add(1).isDisposed ? 0 : 1;
        },
      });
      for (let step = 0; step < 40; step++) train(model);
      tap.detach();
      model.dispose();
      expect(steps).toBe(80);
    });
  });

  it('hands out tensors that live on when the consumer keeps a clone', async () => {
    await expectNoLeak(() => {
      const model = smallCnn();
      const kept: tf.Tensor[] = [];
      const tap = attachTap(model, { onOp: ({ layer, A }) => void (layer === 'fc' && kept.push(tf.keep(A.clone()))) });
      train(model);
      tap.detach();
      expect(kept[0]?.dataSync()).toHaveLength(2 * 8);
      tf.dispose(kept);
      model.dispose();
    });
  });

  it('lists the kernels that it looks for', () => {
    const input = tf.input({ shape: [3] });
    const embedded = tf.layers.embedding({ name: 'words', inputDim: 5, outputDim: 2 }).apply(input);
    const y = tf.layers.dense({ name: 'fc', units: 1 }).apply(tf.layers.flatten().apply(embedded)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: y });
    const seen: string[] = [];
    const tap = attachTap(model, { onOp: names(seen) });
    train(model);
    tap.detach();
    expect(tap.layers).toEqual(['words', 'fc']);
    expect(seen).toEqual(['fc 0']);
    model.dispose();
  });
});

describe('detaching', () => {
  it.each([
    ['in order', [0, 1]],
    ['in reverse order', [1, 0]],
  ])('two taps %s leaves the engine as it was', (_, order) => {
    const model = smallCnn();
    const seen: string[][] = [[], []];
    const before = Object.getOwnPropertyNames(engine).sort();
    const taps = seen.map((list) => attachTap(model, { onOp: names(list) }));
    train(model);
    expect(seen).toEqual([
      ['fc 0', 'conv 0'],
      ['fc 0', 'conv 0'],
    ]);
    const [first, last] = order as [number, number];
    taps[first]?.detach();
    taps[first]?.detach();
    train(model);
    expect(seen[first]).toHaveLength(2);
    expect(seen[last]).toHaveLength(4);
    taps[last]?.detach();
    expect(Object.getOwnPropertyNames(engine).sort()).toEqual(before);
    train(model);
    expect(seen[last]).toHaveLength(4);
    model.dispose();
  });

  it('puts back what somebody else had put on the engine, and goes silent under what was put on top since', () => {
    const model = smallCnn();
    const prototype = Object.getPrototypeOf(engine) as Record<string, (...args: unknown[]) => unknown>;
    const shadow = function (this: unknown, ...args: unknown[]) {
      return prototype.addTapeNode?.apply(this, args);
    };
    engine.addTapeNode = shadow;
    attachTap(model, { onOp: () => {} }).detach();
    expect(engine.addTapeNode).toBe(shadow);
    delete engine.addTapeNode;

    const seen: string[] = [];
    const tap = attachTap(model, { onOp: names(seen) });
    const ours = engine.addTapeNode as (...args: unknown[]) => unknown;
    const onTop = function (this: unknown, ...args: unknown[]) {
      return ours.apply(this, args);
    };
    engine.addTapeNode = onTop;
    tap.detach();
    expect(engine.addTapeNode).toBe(onTop);
    const again = attachTap(model, { onOp: names(seen) });
    train(model);
    again.detach();
    expect(seen).toEqual(['fc 0', 'conv 0']);
    delete engine.addTapeNode;
    model.dispose();
  });
});

describe('the self-test', () => {
  const prototype = Object.getPrototypeOf(engine) as Record<string, (...args: unknown[]) => unknown>;
  afterEach(() => {
    for (const name of ['addTapeNode', 'runKernel']) delete engine[name];
    vi.restoreAllMocks();
  });

  const attach = () => {
    const model = smallCnn();
    try {
      attachTap(model, { onOp: () => {} }).detach();
    } finally {
      model.dispose();
    }
  };

  it.each(['addTapeNode', 'runKernel'])('names an engine without %s', (name) => {
    engine[name] = undefined;
    // The model is built from kernels that the broken engine cannot run: only the tap is asked here.
    if (name === 'runKernel') {
      delete engine[name];
      const model = smallCnn();
      engine[name] = undefined;
      expect(() => attachTap(model, { onOp: () => {} })).toThrow(/tensor tap.*without runKernel.*~4\.22\.0/s);
      delete engine[name];
      model.dispose();
    } else expect(attach).toThrow(/tensor tap: got an engine of tfjs 4\.22\.\d+ without addTapeNode, expected .*~4\.22\.0/);
  });

  it('says what it saw when tfjs saves its operands in another order', async () => {
    await expectNoLeak(() => {
      engine.addTapeNode = function (this: unknown, ...args: unknown[]) {
        if (args[0] === 'BatchMatMul') args[4] = [...(args[4] as tf.Tensor[])].reverse();
        return prototype.addTapeNode?.apply(this, args);
      };
      const broken = engine.addTapeNode;
      expect(attach).toThrow(/self-test: got W 2, A 3, E 5.*of matMul, expected W 3, A 2, E 5, G 10/);
      expect(engine.addTapeNode).toBe(broken);
    });
  });

  it('says so when nothing comes to the tape', () => {
    engine.addTapeNode = () => {};
    expect(attach).toThrow(SparsityError);
    expect(attach).toThrow(/self-test: got Error: Cannot compute gradient.*at matMul/);
  });

  it('refuses a version of tfjs outside the tested range', () => {
    const version = Object.getOwnPropertyDescriptor(tf.version, 'tfjs-core') as PropertyDescriptor;
    Object.defineProperty(tf.version, 'tfjs-core', { value: '4.23.0', configurable: true });
    try {
      expect(attach).toThrow(/self-test: got tfjs 4\.23\.0, expected tfjs 4\.22.*Install @tensorflow\/tfjs ~4\.22\.0/);
    } finally {
      Object.defineProperty(tf.version, 'tfjs-core', version);
    }
  });

  it('refuses a model without kernels', () => {
    const flat = tf.sequential({ name: 'flat', layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
    expect(() => attachTap(flat, { onOp: () => {} })).toThrow(/tensor tap: model flat: got no trained weights/);
  });
});

describe('reportOp', () => {
  it('reaches every attached tap and none that has left', async () => {
    await expectNoLeak(() => {
      const model = smallCnn();
      const seen: string[][] = [[], []];
      const [one, two] = seen.map((list) => attachTap(model, { onOp: names(list) })) as [
        ReturnType<typeof attachTap>,
        ReturnType<typeof attachTap>,
      ];
      expect(isTapWatching()).toBe(true);
      const report = (layer: string) => reportOp({ layer, use: 1 } as TappedOp);
      report('a');
      one.detach();
      report('b');
      two.detach();
      report('c');
      expect(seen).toEqual([['a 1'], ['a 1', 'b 1']]);
      expect(isTapWatching()).toBe(false);
      model.dispose();
    });
  });
});
