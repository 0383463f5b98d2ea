import * as tf from '@tensorflow/tfjs';

/** Every optimizer of tfjs, fresh, by name; settings that use all of its slots. */
export const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.05, 0.9, true),
  adagrad: () => tf.train.adagrad(0.05),
  adadelta: () => tf.train.adadelta(0.05),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01, 0.9, 0.999, undefined, 0.01),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
  // tfjs subtracts epsilon under the root: only a negative one keeps a zero gradient from giving NaN.
  'centered rmsprop': () => tf.train.rmsprop(0.01, 0.9, 0.5, -1e-6, true),
};
