import * as tf from '@tensorflow/tfjs';
import { seededDropout } from 'tfjs-sparsity/ops';
import type { DatasetShape } from '../dataset.js';
import { seededInitializers } from './seeded-initializers.js';

/** Six 3x3 convolutions in three stages, then one hidden dense layer between dropouts; 552 k weights on 32x32x3. */
export function vggSmall(data: DatasetShape, seed: number): tf.LayersModel {
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
