import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { leavesOf } from '../model-layers.js';

/**
 * Refuses a model that has diverged: what its weights would multiply to says nothing of a network that is used.
 *
 * @throws SparsityError naming the weights.
 */
export function checkFinite(model: tf.LayersModel): void {
  for (const layer of leavesOf(model)) {
    for (const weight of layer.weights) {
      const bad = weight
        .read()
        .dataSync()
        .find((value) => !Number.isFinite(value));
      if (bad === undefined) continue;
      const fix = 'take a checkpoint from before, or train again with a smaller learning rate';
      throw new SparsityError({ what: `weights ${weight.originalName}`, got: bad, expected: 'finite numbers', fix });
    }
  }
}
