import type { LoopNest } from '../contracts.js';
import type { ScnnSpec } from './options.js';

/** A tap of the kernel along one axis, in the order in which weights are streamed. */
export interface PlaneTap {
  /** Coordinate in the kernel tensor. */
  readonly kernel: number;
  /** A product of position p contributes to output (p - offset) / stride. */
  readonly offset: number;
  /** Multiplied with positions of the same phase only. */
  readonly phase: number;
}

/** One axis of the plane that the processing elements share: the padded source map, and how its positions meet outputs. */
export interface PlaneAxis {
  /** Positions of the padded map. */
  readonly size: number;
  /** Position of each source coordinate, -1 where it meets no output. */
  readonly positions: readonly number[];
  readonly stride: number;
  readonly taps: readonly PlaneTap[];
  readonly outputs: number;
  /** Positions per processing element, and the number of these. */
  readonly tile: number;
  readonly elements: number;
  /** Outputs that a tile reaches before its own, its own, and those behind: what neighbours exchange. */
  readonly halo: readonly [number, number, number];
  /** Output by position - offset + `firstDifference`, -1 outside of the map. */
  readonly outputOf: Int32Array;
  readonly firstDifference: number;
}

/** Height is split over the rows of the grid, width over its columns. */
export function forwardPlaneAxis(nest: LoopNest, axis: number, spec: ScnnSpec): PlaneAxis {
  const peer = spec.pairing === 'peer';
  const stride = nest.stride[axis];
  const pad = nest.padBefore[axis];
  const outputs = nest.outSize[axis];
  const reach = (nest.kernelSize[axis] - 1) * nest.dilation[axis];
  const padded = nest.inSize[axis] + pad;
  const taps = Array.from({ length: nest.kernelSize[axis] }, (_, kernel) => {
    const offset = kernel * nest.dilation[axis];
    return { kernel, offset, phase: (offset + (peer ? pad : 0)) % stride };
  });
  return planeAxis(axis, spec, {
    size: peer ? padded + pad : Math.max(padded, (outputs - 1) * stride + reach + 1),
    positions: Array.from({ length: nest.inSize[axis] }, (_, coordinate) => coordinate + pad),
    ...{ stride, taps, outputs, pad, reach },
  });
}

/**
 * The input gradient: the errors, `stride` apart (the zeros between are not stored), meet the rotated kernel at stride 1. Errors beside
 * the map that it needs are left out.
 */
export function backwardPlaneAxis(nest: LoopNest, axis: number, spec: ScnnSpec): PlaneAxis {
  const reach = (nest.kernelSize[axis] - 1) * nest.dilation[axis];
  const pad = reach - nest.padBefore[axis];
  const outputs = nest.inSize[axis];
  const size = outputs + reach;
  const taps = Array.from({ length: nest.kernelSize[axis] }, (_, i) => {
    return { kernel: nest.kernelSize[axis] - 1 - i, offset: i * nest.dilation[axis], phase: 0 };
  });
  const positions = Array.from({ length: nest.outSize[axis] }, (_, coordinate) => {
    const position = coordinate * nest.stride[axis] + pad;
    return position >= 0 && position < size ? position : -1;
  });
  return planeAxis(axis, spec, { size, positions, stride: 1, taps, outputs, pad, reach });
}

/** A plane of rows that meet no neighbours: a 1x1 kernel. The public simulator has none, and no tile of its own for them. */
export function rowsPlaneAxis(size: number, axis: number, spec: ScnnSpec): PlaneAxis {
  const positions = Array.from({ length: size }, (_, position) => position);
  const taps = [{ kernel: 0, offset: 0, phase: 0 }];
  return planeAxis(axis, { ...spec, pairing: 'repaired' }, { size, positions, stride: 1, taps, outputs: size, pad: 0, reach: 0 });
}

type Geometry = Pick<PlaneAxis, 'size' | 'positions' | 'stride' | 'taps' | 'outputs'> & { pad: number; reach: number };

function planeAxis(axis: number, spec: ScnnSpec, { pad, reach, ...geometry }: Geometry): PlaneAxis {
  const peer = spec.pairing === 'peer';
  const { size, stride, outputs } = geometry;
  const elements = axis === 1 ? spec.peRows : spec.peCols;
  const grid = Math.ceil(size / elements) * elements;
  const tile = peer ? Math.floor(grid / spec.peRows) : grid / elements;
  const outputOf = Int32Array.from({ length: reach + grid }, (_, i) => {
    const output = peer ? Math.trunc((i - reach) / stride) : Math.floor((i - reach) / stride);
    return output >= 0 && output < outputs ? output : -1;
  });
  const sides = [reach - pad, tile, pad] as const;
  const alone = tile >= size; // no neighbour along this axis
  const reached = (positions: number) => (alone ? 0 : Math.ceil(Math.max(0, positions) / stride));
  const halo = peer ? sides : ([reached(sides[0]), Math.ceil(tile / stride), reached(sides[2])] as const);
  return { ...geometry, tile, elements, halo, outputOf, firstDifference: reach };
}
