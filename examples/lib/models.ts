import type * as tf from '@tensorflow/tfjs';
import type { DatasetShape } from './dataset.js';
import { lenet5 } from './models/lenet5.js';
import { mlp } from './models/mlp.js';
import { resnet20 } from './models/resnet20.js';
import { vggSmall } from './models/vgg-small.js';

/** The networks of the examples, by the name that `--model` takes; all weights come from the seed. */
export const models = {
  mlp,
  lenet5,
  'vgg-small': vggSmall,
  resnet20,
} satisfies Record<string, (data: DatasetShape, seed: number) => tf.LayersModel>;
export type ModelName = keyof typeof models;

/** Builds one of the example networks for a data set. */
export function buildModel(name: ModelName, data: DatasetShape, seed: number): tf.LayersModel {
  return models[name](data, seed);
}
