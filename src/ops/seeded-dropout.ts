import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { createRng } from '../rng.js';
import type { LayerRunState, StatefulLayer } from './stateful-layer.js';

/** The options of every tfjs layer, a type that tfjs does not export. */
type LayerArgs = NonNullable<ConstructorParameters<typeof tf.layers.Layer>[0]>;

/** Options of {@link seededDropout}, besides those of every tfjs layer. */
export interface SeededDropoutArgs extends LayerArgs {
  /** Share of the inputs that become 0 while training, in [0, 1). */
  rate: number;
  /** Seed of the masks: a 32-bit integer. Layers of one model want different seeds, or their masks are alike. */
  seed: number;
}

class SeededDropout extends tf.layers.Layer implements StatefulLayer {
  static readonly className = 'SeededDropout';
  private readonly rate: number;
  private readonly seed: number;
  private draws = 0;

  constructor(args: SeededDropoutArgs) {
    super(args);
    if (!(args.rate >= 0 && args.rate < 1)) {
      const fix = 'pass 0.5 to drop half of the inputs';
      throw new SparsityError({ what: 'seededDropout rate', got: args.rate, expected: 'a number in [0, 1)', fix });
    }
    if (!Number.isInteger(args.seed)) {
      const fix = 'pass a seed, another one for each dropout layer';
      throw new SparsityError({ what: 'seededDropout seed', got: args.seed, expected: 'an integer', fix });
    }
    this.rate = args.rate;
    this.seed = args.seed;
    this.supportsMasking = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const input = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
      if (!kwargs.training || this.rate === 0) return input;
      const mask = dropoutMask(input.size, this.rate, this.seed, this.draws++);
      return tf.mul(input, tf.tensor(mask, input.shape, 'float32'));
    });
  }

  runState(): LayerRunState {
    return { draws: this.draws };
  }

  restoreRunState(state: LayerRunState): void {
    this.draws = state.draws as number;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}
tf.serialization.registerClass(SeededDropout);

/**
 * Dropout whose masks come from a seed and a count of draws: while training `y = x * m / (1 - rate)`, m = 0 with probability `rate`, else
 * 1; in inference `y = x`. The same seed gives the same masks on every backend, and a checkpoint restores the count, so that a resumed run
 * draws the masks of the uninterrupted one. tfjs's own dropout draws from the global generator, or with a seed repeats one mask.
 *
 * @throws SparsityError for a rate outside [0, 1) and a seed that is no integer.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 8, inputShape: [4]}), seededDropout({rate: 0.5, seed: 1})]});
 * ```
 */
export function seededDropout(args: SeededDropoutArgs): tf.layers.Layer & StatefulLayer {
  return new SeededDropout(args);
}

/**
 * The mask of one draw: `size` values, 0 with probability `rate`, else 1 / (1 - rate). Counter-based: element i is a hash of (seed,
 * draw, i), two rounds of the 32-bit murmur finaliser, so that no state passes from element to element.
 */
export function dropoutMask(size: number, rate: number, seed: number, draw: number): Float32Array {
  const [first, second] = createRng(`dropout/${seed}/${draw}`).state() as [number, number];
  const threshold = rate * 4294967296;
  const kept = 1 / (1 - rate);
  const mask = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const h = finalise(finalise(i ^ first) ^ second);
    if (h >>> 0 >= threshold) mask[i] = kept;
  }
  return mask;
}

function finalise(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
