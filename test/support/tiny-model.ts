import * as tf from '@tensorflow/tfjs';

/** A compiled linear model with twelve seeded samples. */
export function tinyModel() {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 3 });
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer })] });
  const optimizer = tf.train.sgd(0.1);
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const xs = tf.randomNormal([12, 2], 0, 1, 'float32', 1);
  const ys = tf.tidy(() => xs.sum(1, true));
  const dispose = () => {
    model.dispose();
    optimizer.dispose();
    tf.dispose([xs, ys]);
  };
  return { model, xs, ys, dispose };
}
