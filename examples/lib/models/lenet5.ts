import * as tf from '@tensorflow/tfjs';
import type { DatasetShape } from '../dataset.js';
import { seededInitializers } from './seeded-initializers.js';

/** LeNet-5 in the form that today's libraries use: ReLU and max pooling; 61,706 weights on 28x28 images. */
export function lenet5(data: DatasetShape, seed: number): tf.LayersModel {
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
