import type { OffsetList } from './mask-lists.js';
import { laneBytes } from './offset-lists.js';

/** Bytes of x that the offsets of a segment should stay within: most of a first-level cache. */
const windowBytes = 40 * 1024;
/** Fewer non-zeros in a row of a segment would not pay for reading and writing its sum once more. */
const leastPerRow = 24;

/**
 * Into how many segments to cut a list, so that what each reads stays within a first-level cache.
 *
 * @param channels of the map that the list reads.
 * @param taps of the window; `channels` times this are the places a row chooses from.
 */
export function segmentCount({ rowStart, order }: OffsetList, channels: number, taps: number): number {
  const wanted = Math.ceil((channels * taps * laneBytes) / windowBytes);
  const affordable = Math.floor(order.length / (rowStart.length - 1) / leastPerRow);
  return Math.max(1, Math.min(wanted, affordable, channels));
}

/**
 * A list cut by channels of the map that it reads into segments, which follow one another: `rowStart` has an entry for each row of each
 * segment.
 *
 * @param list one segment, as `forwardProduct` and `backwardProducts` make it.
 */
export function inSegments(list: OffsetList, channels: number, segments: number): OffsetList {
  if (segments === 1) return list;
  const rows = list.rowStart.length - 1;
  const segmentOf = Uint8Array.from({ length: channels }, (_, channel) => Math.floor((channel * segments) / channels));
  const count = list.order.length;
  const rowStart = new Uint32Array(segments * rows + 1);
  const places = new Uint8Array(count);
  for (let row = 0; row < rows; row++) {
    for (let j = list.rowStart[row]; j < list.rowStart[row + 1]; j++) {
      const segment = segmentOf[(list.offsets[j] / laneBytes) % channels];
      places[j] = segment;
      rowStart[segment * rows + row + 1]++;
    }
  }
  for (let i = 1; i < rowStart.length; i++) rowStart[i] += rowStart[i - 1];
  const next = rowStart.slice();
  const offsets = new Uint32Array(count);
  const order = new Uint32Array(count);
  for (let row = 0; row < rows; row++) {
    for (let j = list.rowStart[row]; j < list.rowStart[row + 1]; j++) {
      const at = next[places[j] * rows + row]++;
      offsets[at] = list.offsets[j];
      order[at] = list.order[j];
    }
  }
  return { rowStart, offsets, order };
}
