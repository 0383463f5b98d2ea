import type * as tf from '@tensorflow/tfjs';
import type { OpMasks } from './masked-ops.js';
import { tapeEngine } from './tap/tape.js';

/** For each tape the kernels whose gradient has its terms. */
const served = new WeakMap<object, WeakSet<object>>();

/** What is added to the weight gradient beside that of the loss; nothing is null and 0. */
interface Terms {
  readonly term: tf.Tensor | null;
  readonly decay: number;
}

/** What is left on a tape node where terms are added to a weight gradient. */
export interface AddedTerms {
  /** The gradient of the loss alone, under M_g; to be called right after that with the terms was computed, as it is freed with that. */
  without?: () => tf.Tensor;
}

/**
 * The terms of a gradient for this use of a kernel: where uses are known to be of one, the first that asks in a backward pass gets them. To be
 * called when the gradient is computed.
 */
export function termsToAdd({ term = null, decay = 0, sharedBy }: OpMasks): Terms {
  const tape = tapeEngine().state.activeTape;
  if (!sharedBy || !tape) return { term, decay };
  const kernels = served.get(tape) ?? new WeakSet();
  served.set(tape, kernels);
  if (kernels.has(sharedBy)) return { term: null, decay: 0 };
  kernels.add(sharedBy);
  return { term, decay };
}
