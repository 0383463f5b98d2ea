import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { leavesOf } from '../ops/model-layers.js';
import { trainingStep } from '../ops/training-step.js';

/**
 * Stops training with one error at the first step after which the loss or a weight is not finite. Goes before all other callbacks, so
 * that none makes masks, costs or checkpoints of it; the run log ends with the error.
 *
 * @param step index of the running step.
 */
export function finiteGuard(model: tf.LayersModel, step: () => number): tf.CustomCallbackArgs {
  return { onBatchEnd: async (_, logs) => assertFinite(model, step(), logs?.loss ?? 0) };
}

function assertFinite(model: tf.LayersModel, step: number, loss: number): void {
  // What is trained, as it is: the dense kernels of a region may be behind it.
  const layer = trainingStep(() =>
    leavesOf(model).find(({ weights }) => weights.some((weight) => !allFinite(weight.read().dataSync()))),
  );
  const lossIsFinite = Number.isFinite(loss);
  if (lossIsFinite && !layer) return;
  throw new SparsityError({
    what: lossIsFinite ? `weights after step ${step}, layer ${layer?.name}` : `loss of step ${step}`,
    got: lossIsFinite ? 'NaN or infinity' : String(loss),
    expected: lossIsFinite || !layer ? 'finite numbers' : `a finite number; the first layer with other weights is ${layer.name}`,
    fix: 'lower the learning rate, look for NaN in the data, and resume from the last checkpoint',
  });
}

/** Whether all values are finite. A sum of float32 values in float64 cannot overflow, so one pass without a branch is enough. */
function allFinite(values: ArrayLike<number>): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return Number.isFinite(sum);
}
