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

/** The two maps of a product as its kernel walks them: the framed one that is read at an offset list, and the other. */
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
