import type { PrunableKernel } from '../ops/index.js';
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

/** The maps of the masks in force, one or two for each kernel. */
export function maskMaps(kernels: readonly PrunableKernel[], groupSize: number): LayerMaskMap[] {
  return kernels.flatMap((kernel) => {
    const { forward, backward } = kernel.masks;
    const own = sameMask(forward, backward) ? [] : [mapOf(kernel, 'backward', backward, groupSize)];
    return [mapOf(kernel, 'forward', forward, groupSize), ...own];
  });
}

function mapOf({ info }: PrunableKernel, mask: LayerMaskMap['mask'], bits: Uint8Array | null, m: number): LayerMaskMap {
  const { name, kind, shape } = info;
  const kept = bits ?? new Uint8Array(shape.reduce((product, size) => product * size, 1)).fill(1);
  const { rows, columns, cells } = densityMap(kept, info);
  const reduction = kind === 'depthwiseConv2d' ? 'window' : 'input';
  return {
    layer: name,
    mask,
    shape,
    rows,
    columns,
    cells: Array.from(cells, (density) =>
      Math.round(255 * density)
        .toString(16)
        .padStart(2, '0'),
    ).join(''),
    occupancy: groupOccupancy(kept, info, { m, axis: mask === 'backward' ? 'output' : reduction }),
  };
}
