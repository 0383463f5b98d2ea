import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { xnnpackSupport } from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
import type { Case, Runners, Value } from './pruning-cases.js';

/** Names of layers in the cases, where they are not those of tfjs but for the first letter. */
const classNames: Readonly<Record<string, string>> = { depthwise: 'DepthwiseConv2D', relu: 'ReLU' };

function classNameOf(type: string): string {
  const name = classNames[type] ?? type.charAt(0).toUpperCase() + type.slice(1);
  return name.replace(/2d$/, '2D');
}

function paddingBefore(text: string | undefined): number {
  const width = /^zeropad(\d)$/.exec(text ?? '')?.[1];
  if (text !== undefined && width === undefined) throw new Error(`unknown layer before: ${text}`);
  return Number(width ?? 0);
}

function policy({ input, expected }: Case): void {
  const { type, kernel, strides, dilation, groups, multiplier, padding, keepdims, preceded_by: before } = input;
  const { prunable, inside } = xnnpackSupport({
    className: classNameOf(type),
    config: {
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
