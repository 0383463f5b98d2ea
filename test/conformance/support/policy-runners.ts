import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify, sparsifyReport } from 'tfjs-sparsity/ops';
import { xnnpackSupport } from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
import { note } from './left-out.js';
import type { Case, Runners, Value } from './pruning-cases.js';

/** The layers of tfjs, and the activations, that a case can name: in any case, with or without underscores. */
const classNames: readonly string[] = [
  ...['Add', 'AveragePooling2D', 'BatchNormalization', 'Concatenate', 'Conv1D', 'Conv2D', 'Conv2DTranspose', 'Dense'],
  ...['DepthwiseConv2D', 'Dropout', 'ELU', 'Embedding', 'Flatten', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D', 'GRU'],
  ...['LayerNormalization', 'LeakyReLU', 'LSTM', 'MaxPooling2D', 'Multiply', 'PReLU', 'ReLU', 'Reshape', 'SeparableConv2D'],
  ...['SimpleRNN', 'Softmax', 'UpSampling2D', 'ZeroPadding2D'],
];
const activations: readonly string[] = ['relu6', 'sigmoid', 'tanh'];
const shortNames: Readonly<Record<string, string>> = { depthwise: 'DepthwiseConv2D', batchnorm: 'BatchNormalization' };

/** Class and, of an activation, its name. */
function layerOf(type: string): { className: string; activation?: string } {
  const plain = type.toLowerCase().replaceAll('_', '');
  if (activations.includes(plain)) return { className: 'Activation', activation: plain };
  const className = shortNames[plain] ?? classNames.find((name) => name.toLowerCase() === plain);
  if (className === undefined) throw new Error(`unknown type of layer: ${type}`);
  return { className };
}

function paddingBefore(text: string | undefined): number {
  const width = /^zeropad(\d)$/.exec(text ?? '')?.[1];
  if (text !== undefined && width === undefined) throw new Error(`unknown layer before: ${text}`);
  return Number(width ?? 0);
}

function policy({ input, expected }: Case): void {
  const { type, kernel, strides, dilation, groups, multiplier, padding, keepdims, preceded_by: before } = input;
  const { className, activation } = layerOf(type);
  const { prunable, inside } = xnnpackSupport({
    className,
    config: {
      ...(activation && { activation }),
      kernelSize: kernel,
      strides,
      dilationRate: dilation,
      groups,
      depthMultiplier: multiplier,
      padding,
      keepDims: keepdims,
    },
    zeroPadding: paddingBefore(before),
  });
  expect({ allow_pruning: prunable, supported_inside_subgraph: inside }).toEqual(expected);
}

/** A network of 28 x 28 images from its description. */
function build(text: string): tf.Sequential {
  const model = tf.sequential();
  text.split('-').forEach((part, i) => {
    const shape: Value = i === 0 ? { inputShape: [28, 28, 1] } : {};
    const [, kind, units, kernelSize] = /^([a-z]+)(\d*)(?:\/(\d+))?$/.exec(part) ?? [];
    if (kind === 'conv') model.add(tf.layers.conv2d({ filters: Number(units), kernelSize: Number(kernelSize), ...shape }));
    else if (kind === 'dense') model.add(tf.layers.dense({ units: Number(units), ...shape }));
    else if (kind === 'pool') model.add(tf.layers.maxPooling2d({ poolSize: 2, ...shape }));
    else if (kind === 'flatten') model.add(tf.layers.flatten(shape));
    else if (kind === 'dropout') model.add(tf.layers.dropout({ rate: 0.5, ...shape }));
    else throw new Error(`unknown layer: ${part}`);
  });
  return model;
}

const { layers } = tf;
const image = { inputShape: [4, 4, 2], filters: 2, kernelSize: 2 };
const steps = { inputShape: [3, 2], units: 2 };

/** A layer of each class that tfjs has. */
const makers: Readonly<Record<string, () => tf.layers.Layer>> = {
  Conv1D: () => layers.conv1d({ inputShape: [4, 2], filters: 2, kernelSize: 2 }),
  Conv2D: () => layers.conv2d(image),
  Conv2DTranspose: () => layers.conv2dTranspose(image),
  Conv3D: () => layers.conv3d({ inputShape: [4, 4, 4, 2], filters: 2, kernelSize: 2 }),
  SeparableConv2D: () => layers.separableConv2d(image),
  DepthwiseConv2D: () => layers.depthwiseConv2d(image),
  Dense: () => layers.dense({ inputShape: [2], units: 2 }),
  Embedding: () => layers.embedding({ inputDim: 3, outputDim: 2, inputLength: 2 }),
  BatchNormalization: () => layers.batchNormalization({ inputShape: [2] }),
  LayerNormalization: () => layers.layerNormalization({ inputShape: [2] }),
  LSTM: () => layers.lstm(steps),
  GRU: () => layers.gru(steps),
  SimpleRNN: () => layers.simpleRNN(steps),
};

/** Names of the weights of a layer that sparsify makes prunable. */
function prunedWeights(layer: tf.layers.Layer): readonly string[] {
  const dense = tf.sequential({ layers: [layer] });
  const model = sparsify(dense);
  const count = prunableKernels(model).length;
  const kernels = layer.weights.filter(({ shape }) => shape.length > 1);
  expect(sparsifyReport(model).masked).toEqual(count > 0 ? [layer.name] : []);
  for (const m of [dense, model]) m.dispose();
  expect([0, kernels.length]).toContain(count);
  return count > 0 ? kernels.map(({ originalName }) => originalName.split('/').at(-1) as string) : [];
}

/** Where tfmot's list and ours differ on purpose. */
const differences: Readonly<Record<string, { readonly pruned: readonly string[]; readonly why: string }>> = {
  DepthwiseConv2D: {
    pruned: ['depthwise_kernel'],
    why: 'sparsify prunes depthwise kernels too, which tfmot leaves dense without a word',
  },
  SeparableConv2D: {
    pruned: ['depthwise_kernel', 'pointwise_kernel'],
    why: 'sparsify prunes depthwise kernels too, which tfmot leaves dense without a word',
  },
  Conv3D: { pruned: [], why: 'Conv3D stays dense: patterns know kernels of 2, 3 and 4 axes' },
};

/** Which layers are pruned, by rule and by model. */
export const policyRunners: Runners = {
  'policy {dilation, groups, kernel, strides, type}': policy,
  'policy {keepdims, type}': policy,
  'policy {kernel, multiplier, padding, strides, type}': policy,
  'policy {kernel, padding, preceded_by, strides, type}': policy,
  'policy {kernel, padding, strides, type}': policy,
  'policy {kernel, strides, type}': policy,
  'policy {type}': policy,

  'registry {layers}': ({ input, expected }) => {
    for (const [i, name] of (input.layers as string[]).entries()) {
      const make = makers[name];
      const difference = differences[name];
      if (make) expect([name, prunedWeights(make())]).toEqual([name, difference?.pruned ?? expected[i]]);
      if (difference) note(`registry: ${difference.why}`);
      if (!make) note(`registry: tfjs has no ${name}`);
    }
  },

  'registry {model}': ({ input, expected }) => {
    const dense = build(input.model);
    const model = sparsify(dense);
    expect({ masks: prunableKernels(model).length }).toEqual(expected);
    model.dispose();
    dense.dispose();
  },
};
