import type * as tf from '@tensorflow/tfjs';
import { inTrainingStep } from './training-step.js';

/** Who keeps slots in another form: a kernel whose kept values are trained by themselves. */
export interface SlotBorrower {
  /** Gives them back, where there are any now. */
  settle(): void;
}

const borrowers = new WeakMap<tf.Optimizer, Set<SlotBorrower>>();

/**
 * Notes that slots of an optimizer take another form until their borrower is settled, as {@link takeBackSlots} and tfjs's `getWeights`
 * and `setWeights` of that optimizer then do first, and `minimize` outside the steps of a model.
 *
 * @returns to be called when they are given back: an optimizer may live longer than the model.
 */
export function lendSlots(optimizer: tf.Optimizer, borrower: SlotBorrower): () => void {
  const known = borrowers.get(optimizer) ?? watched(optimizer);
  known.add(borrower);
  return () => void known.delete(borrower);
}

function watched(optimizer: tf.Optimizer): Set<SlotBorrower> {
  const none = new Set<SlotBorrower>();
  borrowers.set(optimizer, none);
  const { getWeights, setWeights, minimize } = optimizer;
  optimizer.getWeights = () => {
    takeBackSlots(optimizer);
    return getWeights.call(optimizer);
  };
  optimizer.setWeights = (weights) => {
    takeBackSlots(optimizer);
    return setWeights.call(optimizer, weights);
  };
  optimizer.minimize = (...loss) => {
    if (!inTrainingStep()) takeBackSlots(optimizer);
    return minimize.apply(optimizer, loss);
  };
  return none;
}

/** Brings all slots of an optimizer into the shapes of the variables that they belong to. */
export function takeBackSlots(optimizer: tf.Optimizer): void {
  for (const borrower of borrowers.get(optimizer) ?? []) borrower.settle();
}
