import * as tf from '@tensorflow/tfjs';

/** A model kind of the tap law. */
export interface TapModel {
  readonly build: () => tf.LayersModel;
  readonly input: number[];
  /** Number of uses of each kernel. */
  readonly layers: Readonly<Record<string, number>>;
  /** Uses that need no input gradient. */
  readonly first: readonly string[];
  /** Arguments of the convolutions, by layer; the others are matrix products. */
  readonly conv?: Readonly<Record<string, { readonly strides: number; readonly pad: 'same' | 'valid' }>>;
}

const { dense, conv1d, conv2d, conv3d, flatten } = tf.layers;
const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
const k = (seed: number) => ({ kernelInitializer: seeded(seed) });

/** A model of a chain, then a linear head. */
function chain(inputShape: number[], ...layers: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: inputShape });
  const y = layers.reduce((t, layer) => layer.apply(t) as tf.SymbolicTensor, input as tf.SymbolicTensor);
  const flat = y.shape.length > 2 ? (flatten().apply(y) as tf.SymbolicTensor) : y;
  return tf.model({ inputs: input, outputs: dense({ name: 'head', units: 2, ...k(99) }).apply(flat) as tf.SymbolicTensor });
}

export const tapModels: Readonly<Record<string, TapModel>> = {
  'a sequential perceptron': {
    build: () =>
      tf.sequential({
        layers: [
          dense({ name: 'fc1', units: 5, activation: 'relu', inputShape: [6], ...k(1) }),
          dense({ name: 'fc2', units: 4, activation: 'tanh', ...k(2) }),
          dense({ name: 'fc3', units: 2, activation: 'softmax', ...k(3) }),
        ],
      }),
    input: [6],
    layers: { fc1: 1, fc2: 1, fc3: 1 },
    first: ['fc1 0'],
  },
  'dense layers on a sequence': {
    build: () =>
      chain([5, 3], dense({ name: 'relu', units: 4, activation: 'relu', ...k(1) }), dense({ name: 'linear', units: 3, ...k(2) })),
    input: [5, 3],
    layers: { relu: 1, linear: 1, head: 1 },
    first: ['relu 0'],
  },
  'conv1d with strides': {
    build: () =>
      chain(
        [9, 2],
        conv1d({ name: 'same', filters: 3, kernelSize: 4, strides: 2, padding: 'same', activation: 'relu', ...k(1) }),
        conv1d({ name: 'valid', filters: 2, kernelSize: 2, ...k(2) }),
      ),
    input: [9, 2],
    layers: { same: 1, valid: 1, head: 1 },
    first: ['same 0'],
    conv: { same: { strides: 2, pad: 'same' }, valid: { strides: 1, pad: 'valid' } },
  },
  'conv2d with strides and padding': {
    build: () =>
      chain(
        [7, 6, 2],
        conv2d({ name: 'same', filters: 3, kernelSize: 3, padding: 'same', activation: 'relu', ...k(1) }),
        conv2d({ name: 'strided', filters: 4, kernelSize: [3, 2], strides: 2, padding: 'same', ...k(2) }),
        conv2d({ name: 'valid', filters: 2, kernelSize: 2, useBias: false, activation: 'sigmoid', ...k(3) }),
      ),
    input: [7, 6, 2],
    layers: { same: 1, strided: 1, valid: 1, head: 1 },
    first: ['same 0'],
    conv: { same: { strides: 1, pad: 'same' }, strided: { strides: 2, pad: 'same' }, valid: { strides: 1, pad: 'valid' } },
  },
  'conv2d with channels first': {
    build: () =>
      chain(
        [2, 5, 6],
        conv2d({ name: 'relu', filters: 3, kernelSize: 3, dataFormat: 'channelsFirst', activation: 'relu', ...k(1) }),
        conv2d({ name: 'linear', filters: 2, kernelSize: 2, dataFormat: 'channelsFirst', ...k(2) }),
      ),
    input: [2, 5, 6],
    layers: { relu: 1, linear: 1, head: 1 },
    first: ['relu 0'],
    conv: { relu: { strides: 1, pad: 'valid' }, linear: { strides: 1, pad: 'valid' } },
  },
  conv3d: {
    build: () =>
      chain(
        [4, 5, 4, 2],
        conv3d({ name: 'same', filters: 3, kernelSize: [2, 3, 2], padding: 'same', activation: 'relu', ...k(1) }),
        conv3d({ name: 'strided', filters: 2, kernelSize: 3, strides: 2, padding: 'same', ...k(2) }),
      ),
    input: [4, 5, 4, 2],
    layers: { same: 1, strided: 1, head: 1 },
    first: ['same 0'],
    conv: { same: { strides: 1, pad: 'same' }, strided: { strides: 2, pad: 'same' } },
  },
  'depthwise convolutions': {
    build: () =>
      chain(
        [6, 5, 2],
        tf.layers.depthwiseConv2d({
          name: 'relu',
          kernelSize: 3,
          depthMultiplier: 2,
          padding: 'same',
          activation: 'relu',
          depthwiseInitializer: seeded(1),
        }),
        tf.layers.depthwiseConv2d({ name: 'linear', kernelSize: 3, strides: 2, depthwiseInitializer: seeded(2) }),
      ),
    input: [6, 5, 2],
    layers: { relu: 1, linear: 1, head: 1 },
    first: ['relu 0'],
    conv: { relu: { strides: 1, pad: 'same' }, linear: { strides: 2, pad: 'valid' } },
  },
  'a separable convolution': {
    build: () =>
      chain(
        [6, 6, 2],
        tf.layers.separableConv2d({
          name: 'separable',
          filters: 3,
          kernelSize: 3,
          depthMultiplier: 2,
          strides: 2,
          padding: 'same',
          activation: 'relu',
          depthwiseInitializer: seeded(1),
          pointwiseInitializer: seeded(2),
        }),
      ),
    input: [6, 6, 2],
    layers: { 'separable/depthwise': 1, 'separable/pointwise': 1, head: 1 },
    first: ['separable/depthwise 0'],
    conv: { 'separable/depthwise': { strides: 2, pad: 'same' }, 'separable/pointwise': { strides: 1, pad: 'valid' } },
  },
  'transposed convolutions': {
    build: () =>
      chain(
        [3, 4, 2],
        tf.layers.conv2dTranspose({
          name: 'same',
          filters: 3,
          kernelSize: 3,
          strides: 2,
          padding: 'same',
          activation: 'relu',
          ...k(1),
        }),
        tf.layers.conv2dTranspose({ name: 'valid', filters: 2, kernelSize: 2, ...k(2) }),
      ),
    input: [3, 4, 2],
    layers: { same: 1, valid: 1, head: 1 },
    first: ['same 0'],
    conv: { same: { strides: 2, pad: 'same' }, valid: { strides: 1, pad: 'valid' } },
  },
  'a shared layer': {
    build: () => {
      const shared = dense({ name: 'shared', units: 4, activation: 'tanh', ...k(1) });
      const input = tf.input({ shape: [4] });
      const once = shared.apply(input) as tf.SymbolicTensor;
      const twice = shared.apply(once) as tf.SymbolicTensor;
      return tf.model({ inputs: input, outputs: dense({ name: 'head', units: 2, ...k(2) }).apply(twice) as tf.SymbolicTensor });
    },
    input: [4],
    layers: { shared: 2, head: 1 },
    first: ['shared 0'],
  },
  'a nested model': {
    build: () => {
      const inner = tf.sequential({
        layers: [
          conv2d({ name: 'conv', filters: 2, kernelSize: 2, activation: 'relu', inputShape: [4, 4, 1], ...k(1) }),
          flatten(),
          dense({ name: 'fc', units: 3, ...k(2) }),
        ],
      });
      return chain([4, 4, 1], inner);
    },
    input: [4, 4, 1],
    layers: { conv: 1, fc: 1, head: 1 },
    first: ['conv 0'],
    conv: { conv: { strides: 1, pad: 'valid' } },
  },
  'a time-distributed layer': {
    build: () =>
      chain([3, 4], tf.layers.timeDistributed({ layer: dense({ name: 'step', units: 2, activation: 'relu', ...k(1) }) })),
    input: [3, 4],
    layers: { step: 3, head: 1 },
    first: ['step 0', 'step 1', 'step 2'],
  },
  'a residual network with batch normalisation': {
    build: () => {
      const same = (name: string, seed: number) => conv2d({ name, filters: 3, kernelSize: 3, padding: 'same', ...k(seed) });
      const input = tf.input({ shape: [5, 5, 2] });
      const stem = tf.layers
        .reLU()
        .apply(tf.layers.batchNormalization().apply(same('stem', 1).apply(input))) as tf.SymbolicTensor;
      const branch = same('second', 3).apply(
        tf.layers.activation({ activation: 'relu' }).apply(same('first', 2).apply(stem)),
      ) as tf.SymbolicTensor;
      const sum = tf.layers.add().apply([stem, branch]) as tf.SymbolicTensor;
      const pooled = tf.layers.globalAveragePooling2d({}).apply(sum) as tf.SymbolicTensor;
      return tf.model({ inputs: input, outputs: dense({ name: 'head', units: 2, ...k(4) }).apply(pooled) as tf.SymbolicTensor });
    },
    input: [5, 5, 2],
    layers: { stem: 1, first: 1, second: 1, head: 1 },
    first: ['stem 0'],
    conv: {
      stem: { strides: 1, pad: 'same' },
      first: { strides: 1, pad: 'same' },
      second: { strides: 1, pad: 'same' },
    },
  },
  'regularised layers': {
    build: () => {
      const l2 = { kernelRegularizer: tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 }) };
      return chain(
        [5, 5, 1],
        conv2d({ name: 'conv', filters: 2, kernelSize: 3, activation: 'relu', ...k(1), ...l2 }),
        flatten(),
        dense({ name: 'fc', units: 3, ...k(2), ...l2 }),
      );
    },
    input: [5, 5, 1],
    layers: { conv: 1, fc: 1, head: 1 },
    first: ['conv 0'],
    conv: { conv: { strides: 1, pad: 'valid' } },
  },
};
