import { readBits } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import type { GemmView } from '../gemm-view.js';
import { nestPhase } from '../nest-axes.js';
import { lanes } from './drain-cycles.js';

/** How a reduction is cut into rows of 16 lanes: each of `runs` runs begins a row, so that the last lanes of a run may stay empty. */
export interface Staging {
  readonly runs: number;
  readonly runLength: number;
  readonly rows: number;
}

/** Forward and back a run is the channels under one tap; in a weight gradient all pixels are one run. */
export function stagingOf({ nest, phase }: GemmWork, { k }: GemmView): Staging {
  const channels = { forward: nest.inChannels, inputGradient: nest.outChannels, weightGradient: k * nest.groups };
  const runLength = channels[nestPhase(nest, phase)] / nest.groups;
  return { runs: k / runLength, runLength, rows: (k / runLength) * Math.ceil(runLength / lanes) };
}

/**
 * Lays some streams of operands side by side: where stream s has a non-zero, `masks[s]` is set in `into[16 * row + lane]`.
 *
 * @param words the streams from the first on, `wordsPerStream` words each.
 */
export function layStreams(
  words: Uint32Array,
  wordsPerStream: number,
  masks: readonly number[],
  { runs, runLength }: Staging,
  into: Int32Array,
): void {
  masks.forEach((mask, stream) => {
    let bit = stream * wordsPerStream * 32;
    let row = 0;
    for (let run = 0; run < runs; run++) {
      for (let done = 0; done < runLength; done += lanes, row += lanes) {
        const length = Math.min(lanes, runLength - done);
        for (let rest = readBits(words, bit, length); rest !== 0; rest &= rest - 1)
          into[row + 31 - Math.clz32(rest & -rest)] |= mask;
        bit += length;
      }
    }
  });
}
