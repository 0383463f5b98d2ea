import * as tf from '@tensorflow/tfjs';
import type { DatasetShape } from '../dataset.js';
import { seededInitializers } from './seeded-initializers.js';

/** ResNet-20 for 32x32 images (He et al. 2016): three stages of three residual blocks, 16, 32 and 64 filters, projection shortcuts. */
export function resnet20(data: DatasetShape, seed: number): tf.LayersModel {
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
