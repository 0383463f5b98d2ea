import type * as tf from '@tensorflow/tfjs';

/** A callback that lets the rate fall along a cosine to 0. It follows from the step alone, so that a resumed run meets the same rates. */
export function cosineDecay(optimizer: tf.Optimizer, learningRate: number, totalSteps: number, startStep = 0) {
  let step = startStep;
  return {
    onBatchBegin: async () => {
      setLearningRate(optimizer, 0.5 * learningRate * (1 + Math.cos((Math.PI * step) / totalSteps)));
      step += 1;
    },
  };
}

/** SGD and momentum of tfjs keep their rate as a tensor, the others as a number. */
function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  if ('setLearningRate' in optimizer) (optimizer as tf.SGDOptimizer).setLearningRate(rate);
  else Object.assign(optimizer, { learningRate: rate });
}
