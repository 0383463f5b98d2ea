import { readBits } from '../bits.js';
import type { BitTensor, LoopNest } from '../contracts.js';
import { filterHash } from './banks.js';
import type { Entries } from './barrier.js';
import type { Pass } from './passes.js';
import type { PlaneAxis } from './plane-axis.js';

/** Non-zeros of one slice (a depth of an image), in buckets by channel, element and phase, in the order of rows, then columns. */
export function sliceEntries(source: BitTensor, slice: number, channels: number, height: PlaneAxis, width: PlaneAxis): Entries {
  const phases = height.stride * width.stride;
  const perChannel = height.elements * width.elements * phases;
  const pixels = height.positions.length * width.positions.length;
  return bucketed(channels * perChannel, (visit) => {
    let bit = slice * pixels * channels;
    for (const row of height.positions) {
      for (const col of width.positions) {
        const tileRow = Math.floor(row / height.tile);
        const tileCol = Math.floor(col / width.tile);
        const met = row >= 0 && col >= 0 && tileRow < height.elements && tileCol < width.elements;
        const element = tileRow * width.elements + tileCol;
        const place = element * phases + (row % height.stride) * width.stride + (col % width.stride);
        if (met) forEachBit(source.words, bit, channels, (channel) => visit(channel * perChannel + place, row, col, 0));
        bit += channels;
      }
    }
  });
}

/**
 * Non-zero weights of one depth of the kernel, in buckets by pass, channel of the pass and phase, in the order of taps,
 * then filters.
 */
export function kernelEntries(
  kernel: BitTensor,
  depth: number,
  nest: LoopNest,
  forward: boolean,
  passes: readonly Pass[],
  height: PlaneAxis,
  width: PlaneAxis,
): Entries {
  const { groups, outChannels } = nest;
  const inGroup = nest.inChannels / groups;
  const outGroup = outChannels / groups;
  const phases = height.stride * width.stride;
  const channels = forward ? inGroup : outGroup;
  const filters = forward ? outGroup : inGroup;
  return bucketed(passes.length * channels * phases, (visit) => {
    for (const row of height.taps) {
      for (const col of width.taps) {
        const tap = (depth * nest.kernelSize[1] + row.kernel) * nest.kernelSize[2] + col.kernel;
        const phase = row.phase * width.stride + col.phase;
        passes.forEach(({ firstFilter, endFilter }, pass) => {
          for (let channel = 0; channel < channels; channel++) {
            const bucket = (pass * channels + channel) * phases + phase;
            for (let filter = firstFilter; filter < endFilter; filter++) {
              const group = Math.floor(filter / filters);
              const bit = forward
                ? (tap * inGroup + channel) * outChannels + filter
                : (tap * inGroup + (filter - group * filters)) * outChannels + group * outGroup + channel;
              if ((kernel.words[bit >>> 5] >>> (bit & 31)) & 1) visit(bucket, row.offset, col.offset, filterHash(filter));
            }
          }
        });
      }
    }
  });
}

/** A counting sort that keeps the order of visits within a bucket; `walk` is called twice and must visit the same. */
function bucketed(
  buckets: number,
  walk: (visit: (bucket: number, row: number, col: number, hash: number) => void) => void,
): Entries {
  const first = new Uint32Array(buckets + 1);
  walk((bucket) => {
    first[bucket + 1]++;
  });
  for (let bucket = 0; bucket < buckets; bucket++) first[bucket + 1] += first[bucket];
  const next = first.slice();
  const rows = new Uint32Array(first[buckets]);
  const cols = new Uint32Array(first[buckets]);
  const hashes = new Uint8Array(first[buckets]);
  walk((bucket, row, col, hash) => {
    const at = next[bucket]++;
    rows[at] = row;
    cols[at] = col;
    hashes[at] = hash;
  });
  return { first, rows, cols, hashes };
}

/** Calls back for every one among `count` bits from bit `from`. */
export function forEachBit(words: Uint32Array, from: number, count: number, visit: (index: number) => void): void {
  for (let start = 0; start < count; start += 32) {
    for (let rest = readBits(words, from + start, Math.min(32, count - start)); rest !== 0; rest &= rest - 1) {
      visit(start + 31 - Math.clz32(rest & -rest));
    }
  }
}
