import type { GemmWork, LoopNest } from './contracts.js';

/**
 * How one axis of a nest is walked by rows that gather from a source map: row coordinate `o` and tap `j` meet source coordinate
 * `o * scale + offsets[j]`, which is padding outside 0 .. size - 1.
 */
export interface GatherAxis {
  /** Row coordinates. */
  readonly count: number;
  readonly scale: number;
  /** Ascending, one per tap that exists for these rows. */
  readonly offsets: readonly number[];
  /** Kernel coordinate of each offset. */
  readonly taps: readonly number[];
  /** Source coordinates. */
  readonly size: number;
}

/** The phase that a work is for its nest: in a transposed layer forward and inputGradient change places. */
export function nestPhase(nest: LoopNest, phase: GemmWork['phase']): GemmWork['phase'] {
  if (!nest.transposed || phase === 'weightGradient') return phase;
  return phase === 'forward' ? 'inputGradient' : 'forward';
}

/** Output pixels gather from the input: source = o * stride - padBefore + tap * dilation. */
export function forwardAxis(nest: LoopNest, axis: number): GatherAxis {
  const taps = Array.from({ length: nest.kernelSize[axis] }, (_, tap) => tap);
  return {
    count: nest.outSize[axis],
    scale: nest.stride[axis],
    offsets: taps.map((tap) => tap * nest.dilation[axis] - nest.padBefore[axis]),
    taps,
    size: nest.inSize[axis],
  };
}

/**
 * Input pixels gather from the output, one class of pixels per remainder modulo the stride: only the taps that meet an output pixel
 * are listed, so the zeros that a dilated error map would have do not exist. Classes without pixels or taps are left out.
 */
export function backwardAxes(nest: LoopNest, axis: number): readonly GatherAxis[] {
  const stride = nest.stride[axis];
  return Array.from({ length: Math.min(stride, nest.inSize[axis]) }, (_, phase) => {
    const offset = (tap: number) => (phase + nest.padBefore[axis] - tap * nest.dilation[axis]) / stride;
    const taps = forwardAxis(nest, axis)
      .taps.filter((tap) => Number.isInteger(offset(tap)))
      .reverse();
    return {
      count: Math.ceil((nest.inSize[axis] - phase) / stride),
      scale: 1,
      offsets: taps.map(offset),
      taps,
      size: nest.outSize[axis],
    };
  }).filter(({ taps }) => taps.length > 0);
}

/** The row coordinates first .. end - 1 whose tap `j` lies inside the source. */
export function validRange(axis: GatherAxis, j: number): readonly [first: number, end: number] {
  const first = Math.max(0, Math.ceil(-axis.offsets[j] / axis.scale));
  const end = Math.min(axis.count, Math.floor((axis.size - 1 - axis.offsets[j]) / axis.scale) + 1);
  return [first, Math.max(first, end)];
}

/** Row coordinates inside the source, per tap. */
export function rowsPerTap(axis: GatherAxis): readonly number[] {
  return axis.offsets.map((_, j) => {
    const [first, end] = validRange(axis, j);
    return end - first;
  });
}

/** Taps inside the source, per row coordinate. */
export function tapsPerRow(axis: GatherAxis): readonly number[] {
  return Array.from({ length: axis.count }, (_, o) => {
    const inside = (offset: number) => o * axis.scale + offset >= 0 && o * axis.scale + offset < axis.size;
    return axis.offsets.filter(inside).length;
  });
}

/** Pairs of row coordinate and tap inside the source. */
export function pairs(axis: GatherAxis): number {
  return rowsPerTap(axis).reduce((sum, rows) => sum + rows, 0);
}
