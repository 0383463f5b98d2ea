import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { createRng } from '../rng.js';
import type { Json, RunState } from './base-callback.js';

/** Samples as a flat array; the first axis of `shape` counts them. */
export interface SampleArray {
  readonly data: Float32Array | Uint8Array;
  /** [samples, ...shape of one]. */
  readonly shape: readonly number[];
  /**
   * Factor on every value, 1/255 for pixels.
   * @default 1
   */
  readonly scale?: number;
}

/** Where a run stands: the next batch to train on. Both count from 0. */
export interface RunPosition {
  readonly epoch: number;
  readonly batchInEpoch: number;
}

/** Options of {@link seededBatches}. */
export interface SeededBatchesOptions {
  /** Inputs; a tensor is read out once and may be disposed afterwards. */
  readonly xs: SampleArray | tf.Tensor;
  /** Targets, as many as inputs. */
  readonly ys: SampleArray | tf.Tensor;
  /** Samples per batch, at least 1. */
  readonly batchSize: number;
  /** Decides the order of every epoch. */
  readonly seed: number | string;
}

/** A training set in a seeded order. */
export interface SeededBatches extends RunState {
  /** The last batch of an epoch is smaller when the batch size does not divide the number of samples. */
  readonly batchesPerEpoch: number;
  /** Batches for one `fitDataset`, which opens a new iterator for each epoch: the n-th one gives the n-th epoch from `start`. */
  dataset(start?: RunPosition): tf.data.Dataset<{ xs: tf.Tensor; ys: tf.Tensor }>;
}

/**
 * Batches whose order is a permutation per epoch, derived from the seed and the epoch's number, so that a run can be resumed in
 * the middle of an epoch; `fit` shuffles with the global generator. Every sample comes once per epoch; the last batch holds the rest.
 * Only the batch at hand is a tensor. Call `fitDataset` without `batchesPerEpoch`.
 *
 * As a {@link RunState} it refuses a checkpoint of other data: another seed, batch size or number of samples.
 *
 * @throws SparsityError when sizes do not fit together.
 * @example
 * ```ts
 * const batches = seededBatches({xs: tf.ones([8, 4]), ys: tf.ones([8, 1]), batchSize: 3, seed: 7});
 * batches.batchesPerEpoch; // 3: batches of 3, 3 and 2
 * const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [4]})]});
 * model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
 * await model.fitDataset(batches.dataset(), {epochs: 2});
 * ```
 */
export function seededBatches(options: SeededBatchesOptions): SeededBatches {
  const { batchSize, seed } = options;
  const xs = sampleArray('xs', options.xs);
  const ys = sampleArray('ys', options.ys);
  const samples = xs.shape[0] as number;
  if (ys.shape[0] !== samples) {
    const fix = 'give one target per input';
    throw new SparsityError({ what: 'seededBatches.ys', got: `${ys.shape[0]} samples`, expected: `${samples}, as in xs`, fix });
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    const fix = 'pass 32, say';
    throw new SparsityError({ what: 'seededBatches.batchSize', got: batchSize, expected: 'an integer of at least 1', fix });
  }
  const batchesPerEpoch = Math.ceil(samples / batchSize);

  function* epochFrom({ epoch, batchInEpoch }: RunPosition) {
    const order = createRng(`batches/${seed}/${epoch}`).permutation(samples);
    for (let batch = batchInEpoch; batch < batchesPerEpoch; batch++) {
      const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      yield { xs: gather(xs, rows), ys: gather(ys, rows) };
    }
  }

  const identity: Json = { seed, batchSize, samples };
  return {
    key: 'batches',
    batchesPerEpoch,
    dataset(start = { epoch: 0, batchInEpoch: 0 }) {
      let next: RunPosition = start;
      const dataset = tf.data.generator(function* () {
        // Runs at the first batch: iterators that fitDataset opens and never reads do not count as epochs.
        const position = next;
        next = { epoch: position.epoch + 1, batchInEpoch: 0 };
        yield* epochFrom(position);
      } as () => Iterator<{ xs: tf.Tensor; ys: tf.Tensor }>);
      // fitDataset passes the size on to the callbacks, as the number of steps per epoch.
      return Object.assign(dataset, { size: batchesPerEpoch });
    },
    runState: () => identity,
    restoreRunState(state) {
      if (JSON.stringify(state) === JSON.stringify(identity)) return;
      const fix = 'resume with the data, batch size and seed of the stored run';
      throw new SparsityError({
        what: 'seededBatches',
        got: identity,
        expected: `${JSON.stringify(state)} of the stored run`,
        fix,
      });
    },
  };
}

function sampleArray(name: string, given: SampleArray | tf.Tensor): SampleArray {
  const array: SampleArray =
    given instanceof tf.Tensor ? { data: Float32Array.from(given.dataSync()), shape: given.shape } : (given as SampleArray);
  const size = tf.util.sizeFromShape([...array.shape]);
  if (array.shape.length === 0 || array.data.length !== size || size === 0) {
    throw new SparsityError({
      what: `seededBatches.${name}`,
      got: `${array.data.length} values for shape [${array.shape}]`,
      expected: 'as many values as the shape says, at least one',
      fix: 'give [samples, ...shape of one] as the shape',
    });
  }
  return array;
}

/** The given samples as one float32 tensor. */
function gather({ data, shape, scale = 1 }: SampleArray, rows: Uint32Array): tf.Tensor {
  const width = data.length / (shape[0] as number);
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    values.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  if (scale !== 1) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale;
  return tf.tensor(values, [rows.length, ...shape.slice(1)], 'float32');
}
