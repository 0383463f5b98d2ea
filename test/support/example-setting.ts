import * as tf from '@tensorflow/tfjs';
import { hardwareCost, maskStatistics, pruning, runLog } from 'tfjs-sparsity/callbacks';
import { sparsify, strip } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';

/**
 * What the examples of doc comments take as given: a dense model, one that is ready for `fit`, samples of both, and, in the working
 * directory, the files of a run (`runs/lenet`) and a saved model (`lenet-90`).
 */
export async function exampleSetting() {
  const denseModel = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1] }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const model = sparsify(denseModel);
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const xs = tf.randomUniform([64, 6, 6, 1], -1, 1, 'float32', 7);
  const ys = tf.oneHot(tf.range(0, 64).mod(3).toInt(), 3);
  const method = gradualMagnitude({ finalSparsity: 0.5, endStep: 2 });
  const cost = hardwareCost({ accelerators: [], record: 'runs/lenet/run.maps', workers: 0 });
  const callbacks = [pruning(method), maskStatistics(), cost, runLog('runs/lenet')];
  await model.fit(xs, ys, { epochs: 1, verbose: 0, callbacks });
  await strip(model).save('file://lenet-90');
  return { denseModel, model, xs, ys };
}
