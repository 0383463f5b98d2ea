import type { Crew } from './kernel-crew.js';
import type { LaneCounts, LaneMap, ListPointers } from './lane-kernels.js';
import { laneBytes } from './offset-lists.js';

/** A part of a product on lanes: some of its rows of pixels, of its blocks of images, or of its outputs. */
export interface ProductShare {
  readonly firstOutput: number;
  readonly outputs: number;
  readonly x: LaneMap;
  readonly y: LaneMap;
  readonly counts: LaneCounts;
}

/** Cuts a product into parts that write to different places, along the axis that leaves most of x to a part. */
export function productShares(crew: Crew, list: ListPointers, x: LaneMap, y: LaneMap, counts: LaneCounts): ProductShare[] {
  const [blocks, height, width] = counts;
  const all = { firstOutput: 0, outputs: list.rows };
  if (height > 1) {
    return crew.parts(height).map(([from, to]) => ({
      ...all,
      ...{ x: moved(x, from * x.row), y: moved(y, from * y.row), counts: [blocks, to - from, width] },
    }));
  }
  if (blocks > 1) {
    return crew.parts(blocks).map(([from, to]) => ({
      ...all,
      ...{ x: moved(x, from * x.block), y: moved(y, from * y.block), counts: [to - from, height, width] },
    }));
  }
  return outputShares(crew, list, x, y, counts);
}

/** Cuts a product by its outputs. */
export function outputShares(crew: Crew, list: ListPointers, x: LaneMap, y: LaneMap, counts: LaneCounts): ProductShare[] {
  return crew
    .parts(list.rows, list.quads ? 4 : 1)
    .map(([from, to]) => ({ firstOutput: from, outputs: to - from, x, y: moved(y, from * laneBytes), counts }));
}

function moved(map: LaneMap, bytes: number): LaneMap {
  return { ...map, pointer: map.pointer + bytes };
}
