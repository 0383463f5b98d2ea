import * as tf from '@tensorflow/tfjs';
import { seededDropout } from 'tfjs-sparsity/ops';
import type { Dataset } from './dataset.js';

export const modelNames = ['mlp', 'lenet5', 'vgg-small', 'resnet20'] as const;
export type ModelName = (typeof modelNames)[number];

/** He initialisers with a seed each, so that two runs start from the same weights. */
function seededInitializers(seed: number): () => ReturnType<typeof tf.initializers.heNormal> {
  let next = 1000 * seed;
  return () => tf.initializers.heNormal({ seed: ++next });
}

/** 784-300-100-10, the multi-layer perceptron of LeCun et al. 1998 (LeNet-300-100). */
function mlp(data: Dataset, seed: number): tf.LayersModel {
  const kernelInitializer = seededInitializers(seed);
  const dense = (name: string, units: number) =>
    tf.layers.dense({ name, units, activation: 'relu', kernelInitializer: kernelInitializer() });
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [...data.imageShape] }),
      dense('fc1', 300),
      dense('fc2', 100),
      tf.layers.dense({ name: 'out', units: data.classes, activation: 'softmax', kernelInitializer: kernelInitializer() }),
    ],
  });
}

/** LeNet-5 in the form that today's libraries use: ReLU and max pooling; 61,706 weights on 28x28 images. */
function lenet5(data: Dataset, seed: number): tf.LayersModel {
  const kernelInitializer = seededInitializers(seed);
  const relu = { activation: 'relu' } as const;
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        name: 'conv1',
        inputShape: [...data.imageShape],
        filters: 6,
        kernelSize: 5,
        padding: 'same',
        ...relu,
        kernelInitializer: kernelInitializer(),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ name: 'conv2', filters: 16, kernelSize: 5, ...relu, kernelInitializer: kernelInitializer() }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ name: 'fc1', units: 120, ...relu, kernelInitializer: kernelInitializer() }),
      tf.layers.dense({ name: 'fc2', units: 84, ...relu, kernelInitializer: kernelInitializer() }),
      tf.layers.dense({ name: 'out', units: data.classes, activation: 'softmax', kernelInitializer: kernelInitializer() }),
    ],
  });
}

/** Six 3x3 convolutions in three stages (32, 64, 128 filters), then one hidden dense layer between dropouts; 552 k weights on 32x32x3. */
function vggSmall(data: Dataset, seed: number): tf.LayersModel {
  const kernelInitializer = seededInitializers(seed);
  const model = tf.sequential();
  [32, 64, 128].forEach((filters, stage) => {
    for (const half of ['a', 'b']) {
      model.add(
        tf.layers.conv2d({
          ...(model.layers.length === 0 ? { inputShape: [...data.imageShape] as [number, number, number] } : {}),
          name: `conv${stage + 1}${half}`,
          filters,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          kernelInitializer: kernelInitializer(),
        }),
      );
    }
    model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  });
  model.add(tf.layers.flatten());
  model.add(seededDropout({ name: 'dropout1', rate: 0.3, seed: seed + 1 }));
  model.add(tf.layers.dense({ name: 'fc1', units: 128, activation: 'relu', kernelInitializer: kernelInitializer() }));
  model.add(seededDropout({ name: 'dropout2', rate: 0.5, seed: seed + 2 }));
  model.add(tf.layers.dense({ name: 'out', units: data.classes, activation: 'softmax', kernelInitializer: kernelInitializer() }));
  return model;
}

/** ResNet-20 for 32x32 images (He et al. 2016): three stages of three residual blocks, 16, 32 and 64 filters, projection shortcuts. */
function resnet20(data: Dataset, seed: number): tf.LayersModel {
  const kernelInitializer = seededInitializers(seed);
  const convolve = (x: tf.SymbolicTensor, name: string, filters: number, kernelSize: number, strides: number) => {
    const conv = tf.layers.conv2d({
      name,
      filters,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false,
      kernelInitializer: kernelInitializer(),
    });
    return tf.layers.batchNormalization({ name: `${name}_bn` }).apply(conv.apply(x)) as tf.SymbolicTensor;
  };
  const relu = (x: tf.SymbolicTensor) => tf.layers.reLU().apply(x) as tf.SymbolicTensor;
  const input = tf.input({ shape: [...data.imageShape] });
  let x = relu(convolve(input, 'conv1', 16, 3, 1));
  [16, 32, 64].forEach((filters, stage) => {
    for (let block = 0; block < 3; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const name = `stage${stage + 1}_block${block + 1}`;
      const inner = convolve(relu(convolve(x, `${name}_a`, filters, 3, strides)), `${name}_b`, filters, 3, 1);
      const shortcut = strides === 1 ? x : convolve(x, `${name}_shortcut`, filters, 1, strides);
      x = relu(tf.layers.add().apply([inner, shortcut]) as tf.SymbolicTensor);
    }
  });
  const pooled = tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(x);
  const out = tf.layers.dense({
    name: 'out',
    units: data.classes,
    activation: 'softmax',
    kernelInitializer: kernelInitializer(),
  });
  return tf.model({ inputs: input, outputs: out.apply(pooled) as tf.SymbolicTensor });
}

const builders: Record<ModelName, (data: Dataset, seed: number) => tf.LayersModel> = {
  mlp,
  lenet5,
  'vgg-small': vggSmall,
  resnet20,
};

/** Builds one of the example networks for a data set; all weights come from the seed. */
export function buildModel(name: ModelName, data: Dataset, seed: number): tf.LayersModel {
  return builders[name](data, seed);
}
