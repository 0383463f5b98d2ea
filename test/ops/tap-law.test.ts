import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../../src/ops/model-layers.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { type TapModel, tapModels } from './support/tap-models.js';
import {
  relativeDifference,
  type TappedValues,
  tapped,
  type Values,
  valuesOf,
  weightGradientReference,
} from './support/tapped-values.js';

const batch = 3;
/** The kernels of cpu and wasm are deterministic; those of tensorflow may add up in another order. */
const tolerance = backend === 'tensorflow' ? 1e-5 : 0;

describe.each(Object.entries(tapModels))('the tap on %s', (_, kind) => {
  it('reports every use with exact W, A, E and G, and leaves no tensors', async () => {
    await expectNoLeak(() => {
      const model = kind.build();
      tf.tidy(() => checkLaw(kind, model));
      // Not model.dispose(): it keeps the weights of a layer that is used twice.
      tf.dispose(model.weights.map((weight) => weight.read()));
    });
  });
});

function checkLaw(kind: TapModel, model: tf.LayersModel): void {
  const x = tf.randomNormal([batch, ...kind.input], 0, 1, 'float32', 7);
  const target = tf.randomUniform([batch, 2], 0, 1, 'float32', 8);
  const loss = () => tf.losses.meanSquaredError(target, model.apply(x, { training: true }) as tf.Tensor).asScalar();

  let gradients: tf.NamedTensorMap = {};
  const ops = tapped(model, () => {
    gradients = keepAll(tf.variableGrads(loss).grads);
  });
  const expected = Object.entries(kind.layers).flatMap(([name, uses]) =>
    Array.from({ length: uses }, (_, use) => `${name} ${use}`),
  );
  expect(ops.map(({ layer, use }) => `${layer} ${use}`).sort()).toEqual([...expected].sort());

  const free = ops.filter(({ needsInputGradient }) => !needsInputGradient).map(({ layer, use }) => `${layer} ${use}`);
  expect(free.sort()).toEqual([...kind.first].sort());

  const inputs = layerInputs(model, x);
  const errors = layerErrors(model, loss);
  for (const op of ops) {
    const [name, part] = op.layer.split('/') as [string, string?];
    const layer = leavesOf(model).find((leaf) => leaf.name === name) as tf.layers.Layer;
    const kernel = layer.trainableWeights[part === 'pointwise' ? 1 : 0].read() as tf.Variable;
    expect(op.W.data, `W of ${op.layer}`).toEqual(kernel.dataSync());
    expect(op.backwardW.data).toEqual(op.W.data);
    if (part === undefined) expect(op.A.data, `A of ${op.layer}`).toEqual(inputs.get(name)?.[op.use]?.data);
    if (part !== 'depthwise') {
      expect(relativeDifference(op.E.data, errors.get(name)?.[op.use] ?? []), `E of ${op.layer}`).toBeLessThanOrEqual(1e-6);
    }
    const G = recomputed(op, kind.conv?.[op.layer]);
    expect(relativeDifference(op.G.data, G), `G of ${op.layer}`).toBeLessThanOrEqual(tolerance);
    const reference = weightGradientReference(op.nest, op.A, op.E);
    expect(relativeDifference(op.G.data, reference), `G of ${op.layer} by its loop nest`).toBeLessThan(2e-5);
    checkShapes(op);
    if (op.use === 0) {
      // The report runs backwards: the last use comes first, as tfjs adds them up.
      const uses = ops.filter(({ layer: other }) => other === op.layer);
      const sum = uses.map((use) => tf.tensor1d(use.G.data)).reduce((a, b) => a.add(b));
      expect(relativeDifference(sum.dataSync(), (gradients[kernel.name] as tf.Tensor).dataSync())).toBeLessThanOrEqual(tolerance);
    }
  }
  if (ops.some(({ layer }) => layer.startsWith('separable/'))) checkSeparable(ops, inputs.get('separable')?.[0] as Values);
  tf.dispose(gradients);
}

function keepAll(grads: tf.NamedTensorMap): tf.NamedTensorMap {
  for (const gradient of Object.values(grads)) tf.keep(gradient);
  return grads;
}

/** The data that each layer is called with, in a pass of its own; channels last. */
function layerInputs(model: tf.LayersModel, x: tf.Tensor): Map<string, Values[]> {
  const inputs = new Map<string, Values[]>();
  const restore = leavesOf(model).map((layer) => {
    const call = layer.call;
    layer.call = (given, kwargs) => {
      const input = (Array.isArray(given) ? given[0] : given) as tf.Tensor;
      inputs.set(layer.name, [...(inputs.get(layer.name) ?? []), valuesOf(channelsLast(layer, input))]);
      return call.call(layer, given, kwargs);
    };
    return () => {
      layer.call = call;
    };
  });
  // Under a gradient, as where the tap is: without one tfjs fuses a product with its activation, and the last bits differ.
  const { grads } = tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).sum().asScalar());
  tf.dispose(grads);
  for (const put of restore) put();
  return inputs;
}

