import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { xnnpackSupport } from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
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

/** Which layers are pruned, by rule and by model. */
export const policyRunners: Runners = {
  'policy {dilation, groups, kernel, strides, type}': policy,
  'policy {keepdims, type}': policy,
  'policy {kernel, multiplier, padding, strides, type}': policy,
  'policy {kernel, padding, preceded_by, strides, type}': policy,
  'policy {kernel, padding, strides, type}': policy,
  'policy {kernel, strides, type}': policy,
  'policy {type}': policy,

  'registry {model}': ({ input, expected }) => {
    const dense = build(input.model);
    const model = sparsify(dense);
    expect({ masks: prunableKernels(model).length }).toEqual(expected);
    model.dispose();
    dense.dispose();
  },
};
