import { SparsityError } from '../../../errors.js';
import { checkPositive } from '../checks.js';

/** A crossbar: each input sends, and each output takes, one word a cycle. */
export interface Crossbar {
  readonly crosspoints: number;
  /** Cycles of a delivery of so many words to each output: `max(most words to one output, ceil(all words / inputs))`. */
  deliveryCycles(wordsTo: ArrayLike<number>): number;
}

/**
 * A crossbar from inputs to outputs, as products go to accumulator banks. Words wait for their output at any input.
 *
 * @throws SparsityError when a size is not a positive integer, or a delivery has another number of outputs.
 * @example
 * ```ts
 * crossbar(16, 4).deliveryCycles([8, 3, 3, 2]); // 8: the conflicts of one bank
 * ```
 */
export function crossbar(inputs: number, outputs: number): Crossbar {
  checkPositive('inputs of a crossbar', inputs);
  checkPositive('outputs of a crossbar', outputs);
  return {
    crosspoints: inputs * outputs,
    deliveryCycles(wordsTo) {
      if (wordsTo.length !== outputs) {
        const fix = 'give the words to each output';
        throw new SparsityError({ what: 'outputs of a delivery', got: wordsTo.length, expected: String(outputs), fix });
      }
      const words = Array.from(wordsTo);
      const all = words.reduce((sum, count) => sum + count, 0);
      return Math.max(...words, Math.ceil(all / inputs));
    },
  };
}
