import type { LaneCounts, LaneMap } from './lane-kernels.js';
import { type LaneWalk, laneBytes } from './offset-lists.js';
import type { Pointer } from './wasm-functions.js';

/** A map of lanes in memory: [block][height][width][channels][32]. */
export interface MapInMemory {
  readonly pointer: Pointer;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * The two maps of a product as its kernel walks them: the framed one that is read at an offset list, and the other.
 *
 * @param blocks of 32 images.
 * @example
 * ```ts
 * const g = {batch: 32, inHeight: 1, inWidth: 1, inChannels: 2, outHeight: 1, outWidth: 1, outChannels: 3, kernelHeight: 1,
 *   kernelWidth: 1, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0};
 * const x = {pointer: 0, height: 1, width: 1, channels: 2};
 * const y = {pointer: 1024, height: 1, width: 1, channels: 3};
 * mapsOf(forwardProduct(g, null), 1, x, y).counts; // [1, 1, 1]: what LaneKernels.product takes
 * ```
 */
export function mapsOf(
  { first, step, count, start, stride }: LaneWalk,
  blocks: number,
  framed: MapInMemory,
  other: MapInMemory,
): { readonly framed: LaneMap; readonly other: LaneMap; readonly counts: LaneCounts } {
  return {
    framed: laneMap(framed, start, stride),
    other: laneMap(other, first, step),
    counts: [blocks, ...count],
  };
}

function laneMap(
  { pointer, height, width, channels }: MapInMemory,
  [row, column]: readonly [number, number],
  [rowStep, columnStep]: readonly [number, number],
): LaneMap {
  const pixel = channels * laneBytes;
  return {
    pointer: pointer + (row * width + column) * pixel,
    block: height * width * pixel,
    row: rowStep * width * pixel,
    pixel: columnStep * pixel,
  };
}
