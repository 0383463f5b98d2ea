import * as tf from '@tensorflow/tfjs';
import type { DatasetShape } from '../dataset.js';
import { seededInitializers } from './seeded-initializers.js';

/** 784-300-100-10, the multi-layer perceptron of LeCun et al. 1998 (LeNet-300-100). */
export function mlp(data: DatasetShape, seed: number): tf.LayersModel {
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
