import * as tf from '@tensorflow/tfjs';
import { getBit, type LayerTensors, trainingWorks } from 'tfjs-sparsity/hw';
import { attachTap, networkOf, packOp, type TappedOp } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference, type Values, valuesOf } from './support/tapped-values.js';

type Compute = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** A layer of two inputs without weights. */
class Joined extends tf.layers.Layer {
  static readonly className = 'TapTestJoined';
  constructor(
    private readonly compute: Compute,
    private readonly size: readonly number[],
  ) {
    super({ name: 'joined' });
  }

  override computeOutputShape(shapes: tf.Shape | tf.Shape[]): tf.Shape {
    return [(shapes as tf.Shape[])[0]?.[0] ?? null, ...this.size];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [a, b] = inputs as [tf.Tensor, tf.Tensor];
    return tf.tidy(() => this.compute(a, b));
  }
}

/** Two dense layers behind one input, and what joins them. */
function joinedModel(shape: number[], join: tf.layers.Layer, trainable = true): tf.LayersModel {
  const input = tf.input({ shape });
  const units = shape.at(-1) as number;
  const branch = (name: string, seed: number) =>
    tf.layers
      .dense({ name, units, activation: 'relu', trainable, kernelInitializer: tf.initializers.glorotUniform({ seed }) })
      .apply(input) as tf.SymbolicTensor;
  const joined = join.apply([branch('left', 1), branch('right', 2)]) as tf.SymbolicTensor;
  const flat = joined.shape.length > 2 ? tf.layers.flatten().apply(joined) : joined;
  const head = tf.layers.dense({ name: 'head', units: 1, kernelInitializer: tf.initializers.ones() });
  return tf.model({ inputs: input, outputs: head.apply(flat) as tf.SymbolicTensor });
}

interface Seen extends Pick<TappedOp, 'layer' | 'use' | 'nest' | 'kernelRole' | 'needsInputGradient'> {
  readonly A: Values;
  readonly W: Values;
  readonly E: Values | undefined;
  readonly packed: LayerTensors;
}

/** What the tap reports of products in a step on which a loss of squares is trained, and the names that it knows then. */
function tapProducts(model: tf.LayersModel, x: tf.Tensor, images?: number): { seen: Seen[]; layers: readonly string[] } {
  const seen: Seen[] = [];
  const tap = attachTap(model, {
    onOp(op) {
      if (op.kernelRole !== 'A') return;
      const { layer, use, nest, kernelRole, needsInputGradient, A, W, E } = op;
      const values = { A: valuesOf(A), W: valuesOf(W), E: E && valuesOf(E) };
      seen.push({ layer, use, nest, kernelRole, needsInputGradient, ...values, packed: packOp(op, images) });
    },
  });
  const trained = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
  const loss = () => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar();
  const { value, grads } = tf.variableGrads(loss, trained);
  tf.dispose([value, grads]);
  tap.detach();
  return { seen, layers: tap.layers };
}

/** Splits [batch, rows, channels] into heads: [batch, heads, rows, channels / heads]. */
const heads = (t: tf.Tensor, count: number) => {
  const [batch, rows, channels] = t.shape as [number, number, number];
  return t.reshape([batch, rows, count, channels / count]).transpose([0, 2, 1, 3]);
};

if (backend !== 'cpu') console.log(`einsum is skipped: ${backend} does not have it, or not for certain`);

