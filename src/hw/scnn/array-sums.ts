import type { CartesianSums } from '../../kernels/index.js';

/** What a work costs in the array, over the images present; `cycles` include those of the halos. */
export interface ArraySums extends CartesianSums {
  /** Cycles in which neighbours exchange the partial sums of halos, and the sums exchanged. */
  haloCycles: number;
  haloWords: number;
  /** Times that the accumulators are filled and drained, and that all the weights stream by. */
  passes: number;
  streams: number;
}

export function arraySums(): ArraySums {
  return {
    ...{ cycles: 0, waiting: 0, bricks: 0, conflicts: 0, products: 0, landed: 0 },
    ...{ activationWords: 0, weightWords: 0, haloCycles: 0, haloWords: 0, passes: 0, streams: 0 },
  };
}
