import * as tf from '@tensorflow/tfjs';
import { sparsify, sparsifyReport, xnnpackPolicy } from 'tfjs-sparsity/ops';
import { expect, it } from 'vitest';
import { leavesOf } from '../../src/ops/model-layers.js';
import { expectNoLeak } from '../support/no-leak.js';

const stem = () => [
  tf.layers.zeroPadding2d({ name: 'pad', padding: [1, 1], inputShape: [16, 16, 3] }),
  tf.layers.conv2d({ name: 'stem', filters: 4, kernelSize: 3, strides: 2, padding: 'valid' }),
];
const block = () => [
  tf.layers.conv2d({ name: 'expand', filters: 8, kernelSize: 1, useBias: false }),
  tf.layers.batchNormalization({ name: 'norm' }),
  tf.layers.reLU({ name: 'relu' }),
  tf.layers.depthwiseConv2d({ name: 'depth', kernelSize: 3, padding: 'same' }),
  tf.layers.zeroPadding2d({ name: 'pad2', padding: [1, 1] }),
  tf.layers.depthwiseConv2d({ name: 'half', kernelSize: 3, strides: 2, padding: 'valid' }),
  tf.layers.conv2d({ name: 'project', filters: 4, kernelSize: 1 }),
];
const end = () => [
  tf.layers.globalAveragePooling2d({ name: 'average' }),
  tf.layers.reshape({ name: 'keep', targetShape: [1, 1, 4] }),
  tf.layers.conv2d({ name: 'head', filters: 2, kernelSize: 1 }),
];

async function reasons(layers: () => tf.layers.Layer[]): Promise<Record<string, string | undefined>> {
  let said = {};
  await expectNoLeak(() => {
    const dense = tf.sequential({ layers: layers() });
    const model = sparsify(dense, { policy: xnnpackPolicy() });
    const { masked, skipped } = sparsifyReport(model);
    said = Object.fromEntries([
      ...masked.map((name) => [name, 'pruned']),
      ...skipped.map(({ layer, reason }) => [layer, reason]),
    ]);
    // A model that holds another does not free what is in it.
    for (const m of [dense, model]) for (const layer of leavesOf(m)) for (const weight of layer.weights) weight.dispose();
  });
  return said;
}

it('prunes the 1x1 convolutions between the stem and the average, and says why nothing else', async () => {
  expect(await reasons(() => [...stem(), ...block(), ...end()])).toEqual({
    expand: 'pruned',
    project: 'pruned',
    stem: 'it is outside of the sparse subgraph of XNNPACK',
    norm: 'there is no masked layer for BatchNormalization',
    depth: 'XNNPACK has sparse kernels for 1x1 convolutions only',
    half: 'XNNPACK has sparse kernels for 1x1 convolutions only',
    head: 'it is outside of the sparse subgraph of XNNPACK',
  });
});

it('follows residual branches', async () => {
  await expectNoLeak(() => {
    const input = tf.input({ shape: [16, 16, 3] });
    const chain = (layers: readonly tf.layers.Layer[], x: tf.SymbolicTensor) =>
      layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);
    const x = chain(stem(), input);
    const branch = chain([tf.layers.conv2d({ name: 'branch', filters: 4, kernelSize: 1 })], x);
    const sum = tf.layers.add().apply([x, branch]) as tf.SymbolicTensor;
    const dense = tf.model({ inputs: input, outputs: chain(end(), sum) });
    const model = sparsify(dense, { policy: xnnpackPolicy() });
    expect(sparsifyReport(model).masked).toEqual(['branch']);
    for (const m of [dense, model]) m.dispose();
  });
});

const no = 'XNNPACK has no sparse subgraph here: ';
it.each([
  [
    'a stem of stride 1',
    () => [tf.layers.conv2d({ name: 'stem', filters: 4, kernelSize: 3, inputShape: [16, 16, 3] }), ...block(), ...end()],
    /no 3x3/,
  ],
  [
    'no padding before the stem',
    () => [tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, inputShape: [16, 16, 3] }), ...block(), ...end()],
    /no 3x3/,
  ],
  [
    'an average that drops its axes',
    () => [...stem(), ...block(), tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 2 })],
    /no global average/,
  ],
  [
    'a 3x3 convolution inside',
    () => [...stem(), ...block(), tf.layers.conv2d({ name: 'wide', filters: 4, kernelSize: 3 }), ...end()],
    /cannot hold layer wide \(Conv2D\)/,
  ],
  [
    'an activation that it lacks',
    () => [...stem(), ...block(), tf.layers.activation({ name: 'tanh', activation: 'tanh' }), ...end()],
    /cannot hold layer tanh/,
  ],
  [
    'a nested model',
    () => [
      ...stem(),
      tf.sequential({ name: 'inner', layers: [tf.layers.conv2d({ filters: 4, kernelSize: 1, inputShape: [8, 8, 4] })] }),
      ...end(),
    ],
    /holds another, inner/,
  ],
] as const)('prunes nothing in a model with %s', async (_, layers, message) => {
  const said = Object.values(await reasons(layers)).filter((reason) => !reason?.startsWith('there is no masked layer'));
  expect(said.length).toBeGreaterThan(0);
  for (const reason of said) expect(reason).toMatch(new RegExp(`^${no}.*${message.source}`));
});

it('does not take a separable convolution for the stem', async () => {
  const separable = { name: 'apart', filters: 4, kernelSize: 3, strides: 2, padding: 'valid', depthMultiplier: 1 } as const;
  const said = await reasons(() => [stem()[0] as tf.layers.Layer, tf.layers.separableConv2d(separable), ...block(), ...end()]);
  expect(said.expand).toMatch(/no 3x3 convolution of stride 2 begins it/);
});
