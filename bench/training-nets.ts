import * as tf from '@tensorflow/tfjs';
import { resnet20 } from '../examples/lib/models/resnet20.js';

const { layers } = tf;
const conv = (filters: number, rest: object = {}) =>
  layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...rest });
const dense = (units: number, rest: object = {}) => layers.dense({ units, activation: 'relu', ...rest });
const softmax = (units: number) => layers.dense({ units, activation: 'softmax' });
const pool = () => layers.maxPooling2d({ poolSize: 2 });

const chain = (layers: () => tf.layers.Layer[]) => () => tf.sequential({ layers: layers() });

/** Networks and the shape of their batches. */
export const nets: Readonly<
  Record<string, { readonly batch: readonly [number, ...number[]]; readonly build: () => tf.LayersModel }>
> = {
  'mlp 784-512-512-16': {
    batch: [128, 784],
    build: chain(() => [dense(512, { inputShape: [784] }), dense(512), softmax(16)]),
  },
  'mlp 784-300-100-10': {
    batch: [128, 784],
    build: chain(() => [dense(300, { inputShape: [784] }), dense(100), softmax(10)]),
  },
  'cnn 4-32-64-128-128': {
    batch: [32, 32, 32, 4],
    build: chain(() => [
      ...[conv(32, { inputShape: [32, 32, 4] }), conv(64), pool(), conv(128), pool(), conv(128)],
      ...[layers.flatten(), softmax(10)],
    ]),
  },
  'cnn 3-32-64-128-128': {
    batch: [32, 32, 32, 3],
    build: chain(() => [
      ...[conv(32, { inputShape: [32, 32, 3] }), conv(64), pool(), conv(128), pool(), conv(128)],
      ...[layers.flatten(), softmax(10)],
    ]),
  },
  lenet5: {
    batch: [32, 28, 28, 1],
    build: chain(() => [
      conv(6, { kernelSize: 5, inputShape: [28, 28, 1] }),
      pool(),
      conv(16, { kernelSize: 5, padding: 'valid' }),
      pool(),
      ...[layers.flatten(), dense(120), dense(84), softmax(10)],
    ]),
  },
  resnet20: { batch: [32, 32, 32, 3], build: () => resnet20({ imageShape: [32, 32, 3], classes: 10 }, 1) },
};

export const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.01),
  adam: () => tf.train.adam(0.001),
};

/** The networks whose names begin with one of a list. */
export function netsNamed(beginnings: string) {
  return Object.entries(nets).filter(([name]) => beginnings.split(',').some((beginning) => name.startsWith(beginning)));
}

/** A batch of noise and classes in turn. */
export function batchFor(name: string, model: tf.LayersModel): [xs: tf.Tensor, ys: tf.Tensor] {
  const shape = nets[name].batch;
  const classes = model.outputShape[1] as number;
  const xs = tf.randomNormal([...shape], 0, 1, 'float32', 3);
  return [xs, tf.tidy(() => tf.oneHot(tf.range(0, shape[0]).mod(classes).toInt(), classes).mul(1))];
}
