import { sizeOf } from '../bits.js';
import type { BitTensor, LoopNest } from '../contracts.js';
import { foldHalfTiles } from '../parts/balance/fold-half-tiles.js';
import type { ProcrustesSpec } from './options.js';

/** The tiles of weights that the array holds one after another. */
export interface ChipTiles {
  /** Weights that are skipped by none: non-zeros of the pattern. */
  readonly nonzeros: number;
  /** Sum over chip tiles of the non-zeros in the fullest row of processing elements. */
  readonly longest: number;
  /** Chip tiles that hold a non-zero. */
  readonly tiles: number;
  /** Sums over these of the reduction indices, and of the output channels, that they span. */
  readonly reductions: number;
  readonly filters: number;
}

/**
 * Cuts a pattern of weights into chip tiles of `2 peRows` output channels and `tileWeights / 2` reduction indices (tap and input channel), a
 * half tile being one channel's share of it, and gives each row of processing elements two half tiles: neighbours, or folded.
 *
 * @param pattern of the weights, the last axis being the output channels; undefined when none is zero.
 */
export function chipTiles(pattern: BitTensor | undefined, nest: LoopNest, spec: ProcrustesSpec): ChipTiles {
  const { outChannels } = nest;
  const all = (sizeOf(nest.kernelSize) * nest.inChannels) / nest.groups;
  const depth = spec.tileWeights / 2;
  const together = 2 * spec.peRows;
  const sums = { nonzeros: 0, longest: 0, tiles: 0, reductions: 0, filters: 0 };
  const halves = new Array<number>(together * Math.ceil(outChannels / together)).fill(0);
  for (let first = 0; first < all; first += depth) {
    const reductions = Math.min(depth, all - first);
    if (pattern) countPerFilter(pattern.words, first * outChannels, reductions, outChannels, halves);
    else halves.fill(reductions, 0, outChannels);
    for (let filter = 0; filter < outChannels; filter += together) {
      const tile = halves.slice(filter, filter + together);
      const loads = spec.balance === 'halfTiles' ? foldHalfTiles(tile).loads : neighbours(tile);
      const longest = Math.max(...loads);
      if (longest === 0) continue;
      sums.longest += longest;
      for (const load of loads) sums.nonzeros += load;
      sums.tiles++;
      sums.reductions += reductions;
      sums.filters += Math.min(together, outChannels - filter);
    }
  }
  return sums;
}

/** Non-zeros of each output channel among some reduction indices. */
function countPerFilter(words: Uint32Array, from: number, reductions: number, filters: number, counts: number[]): void {
  counts.fill(0);
  const end = from + reductions * filters;
  for (let word = from >>> 5; word < Math.ceil(end / 32); word++) {
    for (let rest = words[word]; rest !== 0; rest &= rest - 1) {
      const bit = 32 * word + 31 - Math.clz32(rest & -rest);
      if (bit >= from && bit < end) counts[(bit - from) % filters]++;
    }
  }
}

function neighbours(halves: readonly number[]): number[] {
  return Array.from({ length: halves.length / 2 }, (_, row) => halves[2 * row] + halves[2 * row + 1]);
}
