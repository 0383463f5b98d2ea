import * as tf from '@tensorflow/tfjs';
import {
  attachTap,
  maskedConv1d,
  maskedConv2d,
  maskedDense,
  maskedDepthwiseConv2d,
  prunableKernels,
  sparsify,
  sparsifyReport,
  type TappedOp,
} from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { isOn } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference, type TappedValues, tapped, weightGradientReference } from './support/tapped-values.js';

function tap(model: tf.LayersModel, input: number[]): TappedValues[] {
  const x = tf.randomNormal([2, ...input], 0, 1, 'float32', 5);
  return tapped(model, () => {
    tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar());
  });
}

function expectLaw(op: TappedValues): void {
  const reference = weightGradientReference(op.nest, op.A, op.E);
  expect(relativeDifference(op.G.data, reference), `G of ${op.layer} ${op.use}`).toBeLessThan(2e-5);
}

/** A layer of one kernel [4, 3] that computes [batch, 4] to [batch, 3] in a way of its own. */
class Custom extends tf.layers.Layer {
  static readonly className = 'TapTestLayer';
  readonly compute: (x: tf.Tensor2D, w: tf.Tensor2D) => tf.Tensor;
  private readonly kernelShape: number[];
  kernel!: ReturnType<tf.layers.Layer['addWeight']>;

  constructor(kernelShape: number[], compute: (x: tf.Tensor2D, w: tf.Tensor2D) => tf.Tensor) {
    super({ name: 'custom' });
    this.kernelShape = kernelShape;
    this.compute = compute;
  }

  override build(): void {
    this.kernel = this.addWeight('w', this.kernelShape, 'float32', tf.initializers.glorotUniform({ seed: 1 }));
    this.built = true;
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return [shape[0] ?? null, 3];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() =>
      this.compute((Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor2D, this.kernel.read() as tf.Tensor2D),
    );
  }
}

const mask = Float32Array.from({ length: 12 }, (_, i) => i % 2);

describe('the tap on custom layers', () => {
  it.each<[string, number[], (x: tf.Tensor2D, w: tf.Tensor2D) => tf.Tensor, (w: tf.Tensor2D) => tf.Tensor]>([
    [
      'multiplied by a mask',
      [4, 3],
      (x, w) => x.matMul(w.mul(tf.tensor2d(mask, [4, 3]))),
      (w) => w.mul(tf.tensor2d(mask, [4, 3])),
    ],
    ['stored transposed', [3, 4], (x, w) => tf.matMul(x, w, false, true), (w) => w.transpose()],
    [
      'stored transposed in a fused product',
      [3, 4],
      (x, w) => tf.fused.matMul({ a: x, b: w, transposeB: true }),
      (w) => w.transpose(),
    ],
    ['transposed before', [3, 4], (x, w) => x.matMul(w.transpose()), (w) => w.transpose()],
    ['on the left', [3, 4], (x, w) => tf.matMul(w, x, false, true).transpose(), (w) => w.transpose()],
    ['on the left, stored transposed', [4, 3], (x, w) => tf.matMul(w, x, true, true).transpose(), (w) => w],
    ['with transposed activations', [4, 3], (x, w) => tf.matMul(x.transpose() as tf.Tensor2D, w, true, false), (w) => w],
    ['cast and reshaped', [12, 1], (x, w) => x.matMul(w.cast('float32').reshape([4, 3])), (w) => w.reshape([4, 3])],
  ])('reports a kernel %s as its op sees it, in canonical order', (_, shape, compute, effective) => {
    const layer = new Custom(shape, compute);
    const input = tf.input({ shape: [4] });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
    const x = tf.randomNormal([2, 4], 0, 1, 'float32', 5);
    const [op, ...others] = tap(model, [4]) as [TappedValues];
    expect(others).toEqual([]);
    expect(op).toMatchObject({ layer: 'custom', use: 0, needsInputGradient: false });
    expect(op.nest).toMatchObject({ batch: 2, inChannels: 4, outChannels: 3, outSize: [1, 1, 1] });
    tf.tidy(() => {
      expect(op.W.shape).toEqual([4, 3]);
      expect(op.W.data).toEqual(effective(layer.kernel.read() as tf.Tensor2D).dataSync());
      expect(op.A.shape).toEqual([2, 4]);
      expect(op.A.data).toEqual(x.dataSync());
      const y = layer.call(x);
      expect(op.E.shape).toEqual([2, 3]);
      expect(relativeDifference(op.E.data, y.mul(2).dataSync())).toBeLessThan(1e-6);
    });
    expectLaw(op);
    model.dispose();
    x.dispose();
  });

  it.runIf(isOn('cpu', 'other backends have no convolutions with channels first'))(
    'brings a convolution with channels first into canonical order',
    () => {
      const shape = [2, 3, 2, 4];
      const layer = new Custom(shape, (x, w) =>
        tf.conv2d(x.reshape([-1, 2, 4, 3]) as tf.Tensor4D, w as unknown as tf.Tensor4D, [1, 2], 'same', 'NCHW').reshape([-1, 32]),
      );
      layer.computeOutputShape = (given) => [(given as tf.Shape)[0] ?? null, 32];
      const input = tf.input({ shape: [24] });
      const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
      const [op] = tap(model, [24]) as [TappedValues];
      expect(op.A.shape).toEqual([2, 4, 3, 2]);
      expect(op.E.shape).toEqual([2, 4, 2, 4]);
      expect(op.nest).toMatchObject({ inSize: [1, 4, 3], outSize: [1, 4, 2], stride: [1, 1, 2], inChannels: 2, outChannels: 4 });
      expectLaw(op);
      model.dispose();
    },
  );
});

