import type { ConvGeometry } from './geometry.js';
import { type ListShape, listOf, type OffsetList } from './mask-lists.js';

/** Bytes of the 32 float32 lanes of a channel: images in blocks of 32, [block][pixel][channel][32]. */
export const laneBytes = 128;

/** Zeros around the map that a list walks over, in pixels. */
export interface Frame {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** How a list walks over a framed map: which output pixels it makes, and where it starts to read. */
export interface LaneWalk {
  /** Of the list, which may be cut into any number of segments. */
  readonly shape: Omit<ListShape, 'segments'>;
  /** Output pixels: every `step`-th from `first`, `count` of them, by height and width. */
  readonly first: readonly [number, number];
  readonly step: readonly [number, number];
  readonly count: readonly [number, number];
  /** Pixel of the framed map at which the first output pixel starts, and how far it moves from one to the next. */
  readonly start: readonly [number, number];
  readonly stride: readonly [number, number];
}

/** A product of a list with a framed map. */
export interface LaneProduct extends LaneWalk {
  readonly list: OffsetList;
}

/**
 * Zeros around the input of a convolution.
 *
 * @example
 * ```ts
 * // 3 x 3 over 8 x 8 pixels, 'same'
 * const map = {batch: 32, inHeight: 8, inWidth: 8, inChannels: 4, outHeight: 8, outWidth: 8, outChannels: 6};
 * const window = {kernelHeight: 3, kernelWidth: 3, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1};
 * forwardFrame({...map, ...window, padTop: 1, padLeft: 1}); // {top: 1, left: 1, bottom: 1, right: 1}
 * ```
 */
export function forwardFrame(g: ConvGeometry): Frame {
  const after = (size: number, out: number, kernel: number, stride: number, before: number) =>
    Math.max(0, (out - 1) * stride + kernel - before - size);
  return {
    top: g.padTop,
    left: g.padLeft,
    bottom: after(g.inHeight, g.outHeight, g.kernelHeight, g.strideHeight, g.padTop),
    right: after(g.inWidth, g.outWidth, g.kernelWidth, g.strideWidth, g.padLeft),
  };
}

/**
 * The forward product, by output channel; also the list of the weight gradient. Without dilation.
 *
 * @param mask which weights are in it, 1 keeps, [kh, kw, in, out]; null for all.
 * @param segments into how many the list is cut.
 * @example
 * ```ts
 * const g = {batch: 32, inHeight: 1, inWidth: 1, inChannels: 2, outHeight: 1, outWidth: 1, outChannels: 3, kernelHeight: 1,
 *   kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0};
 * const {list} = forwardProduct(g, Uint8Array.of(1, 0, 0, 1, 0, 1)); // two inputs, three outputs
 * list.rowStart; // [0, 2, 2, 3]: two non-zeros of the first output, none of the second, one of the third
 * ```
 */
export function forwardProduct(g: ConvGeometry, mask: Uint8Array | null, segments = 1): LaneProduct {
  const walk = forwardWalk(g);
  return { ...walk, list: listOf(mask ?? allOnes(g), { ...walk.shape, segments }) };
}

/** How the forward product walks. */
export function forwardWalk(g: ConvGeometry): LaneWalk {
  const { kernelHeight, kernelWidth, inChannels, outChannels } = g;
  const { left, right } = forwardFrame(g);
  const width = left + g.inWidth + right;
  const taps = Array.from({ length: kernelHeight * kernelWidth }, (_, tap) => {
    const pixel = Math.floor(tap / kernelWidth) * width + (tap % kernelWidth);
    return { start: tap * inChannels * outChannels, offset: pixel * inChannels * laneBytes };
  });
  return {
    shape: { rows: outChannels, taps, channels: inChannels, neighbours: 'rows' },
    first: [0, 0],
    step: [1, 1],
    count: [g.outHeight, g.outWidth],
    start: [0, 0],
    stride: [g.strideHeight, g.strideWidth],
  };
}

/**
 * Zeros around dy that the input gradient reads.
 *
 * @example
 * ```ts
 * // 3 x 3 over 8 x 8 pixels without padding: 6 x 6 outputs
 * const map = {batch: 32, inHeight: 8, inWidth: 8, inChannels: 4, outHeight: 6, outWidth: 6, outChannels: 6};
 * const window = {kernelHeight: 3, kernelWidth: 3, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1};
 * backwardFrame({...map, ...window, padTop: 0, padLeft: 0}); // {top: 2, left: 2, bottom: 2, right: 2}
 * ```
 */
export function backwardFrame(g: ConvGeometry): Frame {
  const [top, bottom] = backwardAxis(g.inHeight, g.outHeight, g.kernelHeight, g.strideHeight, g.padTop);
  const [left, right] = backwardAxis(g.inWidth, g.outWidth, g.kernelWidth, g.strideWidth, g.padLeft);
  return { top, left, bottom, right };
}

/** Input pixel i meets tap t of output (i + pad - t) / stride: at most ceil(kernel / stride) - 1 outputs before its last. */
function backwardAxis(size: number, out: number, kernel: number, stride: number, pad: number): [number, number] {
  return [Math.ceil(kernel / stride) - 1, Math.max(0, Math.floor((size - 1 + pad) / stride) - out + 1)];
}

/**
 * The products that make the input gradient of dy, by input channel: one for each remainder of (pixel + padding) by the strides, since
 * these meet different taps. Input pixels that no tap meets get a product without non-zeros, which writes zeros.
 *
 * @param mask as for {@link forwardProduct}.
 * @param segments into how many each list is cut.
 * @example
 * ```ts
 * const g = {batch: 32, inHeight: 1, inWidth: 1, inChannels: 2, outHeight: 1, outWidth: 1, outChannels: 3, kernelHeight: 1,
 *   kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0};
 * const [{list}] = backwardProducts(g, Uint8Array.of(1, 0, 0, 1, 0, 1)); // two inputs, three outputs
 * list.rowStart; // [0, 1, 3]: one non-zero of the first input, two of the second
 * ```
 */
export function backwardProducts(g: ConvGeometry, mask: Uint8Array | null, segments = 1): LaneProduct[] {
  return backwardWalks(g).map((walk) => ({ ...walk, list: listOf(mask ?? allOnes(g), { ...walk.shape, segments }) }));
}

/** How the products of the input gradient walk. */
export function backwardWalks(g: ConvGeometry): LaneWalk[] {
  const { top, left, right } = backwardFrame(g);
  const width = left + g.outWidth + right;
  const { inChannels, outChannels, kernelWidth } = g;
  const rows = phases(g.inHeight, g.kernelHeight, g.strideHeight, g.padTop);
  const columns = phases(g.inWidth, g.kernelWidth, g.strideWidth, g.padLeft);
  return rows.flatMap((row) =>
    columns.map((column): LaneWalk => {
      const taps = row.taps.flatMap((kh, a) => column.taps.map((kw, b) => ({ tap: kh * kernelWidth + kw, up: a, back: b })));
      // The last tap of the window reads first: offsets count from there, and the list begins with it, so that it reads in the order of memory.
      const starts = taps.reverse().map(({ tap, up, back }) => {
        const pixel = (row.taps.length - 1 - up) * width + (column.taps.length - 1 - back);
        return { start: tap * inChannels * outChannels, offset: pixel * outChannels * laneBytes };
      });
      return {
        shape: { rows: inChannels, taps: starts, channels: outChannels, neighbours: 'channels' },
        first: [row.first, column.first],
        step: [g.strideHeight, g.strideWidth],
        count: [row.count, column.count],
        start: [row.output + top - Math.max(0, row.taps.length - 1), column.output + left - Math.max(0, column.taps.length - 1)],
        stride: [1, 1],
      };
    }),
  );
}

/** Along one axis: input pixels of one remainder, the taps that meet them, and the output that the first of them meets at tap 0 of these. */
function phases(size: number, kernel: number, stride: number, pad: number) {
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    const remainder = (first + pad) % stride;
    const taps = Array.from({ length: Math.max(0, Math.ceil((kernel - remainder) / stride)) }, (__, t) => remainder + t * stride);
    return { first, count: Math.ceil((size - first) / stride), taps, output: (first + pad - remainder) / stride };
  });
}

function allOnes({ kernelHeight, kernelWidth, inChannels, outChannels }: ConvGeometry): Uint8Array {
  return new Uint8Array(kernelHeight * kernelWidth * inChannels * outChannels).fill(1);
}
