import { outputHashes } from './banks.js';
import type { ScnnSpec } from './options.js';
import type { PlaneAxis } from './plane-axis.js';

/** Non-zeros in buckets, in the order in which they are multiplied; bucket i is first[i] .. first[i + 1] - 1. */
export interface Entries {
  readonly first: Uint32Array;
  /** Row and column: positions of activations, offsets of weights. */
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
  /** Share of the filter in the bank; empty for activations. */
  readonly hashes: Uint8Array;
}

/** What a work costs in the array, over the images present. */
export interface ArraySums {
  /** Sum over barriers of the slowest processing element, and the cycles of halos. */
  cycles: number;
  /** Sum over barriers and elements of the cycles that it waits for the slowest. */
  waiting: number;
  /** Steps of a vector of activations times a vector of weights. */
  bricks: number;
  /** Cycles beyond the first of a brick: a bank adds one product at a time. */
  conflicts: number;
  /** Products of two non-zeros, and those of them that meet an output. */
  products: number;
  landed: number;
  /** Words that activation RAMs and weight FIFOs give out, whole vectors. */
  activationWords: number;
  weightWords: number;
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

/** Runs one reduction index: every element multiplies its activations with all the weights, phase by phase, and all wait for the slowest. */
export type Barrier = (activations: Entries, activationBucket: number, weights: Entries, weightBucket: number) => void;

/** The barriers over a plane; buckets of activations are ordered by element, then phase. */
export function planeBarrier(height: PlaneAxis, width: PlaneAxis, spec: ScnnSpec, sums: ArraySums): Barrier {
  const { activationVector: I, weightVector: F, banks } = spec;
  const elements = height.elements * width.elements;
  const phases = height.stride * width.stride;
  const rowHashes = outputHashes(height, 1);
  const colHashes = outputHashes(width, 2);
  const bankOfHash = Uint8Array.from({ length: 32 }, (_, hash) => hash % banks);
  const occupancy = new Uint8Array(32);

  /** Cycles of a brick: the occupancy of its fullest bank, at least 1. */
  function brick(
    activations: Entries,
    from: number,
    to: number,
    weights: Entries,
    firstWeight: number,
    endWeight: number,
  ): number {
    occupancy.fill(0);
    let fullest = 1;
    let landed = 0;
    for (let a = from; a < to; a++) {
      const row = activations.rows[a] + height.firstDifference;
      const col = activations.cols[a] + width.firstDifference;
      for (let w = firstWeight; w < endWeight; w++) {
        const hash = rowHashes[row - weights.rows[w]] ^ colHashes[col - weights.cols[w]] ^ weights.hashes[w];
        if (hash >= 32) continue;
        landed++;
        const times = ++occupancy[bankOfHash[hash]];
        if (times > fullest) fullest = times;
      }
    }
    sums.landed += landed;
    return fullest;
  }

  return (activations, activationBucket, weights, weightBucket) => {
    let slowest = 0;
    let total = 0;
    for (let element = 0; element < elements; element++) {
      let cycles = 0;
      for (let phase = 0; phase < phases; phase++) {
        const bucket = activationBucket + element * phases + phase;
        const from = activations.first[bucket];
        const to = activations.first[bucket + 1];
        const firstWeight = weights.first[weightBucket + phase];
        const endWeight = weights.first[weightBucket + phase + 1];
        const activationVectors = Math.ceil((to - from) / I);
        const weightVectors = Math.ceil((endWeight - firstWeight) / F);
        sums.activationWords += activationVectors * I;
        sums.weightWords += weightVectors * F;
        sums.products += (to - from) * (endWeight - firstWeight);
        sums.bricks += activationVectors * weightVectors;
        for (let a = from; a < to; a += I) {
          for (let w = firstWeight; w < endWeight; w += F) {
            cycles += brick(activations, a, Math.min(a + I, to), weights, w, Math.min(w + F, endWeight));
          }
        }
        sums.conflicts -= activationVectors * weightVectors;
      }
      sums.conflicts += cycles;
      total += cycles;
      if (cycles > slowest) slowest = cycles;
    }
    sums.cycles += slowest;
    sums.waiting += elements * slowest - total;
  };
}
