import { laneBytes } from './offset-lists.js';

/** Bytes of x that the offsets of a segment should stay within: little more than a first-level cache, the rest of which the second has. */
const windowBytes = 50 * 1024;
/** Fewer non-zeros in a row of a segment would not pay for reading and writing its sum once more. */
const leastPerRow = 12;

/**
 * Into how many segments to cut a list, so that what each reads stays about within a first-level cache.
 *
 * @param channels of the map that the list reads.
 * @param taps of the window; `channels` times this are the places a row chooses from.
 * @param density of the mask.
 * @example
 * ```ts
 * segmentCount(512, 1, 0.1); // 2: 64 KB of lanes, of which a half stays in the cache
 * ```
 */
export function segmentCount(channels: number, taps: number, density: number): number {
  const wanted = Math.ceil((channels * taps * laneBytes) / windowBytes);
  // As many taps to each segment: the rows of a window of 3 x 3 rather than a tap more and a tap less than half of it.
  const even = wanted < taps ? Math.ceil(taps / Math.floor(taps / wanted)) : wanted;
  const affordable = Math.floor((channels * taps * density) / leastPerRow);
  return Math.max(1, Math.min(even, affordable, channels));
}
