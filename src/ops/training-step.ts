import * as tf from '@tensorflow/tfjs';
import { withFusedLoss } from './fused-crossentropy.js';
import { withFusedUpdates } from './fused-updates.js';
import { isMasked } from './masked-layer-class.js';
import { leavesOf } from './model-layers.js';
import { tapeEngine } from './tap/tape.js';

let depth = 0;

/** Whether a training step of a model runs whose layers may be trained by other variables than their own. */
export function inTrainingStep(): boolean {
  return depth > 0;
}

/** Whether the loss of a training step is computed, for which kernels are as they look from outside: tfjs collects the variables before. */
export function inTrainingLoss(): boolean {
  return depth > 0 && tapeEngine().state.gradientDepth > 0;
}

/** Runs `body` as a part of a training step: layers then give out the variables that are trained, in the shape in which they are. */
export function trainingStep<T>(body: () => T): T {
  depth += 1;
  try {
    return body();
  } finally {
    depth -= 1;
  }
}

/** What of tfjs's models its types hide: makes the function that `fit` and `trainOnBatch` call for each batch. */
interface TrainFunctionMaker {
  makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[];
  readonly optimizer: tf.Optimizer;
}

let installed = false;

/** Marks the steps of `fit` and `trainOnBatch` of all models as such, and tells the kernels of their masked layers before each. */
export function markTrainingSteps(): void {
  if (installed) return;
  installed = true;
  const prototype = tf.LayersModel.prototype as unknown as TrainFunctionMaker;
  const { makeTrainFunction } = prototype;
  prototype.makeTrainFunction = function (this: TrainFunctionMaker & tf.LayersModel) {
    const train = makeTrainFunction.call(this);
    const masked = leavesOf(this).filter(isMasked);
    return (data) => {
      for (const { kernelStores } of masked) for (const store of kernelStores) store.prepare(this.optimizer);
      const step = () => trainingStep(() => train(data));
      return masked.length > 0 ? withFusedLoss(this, () => withFusedUpdates(this.optimizer, step)) : step();
    };
  };
}
