import { ownMemory } from './own-memory.js';

/** How an axis of a map is walked: row coordinate o and tap j meet source coordinate o * scale + offsets[j], padding outside of the size. */
export interface WalkedAxis {
  readonly count: number;
  readonly scale: number;
  /** Ascending, one per tap. */
  readonly offsets: readonly number[];
  readonly size: number;
}

/** Depth, height, width. */
export type WalkedAxes = readonly [WalkedAxis, WalkedAxis, WalkedAxis];

/** The channels that are taken, of all. */
export interface ChannelRange {
  readonly channels: number;
  readonly first: number;
  readonly count: number;
}

/**
 * Writes rows start, start + 1 ... of what im2col makes of a map, as many as `rows` holds: per row of [image, row coordinates] the bits
 * [taps, channels of the range], 0 in the padding. {@link gatherRowsReference} on WebAssembly.
 *
 * @param source bits [images, ...sizes, channels].
 * @param rows `wordsPerRow` words each, overwritten.
 * @example
 * ```ts
 * const one = {count: 1, scale: 1, offsets: [0], size: 1};
 * const width = {count: 3, scale: 1, offsets: [-1, 0], size: 3}; // each pixel and the one before it
 * const rows = new Uint32Array(3);
 * gatherRows(Uint32Array.of(0b101), [one, one, width], {channels: 1, first: 0, count: 1}, 0, rows, 1);
 * rows; // [0b10, 0b01, 0b10]
 * ```
 */
export function gatherRows(
  source: Uint32Array,
  axes: WalkedAxes,
  { channels, first, count: perRow }: ChannelRange,
  start: number,
  rows: Uint32Array,
  wordsPerRow: number,
): void {
  const count = rows.length / wordsPerRow;
  const [rowsPerImage, imageBits] = [product(axes, 'count'), product(axes, 'size') * channels];
  const image = Math.floor(start / rowsPerImage);
  const images = Math.ceil((start + count) / rowsPerImage) - image;
  const firstWord = Math.floor((image * imageBits) / 32);
  const words = source.subarray(firstWord, Math.ceil(((image + images) * imageBits) / 32));
  const walked = axes.map(axisNumbers);
  const { memory, wasm, areas } = ownMemory([...[words.byteLength, rows.byteLength], ...walked.map(({ length }) => 4 * length)]);
  const [from, to, ...axesAt] = areas;
  new Uint32Array(memory.buffer, from, words.length).set(words);
  walked.forEach((numbers, axis) => {
    new Int32Array(memory.buffer, axesAt[axis], numbers.length).set(numbers);
  });
  const result = new Uint32Array(memory.buffer, to, rows.length).fill(0);
  wasm.gatherRows(
    ...[from, image * imageBits - 32 * firstWord, ...axesAt, channels, first, perRow],
    ...[start - image * rowsPerImage, count, to, 4 * wordsPerRow],
  );
  rows.set(result);
}

/** Planes of a map: one per channel, of whole words. Bits are [images, ...sizes], each line in order of the remainder modulo `stride`. */
export interface MapPlanes {
  readonly words: Uint32Array;
  readonly planes: number;
  readonly images: number;
  readonly stride: number;
}

/** A tap along an axis: its number, and the row coordinates first .. end - 1 that meet the source under it. */
export interface TapRange {
  readonly tap: number;
  readonly first: number;
  readonly end: number;
}

/**
 * Writes what one tap sees of planes, a row of [images, row coordinates] for each, 0 in the padding. {@link shiftPlanesReference} on
 * WebAssembly.
 *
 * @param taps of the three axes.
 * @param rows a row of whole words per plane, overwritten.
 * @example
 * ```ts
 * const one = {count: 1, scale: 1, offsets: [0], size: 1};
 * const width = {count: 3, scale: 1, offsets: [-1, 0], size: 3};
 * const only = {tap: 0, first: 0, end: 1};
 * const rows = new Uint32Array(1);
 * const map = {words: Uint32Array.of(0b101), planes: 1, images: 1, stride: 1};
 * shiftPlanes(map, [one, one, width], [only, only, {tap: 0, first: 1, end: 3}], rows);
 * rows; // [0b010]
 * ```
 */
export function shiftPlanes(
  { words, planes, images, stride }: MapPlanes,
  axes: WalkedAxes,
  taps: readonly [TapRange, TapRange, TapRange],
  rows: Uint32Array,
): void {
  const walked = [...axes.map(axisNumbers), taps.flatMap(({ tap, first, end }) => [tap, first, end])];
  const { memory, wasm, areas } = ownMemory([...[words.byteLength, rows.byteLength], ...walked.map(({ length }) => 4 * length)]);
  const [from, to, ...walkedAt] = areas;
  new Uint32Array(memory.buffer, from, words.length).set(words);
  walked.forEach((numbers, i) => {
    new Int32Array(memory.buffer, walkedAt[i], numbers.length).set(numbers);
  });
  const result = new Uint32Array(memory.buffer, to, rows.length).fill(0);
  const lineBits = stride * Math.ceil(axes[2].size / stride);
  wasm.shiftPlanes(
    ...[from, words.byteLength / planes, planes, images, ...walkedAt, lineBits, stride],
    ...[to, rows.byteLength / planes],
  );
  rows.set(result);
}

function axisNumbers({ count, scale, size, offsets }: WalkedAxis): readonly number[] {
  return [count, scale, size, offsets.length, ...offsets];
}

function product(axes: WalkedAxes, of: 'count' | 'size'): number {
  return axes.reduce((all, axis) => all * axis[of], 1);
}