describe('the tap on recurrent layers', () => {
  it('reports the kernels of a cell once per step, by name', () => {
    const model = tf.sequential({ layers: [tf.layers.lstm({ name: 'lstm', units: 2, inputShape: [3, 4] })] });
    const ops = tap(model, [3, 4]);
    const uses = (name: string) => ops.filter(({ layer }) => layer === name).map(({ use }) => use);
    expect(uses('lstm/kernel')).toEqual([2, 1, 0]);
    expect(uses('lstm/recurrent')).toEqual([2, 1, 0]);
    expect(ops).toHaveLength(6);
    for (const op of ops) expectLaw(op);
    model.dispose();
  });

  it('reports parts of a kernel as layers of their own, in the place of the whole', () => {
    const model = tf.sequential({
      layers: [tf.layers.gru({ name: 'gru', units: 2, inputShape: [3, 4] }), tf.layers.dense({ name: 'head', units: 1 })],
    });
    const x = tf.ones([2, 3, 4]);
    const seen: TappedOp[] = [];
    const attached = attachTap(model, { onOp: (op) => seen.push(op) });
    tf.tidy(() => tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).sum().asScalar()));
    attached.detach();
    expect(attached.layers).toEqual(['gru/kernel', 'gru/recurrent[:][0:4]', 'gru/recurrent[:][4:6]', 'head']);
    const shapes = seen
      .filter(({ layer }) => layer.startsWith('gru/recurrent'))
      .map(({ layer, use, W }) => `${layer} ${use} ${W.shape}`);
    expect(shapes.sort()).toEqual(
      [0, 1, 2]
        .map((use) => `gru/recurrent[:][0:4] ${use} 2,4`)
        .concat([0, 1, 2].map((use) => `gru/recurrent[:][4:6] ${use} 2,2`)),
    );
    model.dispose();
    x.dispose();
  });

  it.each([
    ['rows', (w: tf.Tensor2D) => [tf.slice(w, [1, 0], [2, -1]), tf.slice(w, 3)], ['custom[1:3][:]', 'custom[3:4][:]']],
    [
      'a part of a part',
      (w: tf.Tensor2D) => [tf.slice(tf.slice(w, [2, 0]), [1, 0]), tf.split(w, 2, -2)[0]],
      ['custom[0:2][:]', 'custom[2:4][:][1:2][:]'],
    ],
    ['all of it', (w: tf.Tensor2D) => [tf.slice(w, 0)], ['custom']],
  ] as const)('names what a kernel is cut into: %s', (_, cut, names) => {
    const compute = (x: tf.Tensor2D, w: tf.Tensor2D) =>
      tf.addN(cut(w).map((part) => tf.matMul(tf.slice(x, [0, 0], [-1, part.shape[0]]), part as tf.Tensor2D)));
    const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [4] }), new Custom([4, 3], compute)] });
    const ops = tap(model, [4]);
    expect([...new Set(ops.map(({ layer }) => layer))].sort()).toEqual(names);
    for (const op of ops) expectLaw(op);
    model.dispose();
  });

  it('tells the two directions of a bidirectional layer apart', () => {
    const layer = tf.layers.gru({ name: 'gru', units: 2, returnSequences: true }) as tf.RNN;
    const model = tf.sequential({
      layers: [tf.layers.bidirectional({ name: 'both', layer, inputShape: [2, 3], mergeMode: 'concat' })],
    });
    const ops = tap(model, [2, 3]);
    const names = [...new Set(ops.map(({ layer: name }) => name))].sort();
    expect(names).toEqual([
      'both/backward_gru/kernel',
      'both/backward_gru/recurrent[:][0:4]',
      'both/backward_gru/recurrent[:][4:6]',
      'both/forward_gru/kernel',
      'both/forward_gru/recurrent[:][0:4]',
      'both/forward_gru/recurrent[:][4:6]',
    ]);
    for (const op of ops) expectLaw(op);
    model.dispose();
  });
});

