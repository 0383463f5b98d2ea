import type { ChannelRange, MapPlanes, TapRange, WalkedAxes, WalkedAxis } from './gather-rows.js';

/**
 * What {@link gatherRows} computes, bit by bit: one row.
 *
 * @example
 * ```ts
 * const one = {count: 1, scale: 1, offsets: [0], size: 1};
 * const width = {count: 3, scale: 1, offsets: [-1, 0], size: 3};
 * gatherRowsReference(Uint32Array.of(0b101), [one, one, width], {channels: 1, first: 0, count: 1}, 2); // [false, true]
 * ```
 */
export function gatherRowsReference(source: Uint32Array, axes: WalkedAxes, range: ChannelRange, row: number): boolean[] {
  const [depth, height, width] = axes;
  const [y, x] = [Math.floor(row / width.count), row % width.count];
  const [z, image] = [Math.floor(y / height.count) % depth.count, Math.floor(y / height.count / depth.count)];
  const bits: boolean[] = [];
  for (let td = 0; td < depth.offsets.length; td++) {
    for (let th = 0; th < height.offsets.length; th++) {
      for (let tw = 0; tw < width.offsets.length; tw++) {
        const at = [met(depth, z, td), met(height, y % height.count, th), met(width, x, tw)];
        for (let channel = range.first; channel < range.first + range.count; channel++) {
          const pixel = ((image * depth.size + at[0]) * height.size + at[1]) * width.size + at[2];
          bits.push(!at.includes(-1) && bit(source, pixel * range.channels + channel));
        }
      }
    }
  }
  return bits;
}

/**
 * What {@link shiftPlanes} computes, bit by bit: the row of one plane.
 *
 * @example
 * ```ts
 * const one = {count: 1, scale: 1, offsets: [0], size: 1};
 * const width = {count: 3, scale: 1, offsets: [-1, 0], size: 3};
 * const only = {tap: 0, first: 0, end: 1};
 * const map = {words: Uint32Array.of(0b101), planes: 1, images: 1, stride: 1};
 * shiftPlanesReference(map, [one, one, width], [only, only, {tap: 0, first: 1, end: 3}], 0); // [false, true, false]
 * ```
 */
export function shiftPlanesReference(
  { words, planes, images, stride }: MapPlanes,
  [depth, height, width]: WalkedAxes,
  taps: readonly [TapRange, TapRange, TapRange],
  plane: number,
): boolean[] {
  const lineBits = stride * Math.ceil(width.size / stride);
  const bits: boolean[] = [];
  for (let image = 0; image < images; image++) {
    for (let z = 0; z < depth.count; z++) {
      for (let y = 0; y < height.count; y++) {
        for (let x = 0; x < width.count; x++) {
          const at = [met(depth, z, taps[0].tap), met(height, y, taps[1].tap), met(width, x, taps[2].tap)];
          const line = (image * depth.size + at[0]) * height.size + at[1];
          const place = line * lineBits + (at[2] % stride) * (lineBits / stride) + Math.floor(at[2] / stride);
          bits.push(!at.includes(-1) && bit(words.subarray((plane * words.length) / planes), place));
        }
      }
    }
  }
  return bits;
}

/** The source coordinate, or -1 in the padding. */
function met({ scale, offsets, size }: WalkedAxis, coordinate: number, tap: number): number {
  const at = coordinate * scale + offsets[tap];
  return at >= 0 && at < size ? at : -1;
}

function bit(words: Uint32Array, at: number): boolean {
  return ((words[at >>> 5] >>> (at & 31)) & 1) === 1;
}
