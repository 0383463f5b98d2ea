import { sizeOf } from '../hw/bits.js';
import type { PrunableKernel } from '../ops/index.js';
import type { KernelInfo } from '../pruning/contracts.js';
import { sameMask } from '../pruning/same-masks.js';
import { densityMap } from '../pruning/topology/density-map.js';
import { groupOccupancy } from '../pruning/topology/group-occupancy.js';

/** Where a mask of one layer keeps weights, small enough for a log. */
export interface LayerMaskMap {
  readonly layer: string;
  /** Which of the named masks; a layer has `backward` only where it differs from `forward`. */
  readonly mask: 'forward' | 'backward';
  /** Of the kernel. */
  readonly shape: readonly number[];
  /** Rows and columns of cells: the weights of an output from the first to the last, and the outputs; see {@link densityMap}. */
  readonly rows: number;
  readonly columns: number;
  /** Fraction of kept weights in each cell, row-major, two hexadecimal digits each: `ff` is 1. */
  readonly cells: string;
  /** Of groups along the mask's own reduction axis, how many keep 0, 1 ... m weights; see {@link groupOccupancy}. */
  readonly occupancy: readonly number[];
}

/** How full the groups of one mask are. */
export type MaskOccupancy = Pick<LayerMaskMap, 'layer' | 'mask' | 'occupancy'>;

/** The maps of the masks in force, one or two for each kernel. */
export function maskMaps(kernels: readonly PrunableKernel[], groupSize: number): LayerMaskMap[] {
  return masksOf(kernels).map((mask) => {
    const { rows, columns, cells } = densityMap(mask.kept, mask.info);
    return {
      layer: mask.info.name,
      mask: mask.name,
      shape: mask.info.shape,
      rows,
      columns,
      cells: Array.from(cells, (density) =>
        Math.round(255 * density)
          .toString(16)
          .padStart(2, '0'),
      ).join(''),
      occupancy: occupancyOf(mask, groupSize),
    };
  });
}

/** The occupancies of {@link maskMaps} alone: one pass over the masks, for who looks at every update. */
export function maskOccupancies(kernels: readonly PrunableKernel[], groupSize: number): MaskOccupancy[] {
  return masksOf(kernels).map((mask) => {
    return { layer: mask.info.name, mask: mask.name, occupancy: occupancyOf(mask, groupSize) };
  });
}

/** A mask in force. */
interface NamedMask {
  readonly info: KernelInfo;
  readonly name: LayerMaskMap['mask'];
  readonly kept: Uint8Array;
}

function masksOf(kernels: readonly PrunableKernel[]): NamedMask[] {
  return kernels.flatMap(({ info, masks: { forward, backward } }) => {
    const named = (name: NamedMask['name'], bits: Uint8Array | null): NamedMask => {
      const weights = sizeOf(info.shape);
      return { info, name, kept: bits ?? new Uint8Array(weights).fill(1) };
    };
    return [named('forward', forward), ...(sameMask(forward, backward) ? [] : [named('backward', backward)])];
  });
}

function occupancyOf({ info, name, kept }: NamedMask, m: number): number[] {
  const reduction = info.kind === 'depthwiseConv2d' ? 'window' : 'input';
  return groupOccupancy(kept, info, { m, axis: name === 'backward' ? 'output' : reduction });
}
