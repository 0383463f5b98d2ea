import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';

/** The steps of one model say nothing of another, which would go on behind the schedule of the first, dense where that has ended. */
export class SameModel {
  /** Not the model itself: compiling a sequential one again makes another inside it, of the same weights. */
  private weights: WeakSet<tf.LayerVariable> | undefined;

  /** @throws SparsityError for another model than at the last call, once a step is done. */
  check({ weights }: tf.LayersModel, step: number): void {
    const { weights: known } = this;
    if (step > 0 && known && !weights.every((weight) => known.has(weight))) {
      throw new SparsityError({
        what: 'model of pruning()',
        got: `another than the one trained up to step ${step}`,
        expected: 'the same',
        fix: 'make a new pruning(...) for each model, or restore the state of a run into this one',
      });
    }
    this.weights = new WeakSet(weights);
  }

  /** For a restored state, which may go on in another model. */
  forget(): void {
    this.weights = undefined;
  }
}
