import type { PlacedList } from '../../kernels/index.js';
import { countBits, sliceBits } from '../bits.js';
import type { BitTensor, LoopNest } from '../contracts.js';
import { filterHash } from './banks.js';
import { onesOf } from './ones-of.js';
import type { Pass } from './passes.js';
import type { PlaneAxis } from './plane-axis.js';

/** Non-zeros of one slice (a depth of an image), in buckets by channel, element and phase, in the order of rows, then columns. */
export function sliceEntries(
  source: BitTensor,
  slice: number,
  channels: number,
  height: PlaneAxis,
  width: PlaneAxis,
): PlacedList {
  const phases = height.stride * width.stride;
  const perChannel = height.elements * width.elements * phases;
  const size = height.positions.length * width.positions.length * channels;
  const list = unsorted(countBits(sliceBits(source, slice * size, size)));
  const ones = new Uint32Array(channels);
  let from = slice * size - channels;
  for (const row of height.positions) {
    for (const col of width.positions) {
      from += channels;
      const tileRow = Math.floor(row / height.tile);
      const tileCol = Math.floor(col / width.tile);
      if (row < 0 || col < 0 || tileRow >= height.elements || tileCol >= width.elements) continue;
      const phase = (row % height.stride) * width.stride + (col % width.stride);
      const place = (tileRow * width.elements + tileCol) * phases + phase;
      const found = onesOf({ words: source.words, from }, channels, ones);
      for (let i = 0; i < found; i++) add(list, ones[i] * perChannel + place, row, col, 0);
    }
  }
  return sorted(list, channels * perChannel);
}

/**
 * Non-zero weights of one depth of the kernel, in buckets by pass, channel of the pass and phase, in the order of taps, then filters.
 */
export function kernelEntries(
  kernel: BitTensor,
  depth: number,
  nest: LoopNest,
  forward: boolean,
  passes: readonly Pass[],
  height: PlaneAxis,
  width: PlaneAxis,
): PlacedList {
  const { groups, outChannels } = nest;
  const inGroup = nest.inChannels / groups;
  const outGroup = outChannels / groups;
  const phases = height.stride * width.stride;
  const channels = forward ? inGroup : outGroup;
  const passOf = passes.flatMap(({ firstFilter, endFilter }, i) => new Array<number>(endFilter - firstFilter).fill(i));
  const list = unsorted(countBits(kernel));
  const ones = new Uint32Array(outChannels);
  for (const row of height.taps) {
    for (const col of width.taps) {
      const tap = (depth * nest.kernelSize[1] + row.kernel) * nest.kernelSize[2] + col.kernel;
      const phase = row.phase * width.stride + col.phase;
      for (let input = 0; input < inGroup; input++) {
        const found = onesOf({ words: kernel.words, from: (tap * inGroup + input) * outChannels }, outChannels, ones);
        for (let i = 0; i < found; i++) {
          const filter = forward ? ones[i] : Math.floor(ones[i] / outGroup) * inGroup + input;
          const channel = forward ? input : ones[i] % outGroup;
          const bucket = (passOf[filter] * channels + channel) * phases + phase;
          add(list, bucket, row.offset, col.offset, filterHash(filter));
        }
      }
    }
  }
  return sorted(list, passes.length * channels * phases);
}

/** Entries as they come. */
interface UnsortedList {
  readonly buckets: Uint32Array;
  readonly rows: Uint32Array;
  readonly cols: Uint32Array;
  readonly hashes: Uint8Array;
  length: number;
}

function unsorted(capacity: number): UnsortedList {
  const numbers = () => new Uint32Array(capacity);
  return { buckets: numbers(), rows: numbers(), cols: numbers(), hashes: new Uint8Array(capacity), length: 0 };
}

function add(list: UnsortedList, bucket: number, row: number, col: number, hash: number): void {
  const at = list.length++;
  list.buckets[at] = bucket;
  list.rows[at] = row;
  list.cols[at] = col;
  list.hashes[at] = hash;
}

/** A counting sort by bucket, which keeps the order within. */
function sorted({ buckets, length, ...list }: UnsortedList, count: number): PlacedList {
  const first = new Uint32Array(count + 1);
  for (let i = 0; i < length; i++) first[buckets[i] + 1]++;
  for (let bucket = 0; bucket < count; bucket++) first[bucket + 1] += first[bucket];
  const next = first.slice();
  const rows = new Uint32Array(length);
  const cols = new Uint32Array(length);
  const hashes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const at = next[buckets[i]]++;
    rows[at] = list.rows[i];
    cols[at] = list.cols[i];
    hashes[at] = list.hashes[i];
  }
  return { first, rows, cols, hashes };
}