describe('the tap on frozen layers and namesakes', () => {
  it('reports frozen kernels in the forward pass, without E and G, and again with E where the backward pass goes on', async () => {
    for (const frozen of [tf.layers.dense, maskedDense]) {
      await expectNoLeak(() => {
        const model = tf.sequential({
          layers: [
            frozen({ name: 'first', units: 3, inputShape: [4], trainable: false }),
            tf.layers.dense({ name: 'a', units: 3 }),
            frozen({ name: 'middle', units: 3, trainable: false }),
            tf.layers.dense({ name: 'b', units: 2 }),
          ],
        });
        const x = tf.ones([2, 4]);
        const trained = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
        const seen: unknown[][] = [];
        const tap = attachTap(model, {
          onOp: ({ layer, needsInputGradient, A, W, E, G }) => {
            expect([A.shape, W.shape]).toEqual([
              [2, W.shape[0]],
              [W.shape[0], layer === 'b' ? 2 : 3],
            ]);
            seen.push([layer, E?.shape, G?.shape, needsInputGradient]);
          },
        });
        const { value, grads } = tf.variableGrads(() => (model.apply(x) as tf.Tensor).sum().asScalar(), trained);
        tap.detach();
        expect(seen).toEqual([
          ['first', undefined, undefined, false],
          ['middle', undefined, undefined, false],
          ['b', [2, 2], [3, 2], true],
          ['middle', [2, 3], undefined, true],
          ['a', [2, 3], [3, 3], false],
        ]);
        tf.dispose([x, value, grads]);
        model.dispose();
      });
    }
  });

  it('gives prunable kernels the names under which it reports them', () => {
    const tower = (name: string) => tf.sequential({ name, layers: [maskedDense({ name: 'fc', units: 2, inputShape: [3] })] });
    const input = tf.input({ shape: [3] });
    const branches = [tower('left'), tower('right')].map((model) => model.apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply(branches) as tf.SymbolicTensor });
    const kernels = prunableKernels(model);
    expect(kernels.map(({ info }) => info.name)).toEqual(['fc', 'fc#2']);
    const mask = Uint8Array.of(1, 0, 1, 0, 1, 0);
    kernels[1]?.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
    const sparse = tap(model, [3]).find(({ layer }) => layer === 'fc#2') as TappedValues;
    expect([...sparse.W.data].map((w) => (w === 0 ? 0 : 1))).toEqual([...mask]);
    expect(prunableKernels(model)[1]?.masks.forward).toEqual(mask);
    model.dispose();
  });

  it('tells layers of one name in two nested models apart', () => {
    const tower = (name: string) => tf.sequential({ name, layers: [tf.layers.dense({ name: 'fc', units: 2, inputShape: [3] })] });
    const input = tf.input({ shape: [3] });
    const branches = [tower('left'), tower('right')].map((model) => model.apply(input) as tf.SymbolicTensor);
    const model = tf.model({ inputs: input, outputs: tf.layers.add().apply(branches) as tf.SymbolicTensor });
    expect(
      tap(model, [3])
        .map(({ layer, use }) => `${layer} ${use}`)
        .sort(),
    ).toEqual(['fc 0', 'fc#2 0']);
    model.dispose();
  });
});

