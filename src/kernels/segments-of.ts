/** A segment of a list: some taps of the window, and some channels of each. */
export interface Segment {
  readonly firstTap: number;
  readonly taps: number;
  readonly first: number;
  readonly width: number;
}

/**
 * The segments of a list: taps in a row, with all their channels, which lie evenly over the sets of a cache and, of a new row of pixels, in
 * one segment only; or all taps of some channels, where there are more segments than taps. Of a window of 3 x 3, three segments are its rows.
 *
 * @param unit channels are cut at multiples of this.
 */
export function segmentsOf(channels: number, taps: number, segments: number, unit = 1): readonly Segment[] {
  const byTaps = segments <= taps;
  const units = byTaps ? taps : Math.ceil(channels / unit);
  const at = (segment: number) => Math.ceil((segment * units) / segments);
  return Array.from({ length: segments }, (_, segment) => {
    const [from, to] = [at(segment), at(segment + 1)];
    if (byTaps) return { firstTap: from, taps: to - from, first: 0, width: channels };
    const [first, next] = [Math.min(channels, unit * from), Math.min(channels, unit * to)];
    return { firstTap: 0, taps, first, width: next - first };
  });
}