describe('the tap on products of two activations', () => {
  // Rows of A, rows of W and what is multiplied, all of one image.
  it.each<[string, number[], () => tf.layers.Layer, string, number]>([
    ['the layer dot over matrices', [5, 4], () => tf.layers.dot({ name: 'joined', axes: [2, 2] }), 'joined/product', 1],
    ['the layer dot over columns', [5, 4], () => tf.layers.dot({ name: 'joined', axes: [1, 1] }), 'joined/product', 1],
    ['the layer dot over vectors', [6], () => tf.layers.dot({ name: 'joined', axes: 1 }), 'joined/product', 1],
    ['a matMul', [5, 4], () => new Joined((a, b) => tf.matMul(a, b, false, true), [5, 5]), 'joined/product', 1],
    ['a fused matMul', [5, 4], () => new Joined((a, b) => fused(a, b), [5, 5]), 'joined/product', 1],
    [
      'a matMul of heads',
      [5, 4],
      () => new Joined((a, b) => tf.matMul(heads(a, 2), heads(b, 2), false, true), [2, 5, 5]),
      'joined/product',
      2,
    ],
    [
      'a matMul of heads, stored transposed',
      [5, 4],
      () => new Joined((a, b) => tf.matMul(heads(a, 2), heads(b, 2), true, false), [2, 2, 2]),
      'joined/product',
      2,
    ],
  ])('reports both factors and the error of %s, image by image', async (_, shape, join, name, groups) => {
    await expectNoLeak(() => {
      const layer = join();
      const model = joinedModel(shape, layer);
      const x = tf.randomNormal([3, ...shape], 0, 1, 'float32', 5);
      const { seen, layers } = tapProducts(model, x);
      expect(layers).toEqual(['left', 'right', name, 'head']);
      expect(seen.map(({ layer: of, use, E, needsInputGradient }) => [of, use, E !== undefined, needsInputGradient])).toEqual([
        [name, 0, false, false],
        [name, 0, true, true],
      ]);
      const [forward, { nest, A, W, E }] = seen as [Seen, Seen];
      expect(forward).toMatchObject({ A, W });
      expect(nest).toMatchObject({ batch: 3, groups });
      expectProducts(layer, model, x, nest, { A, W, E: E as Values });
      // The names and nests are those of a model that is imported.
      const imported = networkOf(model, { batch: 3 }).network.layers.find(({ name: of }) => of === name);
      if (shape.length > 1) expect(imported?.nest).toEqual(nest);
      x.dispose();
      tf.dispose(model.weights.map((weight) => weight.read()));
    });
  });

  it('gives works of the forward pass and of both gradients, of the sampled images for all', () => {
    const model = joinedModel([5, 4], tf.layers.dot({ name: 'joined', axes: [2, 2] }));
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const packed = tapProducts(model, x, 1).seen[1]?.packed as LayerTensors;
    expect(packed).toMatchObject({ kernelRole: 'A', batchTotal: 3, nest: { batch: 1 }, W: { shape: [1, 4, 5] } });
    const works = trainingWorks([packed], { slots: 1, masked: [] });
    const phases = ['forward', 'forward', 'forward', ...new Array(6).fill('inputGradient')];
    expect(works.map(({ phase }) => phase)).toEqual(phases);
    const whole = tapProducts(model, x).seen[1] as Seen;
    expect(Array.from({ length: 20 }, (_, i) => Number(getBit(packed.A, i)))).toEqual(bitsOf(whole.A).slice(0, 20));
    x.dispose();
    model.dispose();
  });

  it.each([
    ['first', 'A'],
    ['second', 'W'],
  ] as const)('tells that only the %s factor of a product has a gradient', (factor, onlyGradient) => {
    const input = tf.input({ shape: [5, 4] });
    const made = tf.layers.dense({ name: 'made', units: 4 }).apply(input) as tf.SymbolicTensor;
    const dot = tf.layers.dot({ name: 'joined', axes: [2, 2] });
    const joined = dot.apply(factor === 'first' ? [made, input] : [input, made]);
    const model = tf.model({ inputs: input, outputs: tf.layers.flatten().apply(joined) as tf.SymbolicTensor });
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const packed = tapProducts(model, x).seen.map((one) => one.packed);
    expect(packed.map((one) => one.onlyGradient)).toEqual([undefined, onlyGradient]);
    const [forward, backward] = packed.map((one) => trainingWorks([one], { slots: 0, masked: [] }).map(({ phase }) => phase));
    expect([forward, backward]).toEqual([['forward'], ['forward', 'inputGradient']]);
    x.dispose();
    model.dispose();
  });

  it('counts the products of a layer, and names those that no layer computes after the model', () => {
    const twice = new Joined((a, b) => tf.matMul(tf.matMul(a, b, false, true), b), [5, 4]);
    const model = joinedModel([5, 4], twice);
    const uses: string[] = [];
    const tap = attachTap(model, { onOp: ({ layer, use, E }) => void (E && uses.push(`${layer} ${use}`)) });
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const loss = () => {
      const y = model.apply(x) as tf.Tensor2D;
      return tf.matMul(y, y, true, false).sum().asScalar();
    };
    const { value, grads } = tf.variableGrads(loss);
    tap.detach();
    expect(uses).toEqual([`${model.name}/product 0`, 'head 0', 'joined/product 1', 'joined/product 0', 'left 0', 'right 0']);
    expect(tap.layers).toEqual(['left', 'right', 'joined/product', 'head', `${model.name}/product`]);
    tf.dispose([value, grads, x]);
    model.dispose();
  });

  it('reports A and W alone where nothing behind a product is trained', () => {
    const model = joinedModel([5, 4], tf.layers.dot({ name: 'joined', axes: [2, 2] }), false);
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const { seen } = tapProducts(model, x);
    expect(seen.map(({ E, needsInputGradient }) => [E, needsInputGradient])).toEqual([[undefined, false]]);
    x.dispose();
    model.dispose();
  });

  it.each<[string, Compute, number[]]>([
    [
      'filters that are activations',
      (a, b) =>
        tf.conv2d(a.expandDims(3) as tf.Tensor4D, b.slice([0, 0, 0], [1, 1, 4]).reshape([1, 1, 1, 4]) as tf.Tensor4D, 1, 'same'),
      [5, 4, 4],
    ],
    ...(backend === 'cpu'
      ? ([['an einsum', (a, b) => tf.einsum('bij,bkj->bik', a, b), [5, 5]]] as [string, Compute, number[]][])
      : []),
    ['matrices that are broadcast', (a, b) => tf.matMul(a, b.slice([0, 0, 0], [1, 5, 4]), false, true), [5, 5]],
  ])('lists %s, of which it sees nothing', (_, compute, shape) => {
    const model = joinedModel([5, 4], new Joined(compute, shape), false);
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const { seen, layers } = tapProducts(model, x);
    expect(seen).toEqual([]);
    expect(layers).toEqual(['left', 'right', 'joined/untold', 'head']);
    x.dispose();
    model.dispose();
  });

  it('lists what it sees nothing of also where the layer has another product', () => {
    const both: Compute = (a, b) => tf.matMul(tf.matMul(a, b, false, true), b.slice([0, 0, 0], [1, 5, 4]));
    const model = joinedModel([5, 4], new Joined(both, [5, 4]), false);
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const { seen, layers } = tapProducts(model, x);
    expect(seen.map(({ layer, use }) => [layer, use])).toEqual([['joined/product', 0]]);
    expect(layers).toEqual(['left', 'right', 'joined/product', 'joined/untold', 'head']);
    x.dispose();
    model.dispose();
  });

  it('sees nothing of another model, also where that is watched too', () => {
    const models = [1, 2].map(() => joinedModel([5, 4], tf.layers.dot({ name: 'joined', axes: [2, 2] }))) as [
      tf.LayersModel,
      tf.LayersModel,
    ];
    const seen: string[] = [];
    const idle = attachTap(models[1], { onOp: ({ layer }) => void seen.push(layer) });
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    expect(tapProducts(models[0], x).seen).toHaveLength(2);
    idle.detach();
    expect(seen).toEqual([]);
    expect(idle.layers).toEqual(['left', 'right', 'head']);
    x.dispose();
    for (const model of models) model.dispose();
  });

  it('tells layers of one name in different nested models apart, as the network does', () => {
    const nested = (shape: number[]) => {
      const input = tf.input({ shape });
      const made = tf.layers.dense({ units: shape[1] as number }).apply(input) as tf.SymbolicTensor;
      return tf.model({
        inputs: input,
        outputs: tf.layers.dot({ name: 'joined', axes: [2, 2] }).apply([made, input]) as tf.SymbolicTensor,
      });
    };
    const model = tf.sequential({ layers: [nested([5, 4]), nested([5, 5]), tf.layers.flatten()] });
    const x = tf.randomNormal([3, 5, 4], 0, 1, 'float32', 5);
    const forward = tapProducts(model, x).seen.filter(({ E }) => !E);
    const names = ['joined/product 0', 'joined#2/product 0'];
    expect(forward.map(({ layer, use }) => `${layer} ${use}`)).toEqual(names);
    const { layers } = networkOf(model).network;
    expect(layers.filter(({ kind }) => kind === 'attention').map(({ name, use }) => `${name} ${use}`)).toEqual(names);
    x.dispose();
    model.dispose();
  });

  it('leaves the layers as they were, in whatever order taps are detached', () => {
    const layer = tf.layers.dot({ name: 'joined', axes: [2, 2] });
    const model = joinedModel([5, 4], layer);
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const taps = [0, 1].map(() => attachTap(model, { onOp: () => {} }));
      expect(Object.hasOwn(layer, 'call')).toBe(true);
      for (const i of order) {
        taps[i]?.detach();
        taps[i]?.detach();
      }
      expect(Object.hasOwn(layer, 'call')).toBe(false);
    }
    model.dispose();
  });
});