describe('the tap on masked layers', () => {
  it.each<[string, tf.layers.Layer, number[]]>([
    ['dense', maskedDense({ name: 'masked', units: 4 }), [6]],
    ['dense on a sequence', maskedDense({ name: 'masked', units: 4 }), [3, 6]],
    ['conv1d', maskedConv1d({ name: 'masked', filters: 4, kernelSize: 3, strides: 2, padding: 'same' }), [7, 2]],
    ['conv2d', maskedConv2d({ name: 'masked', filters: 4, kernelSize: 3, padding: 'same' }), [5, 4, 2]],
    ['depthwiseConv2d', maskedDepthwiseConv2d({ name: 'masked', kernelSize: 3, depthMultiplier: 2, padding: 'same' }), [5, 4, 2]],
  ])('reports the effective weights of both directions of %s', (_, layer, shape) => {
    const input = tf.input({ shape });
    const output = layer.apply(input) as tf.SymbolicTensor;
    const flat = output.shape.length > 2 ? tf.layers.flatten().apply(output) : output;
    const y = tf.layers.dense({ name: 'head', units: 2 }).apply(flat) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: y });
    const [handle] = prunableKernels(model) as [ReturnType<typeof prunableKernels>[number]];
    const W = handle.readKernel();
    const forward = Uint8Array.from(W, (__, i) => (i % 2 ? 0 : 1));
    const backward = Uint8Array.from(W, (__, i) => (i % 3 ? 1 : 0));
    handle.repack({ forward, backward, gradient: null }, { pruned: 'dense-master', slots: 'keep', decay: 0 });
    const op = tap(model, shape).find(({ layer: name }) => name === 'masked') as TappedValues;
    const masked = (bits: Uint8Array) => W.map((w, i) => (bits[i] ? w : 0));
    // -0 + 0 is 0.
    expect(op.W.data.map((w) => w + 0)).toEqual(masked(forward));
    expect(op.backwardW.data.map((w) => w + 0)).toEqual(masked(backward));
    expect(op.G.shape).toEqual(op.W.shape);
    expect(op.needsInputGradient).toBe(false);
    expect(op.nest.batch).toBe(2);
    expectLaw(op);
    model.dispose();
  });
});

describe('the tap on regions', () => {
  it('reports the inner layers by name, once each', () => {
    const plain = tf.sequential({
      layers: [
        tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 1] }),
        tf.layers.flatten(),
        tf.layers.dense({ name: 'fc', units: 4, activation: 'relu' }),
        tf.layers.dense({ name: 'out', units: 2 }),
      ],
    });
    const model = sparsify(plain, { execution: 'sparse', breakEven: 0 });
    expect(sparsifyReport(model).regions.length).toBeGreaterThan(0);
    const ops = tap(model, [5, 5, 1]);
    expect(ops.map(({ layer, use }) => `${layer} ${use}`)).toEqual(['out 0', 'fc 0', 'conv 0']);
    expect(ops.map(({ needsInputGradient }) => needsInputGradient)).toEqual([true, true, false]);
    for (const op of ops) expectLaw(op);
    model.dispose();
    plain.dispose();
  });
});