/** dL/d pre-activation of each use of each layer: the gradient of a zero that is added before the activation. */
function layerErrors(model: tf.LayersModel, loss: () => tf.Scalar): Map<string, Float32Array[]> {
  const errors = new Map<string, Float32Array[]>();
  type Activated = tf.layers.Layer & { activation: { apply(y: tf.Tensor): tf.Tensor; getClassName(): string } };
  for (const layer of leavesOf(model) as Activated[]) {
    const { activation } = layer;
    if (!activation || layer.trainableWeights.length === 0) continue;
    const zeros: tf.Variable[] = [];
    let use = 0;
    layer.activation = {
      getClassName: () => 'another',
      apply: (y) => {
        zeros[use] ??= tf.variable(tf.zerosLike(y));
        return activation.apply(y.add(zeros[use++] as tf.Variable));
      },
    };
    loss();
    use = 0;
    const { grads } = tf.variableGrads(loss, zeros);
    errors.set(
      layer.name,
      zeros.map(({ name }) => valuesOf(channelsLast(layer, grads[name] as tf.Tensor)).data),
    );
    layer.activation = activation;
    tf.dispose(zeros);
  }
  return errors;
}

function channelsLast(layer: tf.layers.Layer, t: tf.Tensor): tf.Tensor {
  return t.rank === 4 && layer.getConfig().dataFormat === 'channelsFirst' ? t.transpose([0, 2, 3, 1]) : t;
}

/** G from the reported A and E, by the kernel that tfjs itself has for it. */
function recomputed({ A, E, W, nest }: TappedValues, conv?: { strides: number; pad: string }): Float32Array {
  const [x, dy] = [tf.tensor(A.data, A.shape), tf.tensor(E.data, E.shape)];
  if (!conv) {
    const rows = (t: tf.Tensor) => t.reshape([-1, t.shape.at(-1) as number]);
    return valuesOf(tf.matMul(rows(x), rows(dy), true, false)).data;
  }
  const strides =
    A.shape.length === 5 ? [conv.strides, conv.strides, conv.strides] : [A.shape[1] === 1 ? 1 : conv.strides, conv.strides];
  const attrs = {
    strides,
    pad: conv.pad,
    dataFormat: A.shape.length === 5 ? 'NDHWC' : 'NHWC',
    dilations: strides.map(() => 1),
    filterShape: W.shape,
  };
  const kernel =
    A.shape.length === 5
      ? 'Conv3DBackpropFilterV2'
      : nest.groups > 1
        ? 'DepthwiseConv2dNativeBackpropFilter'
        : 'Conv2DBackpropFilter';
  const inputs = nest.transposed ? { x: dy, dy: x } : { x, dy };
  return valuesOf(tf.engine().runKernel(kernel, inputs, attrs) as tf.Tensor).data;
}

function checkShapes({ nest, A, E, W, G }: TappedValues): void {
  const input = [nest.batch, ...nest.inSize, nest.inChannels];
  const output = [nest.batch, ...nest.outSize, nest.outChannels];
  const [a, e] = nest.transposed ? [output, input] : [input, output];
  const squeezed = (shape: readonly number[]) => shape.filter((size) => size !== 1);
  expect(nest.batch).toBe(batch);
  expect(squeezed(A.shape)).toEqual(squeezed(a));
  expect(squeezed(E.shape)).toEqual(squeezed(e));
  expect(W.shape).toEqual(G.shape);
  expect(W.data.length).toBe(
    [...nest.kernelSize, nest.inChannels / nest.groups, nest.outChannels].reduce((product, size) => product * size, 1),
  );
}

/** Between the two halves: A of the second is the output of the first, E of the first the input gradient of the second. */
function checkSeparable(ops: TappedValues[], input: Values): void {
  const [pointwise, depthwise] = ops.filter(({ layer }) => layer !== 'head') as [TappedValues, TappedValues];
  const tensor = ({ data, shape }: Values) => tf.tensor4d(data, shape as [number, number, number, number]);
  expect(depthwise.A.data).toEqual(input.data);
  const between = tf.depthwiseConv2d(tensor(input), tensor(depthwise.W), 2, 'same');
  expect(pointwise.A.data).toEqual(between.dataSync());
  const channels = pointwise.E.shape[3] as number;
  const back = tf.matMul(tensor(pointwise.E).reshape([-1, channels]), tensor(pointwise.W).reshape([-1, channels]), false, true);
  expect(relativeDifference(depthwise.E.data, back.dataSync())).toBeLessThan(1e-6);
}