function fused(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.fused.matMul({ a: a as tf.Tensor3D, b: b as tf.Tensor3D, transposeB: true });
}

const bitsOf = ({ data }: Values) => [...data].map((value) => Number(value !== 0));

/** The products of the reported factors, by loops, are what the layer computes; the errors of a sum of squares follow from the head. */
function expectProducts(
  layer: tf.layers.Layer,
  model: tf.LayersModel,
  x: tf.Tensor,
  { batch, inSize, inChannels, outChannels, groups }: TappedOp['nest'],
  { A, W, E }: { A: Values; W: Values; E: Values },
): void {
  const [rows, depth, columns] = [inSize[2], inChannels / groups, outChannels / groups];
  const Y = new Float32Array(batch * rows * outChannels);
  for (let image = 0; image < batch; image++)
    for (let group = 0; group < groups; group++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let k = 0; k < depth; k++) {
            const a = A.data[(image * rows + row) * inChannels + group * depth + k] as number;
            const w = W.data[(image * depth + k) * outChannels + group * columns + column] as number;
            Y[(image * rows + row) * outChannels + group * columns + column] += a * w;
          }
  const [output, y] = tf.tidy(() => {
    const [left, right] = ['left', 'right'].map((name) => model.getLayer(name).apply(x) as tf.Tensor) as [tf.Tensor, tf.Tensor];
    const matrices = layer.call([left, right], {}) as tf.Tensor;
    const sorted = matrices.rank === 4 ? matrices.transpose([0, 2, 1, 3]) : matrices;
    return [sorted.dataSync().slice(), (model.predict(x) as tf.Tensor).dataSync().slice()] as const;
  });
  expect(relativeDifference(Y, output)).toBeLessThan(1e-5);
  expect(
    relativeDifference(
      Float32Array.from(Y, (_, i) => 2 * (y[Math.floor(i / (rows * outChannels))] as number)),
      E.data,
    ),
  ).toBeLessThan(1e-5);
}
