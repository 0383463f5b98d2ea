import type * as tf from '@tensorflow/tfjs';

/** Who keeps slots in another form: a kernel whose kept values are trained by themselves. */
export interface SlotBorrower {
  /** Gives them back, where there are any now. */
  settle(): void;
}

const borrowers = new WeakMap<tf.Optimizer, Set<SlotBorrower>>();

/**
 * Notes that slots of an optimizer take another form until their borrower is settled, as {@link takeBackSlots} and tfjs's `getWeights`
 * and `setWeights` of that optimizer then do first.
 */
export function lendSlots(optimizer: tf.Optimizer, borrower: SlotBorrower): void {
  const known = borrowers.get(optimizer);
  if (known) return void known.add(borrower);
  borrowers.set(optimizer, new Set([borrower]));
  const { getWeights, setWeights } = optimizer;
  optimizer.getWeights = () => {
    takeBackSlots(optimizer);
    return getWeights.call(optimizer);
  };
  optimizer.setWeights = (weights) => {
    takeBackSlots(optimizer);
    return setWeights.call(optimizer, weights);
  };
}

/** Brings all slots of an optimizer into the shapes of the variables that they belong to. */
export function takeBackSlots(optimizer: tf.Optimizer): void {
  const known = borrowers.get(optimizer);
  for (const borrower of known ?? []) borrower.settle();
  known?.clear();
}
