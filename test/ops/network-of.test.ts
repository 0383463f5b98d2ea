import * as tf from '@tensorflow/tfjs';
import {
  countBits,
  denseArray,
  type LayerTensors,
  type LoopNest,
  type Network,
  network,
  networkMacs,
  syntheticRecords,
  trainingWorks,
} from 'tfjs-sparsity/hw';
import { attachTap, networkOf, packOp, prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../examples/lib/dataset.js';
import { lenet5 } from '../../examples/lib/models/lenet5.js';
import { resnet20 } from '../../examples/lib/models/resnet20.js';
import { vggSmall } from '../../examples/lib/models/vgg-small.js';
import { expectNoLeak } from '../support/no-leak.js';
import { tapModels } from './support/tap-models.js';

const mnist = { imageShape: [28, 28, 1], classes: 10 } as unknown as Dataset;
const cifar = { imageShape: [32, 32, 3], classes: 10 } as unknown as Dataset;

const { dense, conv2d, flatten, dropout, reLU, batchNormalization } = tf.layers;

/** What the tap sees of a training step, by layer and use. */
function tapped(model: tf.LayersModel, input: number[], batch: number): Map<string, LayerTensors> {
  const records = new Map<string, LayerTensors>();
  const tap = attachTap(model, {
    onOp: (op) => {
      records.set(`${op.layer} ${op.use}`, packOp(op));
    },
  });
  tf.tidy(() => {
    tf.variableGrads(() => (model.apply(tf.ones([batch, ...input]), { training: true }) as tf.Tensor).square().sum().asScalar());
  });
  tap.detach();
  return records;
}

/** The layers of a sequential model between its input of 4 features and a head, by name. */
function between(...layers: tf.layers.Layer[]) {
  const model = tf.sequential({
    layers: [dense({ name: 'first', units: 4, inputShape: [4] }), ...layers, dense({ name: 'head', units: 2 })],
  });
  const { network } = networkOf(model);
  model.dispose();
  return Object.fromEntries(network.layers.map((layer) => [layer.name, layer]));
}

describe('the network of a model', () => {
  it.each(Object.keys(tapModels))('has, of %s, the layers that the tap sees in a training step', async (kind) => {
    const { build, input } = tapModels[kind];
    const model = build();
    await expectNoLeak(() => {
      const seen = tapped(model, input, 3);
      const { network } = networkOf(model, { batch: 3 });
      expect(new Set(network.layers.map(({ name, use }) => `${name} ${use}`))).toEqual(new Set(seen.keys()));
      for (const { name, use, nest, needsInputGradient, weights } of network.layers) {
        const record = seen.get(`${name} ${use}`) as LayerTensors;
        expect([nest, needsInputGradient]).toEqual([record.nest, record.needsInputGradient]);
        expect(weights).toEqual(record.W);
      }
      expect([...seen.keys()].reverse()[0]).toBe(`${network.layers[0].name} 0`);
    });
  });

  it.each([
    ['lenet5', () => lenet5(mnist, 1)],
    ['vgg-small', () => vggSmall(cifar, 1)],
    ['resnet20', () => resnet20(cifar, 1)],
  ])('is, of the model %s that the examples train, the network of that name, zeros and all', (name, build) => {
    // tfjs pads strided convolutions behind only, and the dropout behind a pooling reaches the convolution before it.
    const layersOf = (one: Network) =>
      one.layers
        .map(({ weights, nest: { padBefore, ...nest }, output: { relu }, ...layer }) => ({ ...layer, nest, relu }))
        .sort((a, b) => a.name.localeCompare(b.name));
    expect(layersOf(networkOf(build(), { batch: 2 }).network)).toEqual(layersOf(network(name, { batch: 2 })));
  });

  it('has frozen layers without weight gradients and updates, as the tap sees them', async () => {
    const names = ['first', 'body', 'last'];
    const model = sparsify(tf.sequential({ layers: names.map((name) => dense({ name, units: 4, inputShape: [4] })) }));
    for (const name of ['first', 'last']) model.getLayer(name).trainable = false;
    await expectNoLeak(() => {
      const { network } = networkOf(model, { batch: 6 });
      const worksOf = (records: Iterable<LayerTensors>) =>
        trainingWorks([...records], { slots: 0, masked: [] }).map(({ layer, phase }) => `${layer} ${phase}`);
      const synthetic = worksOf(syntheticRecords(network, { seed: 1, sparsity: { W: 0, A: 0 } }));
      const seen = [...tapped(model, [4], 6).values()];
      expect(synthetic).toEqual(
        worksOf(network.layers.map(({ name }) => seen.find(({ layer }) => layer === name) as LayerTensors)),
      );
      expect(synthetic).toEqual([
        'first forward',
        'body forward',
        'last forward',
        'last inputGradient',
        'body weightGradient',
        'body weightUpdate',
      ]);
    });
    model.dispose();
  });

  it('has the parts in which a kernel is multiplied as layers, all weights of which are updated', () => {
    const model = tf.sequential({
      layers: [tf.layers.gru({ name: 'gru', units: 4, inputShape: [3, 5] }), dense({ name: 'head', units: 2 })],
    });
    const { network, skipped } = networkOf(model, { batch: 6 });
    expect(skipped).toEqual([]);
    const records = [...syntheticRecords(network, { seed: 1, sparsity: { W: 0.5, A: 0 } })];
    const { works } = denseArray()
      .start()
      .executeStep(trainingWorks(records, { slots: 0, masked: [] }));
    const updates = works.filter(({ phase }) => phase === 'weightUpdate').map(({ layer, macs }) => [layer, macs.dense]);
    expect(Object.fromEntries(updates)).toEqual({
      'gru/kernel': 5 * 12,
      'gru/recurrent[:][0:8]': 4 * 8,
      'gru/recurrent[:][8:12]': 4 * 4,
      head: 4 * 2,
    });
    model.dispose();
  });

  it('is simulated like any other, with the zeros of its weights', () => {
    const model = tf.sequential({
      layers: [conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 1] }), flatten(), dense({ units: 3 })],
    });
    const [kernel, ...rest] = model.layers[2].getWeights();
    model.layers[2].setWeights([tf.tidy(() => tf.mul(kernel, tf.range(0, 32).less(8).reshape([32, 1]))), ...rest]);
    const { network } = networkOf(model, { batch: 4 });
    expect(networkMacs(network)).toEqual({
      conv: 4 * 16 * 9 * 2,
      convWithoutPadding: 4 * 16 * 9 * 2,
      dense: 4 * 32 * 3,
      attention: 0,
    });
    const records = [...syntheticRecords(network, { seed: 1, sparsity: { W: 0, A: 0 } })];
    expect(records.map(({ W }) => countBits(W))).toEqual([18, 24]);
    const { works } = denseArray()
      .start()
      .executeStep(trainingWorks(records, { slots: 0, masked: [] }));
    expect(works[1].macs).toMatchObject({ dense: 384, effectual: 96 });
  });

  it('sees zeros behind and before a ReLU, with normalisation, poolings, additions and dropouts between', () => {
    const { build } = tapModels['a residual network with batch normalisation'];
    const { network } = networkOf(build());
    const relus = Object.fromEntries(network.layers.map(({ name, input, output }) => [name, [input.relu, output.relu]]));
    // The head sees a mean, and what goes into a sum that nothing rectifies has all its errors.
    expect(relus).toEqual({ stem: [false, true], first: [true, true], second: [true, false], head: [false, false] });
    const dropped = between(
      reLU(),
      dropout({ rate: 0.5 }),
      tf.layers.reshape({ targetShape: [2, 2, 1] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      flatten(),
      dropout({ rate: 0.2 }),
    );
    expect(dropped.first.output).toEqual({ relu: true, dropout: 0.6 });
    expect(dropped.head.input).toEqual({ relu: true, dropout: 0.6 });
    expect(between(batchNormalization(), reLU({ maxValue: 6 })).head.input.relu).toBe(true);
    expect(between(tf.layers.leakyReLU()).first.output.relu).toBe(false);
    expect(between(reLU(), batchNormalization()).head.input.relu).toBe(false);
  });

  it('lists what is looked up or only scaled as skipped, with the reason', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.embedding({ name: 'words', inputDim: 9, outputDim: 4, inputLength: 5 }),
        batchNormalization({ name: 'norm' }),
        tf.layers.lstm({ name: 'memory', units: 2, returnSequences: true }),
        tf.layers.prelu({ name: 'slopes' }),
        flatten(),
        dense({ name: 'head', units: 1 }),
      ],
    });
    const { network, skipped } = networkOf(model);
    expect(skipped).toEqual([
      { layer: 'words', className: 'Embedding', reason: 'an embedding is a table: its rows are looked up, not multiplied' },
      { layer: 'norm', className: 'BatchNormalization', reason: expect.stringContaining('its weights are vectors') },
      { layer: 'slopes', className: 'PReLU', reason: expect.stringContaining('it was in no convolution') },
    ]);
    const uses = network.layers.map(({ name, use }) => `${name} ${use}`);
    expect(uses.filter((use) => use.startsWith('memory/recurrent'))).toEqual([0, 1, 2, 3, 4].map((i) => `memory/recurrent ${i}`));
    expect(network.layers.find(({ name }) => name === 'memory/kernel')?.needsInputGradient).toBe(true);
    expect(network.layers.at(-1)?.name).toBe('head');
  });

  it('has products of two activations, a group for each matrix of an image', () => {
    const input = tf.input({ shape: [5, 4] });
    const [query, key] = ['query', 'key'].map((name) => dense({ name, units: 4 }).apply(input) as tf.SymbolicTensor);
    const scores = tf.layers.dot({ name: 'scores', axes: 2 }).apply([query, key]) as tf.SymbolicTensor;
    const { network } = networkOf(tf.model({ inputs: input, outputs: scores }), { batch: 3 });
    const last = network.layers.at(-1);
    expect(last).toMatchObject({ name: 'scores/product', kind: 'attention', needsInputGradient: true, macs: 3 * 5 * 4 * 5 });
    expect(last?.nest).toMatchObject({ batch: 3, inSize: [1, 1, 5], inChannels: 4, outChannels: 5, groups: 1 });
    const works = trainingWorks([...syntheticRecords(network, { seed: 1, sparsity: { W: 0, A: 0 } })], { slots: 0, masked: [] });
    expect(works.filter(({ layer }) => layer === 'scores/product').map(({ phase }) => phase)).toEqual([
      'forward',
      'inputGradient',
      'inputGradient',
    ]);
  });

  it('has the layer `dot` of two vectors as the tap sees it', () => {
    const inputs = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
    const vectors = inputs.map((input, i) => dense({ name: `vector${i}`, units: 4 }).apply(input) as tf.SymbolicTensor);
    const angle = tf.layers.dot({ name: 'angle', axes: -1, normalize: true }).apply(vectors) as tf.SymbolicTensor;
    const model = tf.model({ inputs, outputs: dense({ name: 'head', units: 1 }).apply(angle) as tf.SymbolicTensor });
    const { network } = networkOf(model, { batch: 6 });
    const product = network.layers.find(({ name }) => name === 'angle/product');
    expect(product).toMatchObject({ kind: 'attention', use: 0, needsInputGradient: true, macs: 6 * 4 });
    const nests: LoopNest[] = [];
    const tap = attachTap(model, { onOp: ({ layer, nest }) => void (layer === 'angle/product' && nests.push(nest)) });
    tf.tidy(() => tf.variableGrads(() => (model.apply([tf.ones([6, 3]), tf.ones([6, 3])]) as tf.Tensor).sum().asScalar()));
    tap.detach();
    expect(nests).toEqual([product?.nest, product?.nest]);
    model.dispose();
  });

  it('is, of a masked model, that of the model it stands for, with the zeros of the masks', async () => {
    await expectNoLeak(() => {
      const plain = tf.sequential({ layers: [dense({ name: 'fc', units: 3, inputShape: [4] })] });
      const model = sparsify(plain);
      const [kernel] = prunableKernels(model);
      const half = Uint8Array.from({ length: 12 }, (_, i) => i % 2);
      kernel.repack({ forward: half, backward: half, gradient: half }, kernel.treatment);
      const { network } = networkOf(model);
      expect(network.layers.map(({ name, weights }) => [name, weights?.words[0]])).toEqual([['fc', 0b101010101010]]);
      for (const each of [plain, model]) each.dispose();
    });
  });

  it('leaves the model as it was, also when a layer cannot compute', async () => {
    const model = tf.sequential({ layers: [dense({ units: 2, inputShape: [3] }), dropout({ rate: 0.5 })] });
    const before = (tf.tidy(() => model.predict(tf.ones([1, 3]))) as tf.Tensor).dataSync();
    networkOf(model);
    expect(model.layers.some((layer) => Object.hasOwn(layer, 'call'))).toBe(false);
    expect((model.predict(tf.ones([1, 3])) as tf.Tensor).dataSync()).toEqual(before);
    model.layers[1].call = () => {
      throw new Error('no call');
    };
    const { call } = model.layers[1];
    await expectNoLeak(() => {
      expect(() => networkOf(model)).toThrow(/forward pass: got no call, expected layers that take \[1,3\]/);
    });
    expect(model.layers[1].call).toBe(call);
  });

  it('needs the sizes that the model leaves open, and keeps the batch that it fixes', () => {
    const open = tf.sequential({ layers: [conv2d({ filters: 1, kernelSize: 3, inputShape: [null, null, 1] })] });
    expect(() => networkOf(open)).toThrow(/input .* of model .*: got \[open,open,open,1\], expected known sizes/);
    expect(networkOf(open, { openSize: 9 }).network.layers[0].nest.outSize).toEqual([1, 7, 7]);
    const fixed = tf.sequential({ layers: [dense({ units: 1, batchInputShape: [8, 3] })] });
    expect(networkOf(fixed).network).toMatchObject({ batch: 8, layers: [{ nest: { batch: 8 } }] });
    expect(() => networkOf(fixed, { batch: 4 })).toThrow('got 4, expected 8, which the model is built for');
  });

  it('says what is wrong', () => {
    const model = tf.sequential({ layers: [dense({ units: 2, inputShape: [3] })] });
    const wrong = (one: unknown, options = {}) => expect(() => networkOf(one as tf.LayersModel, options));
    wrong(Promise.resolve(model)).toThrow('model: got Promise, expected a layers model');
    wrong(new tf.GraphModel('nowhere')).toThrow('model: got GraphModel, expected a layers model');
    wrong(model, { bacth: 2 }).toThrow('Did you mean batch');
    wrong(model, { batch: 0 }).toThrow('networkOf: batch: got 0, expected a positive integer');
    wrong(model, { openSize: 1.5 }).toThrow('networkOf: openSize: got 1.5');
    wrong(tf.sequential()).toThrow('got a model that is not built');
    wrong(tf.sequential({ layers: [flatten({ inputShape: [2, 2] })] })).toThrow('got no layer that multiplies');
  });
});
