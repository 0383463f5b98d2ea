import { checkInteger } from '../check.js';
import type { KernelInfo } from '../contracts.js';
import { forEachRun, type GroupAxis, runsAlong } from '../patterns/runs.js';
import { checkFits } from './check-fits.js';

/** Options of {@link groupOccupancy}. */
export interface GroupOccupancyOptions {
  /** Consecutive weights in a group, at least 1. */
  readonly m: number;
  /**
   * The axis along which the weights of a group lie, as in {@link nm}.
   * @default 'input'
   */
  readonly axis?: GroupAxis;
}

/**
 * Histogram of the non-zeros in groups: how many groups of `m` consecutive values along an axis have 0, 1 ... m non-zeros, m + 1
 * counts. N:M masks have none beyond N. Where `m` does not divide the axis, the last group is shorter, and counts like the others.
 *
 * @param values weights or a mask, row-major, in the shape of the kernel.
 * @throws SparsityError for m below 1, an axis the kernel lacks, values that do not fit its shape.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * groupOccupancy(Uint8Array.of(1, 1, 0, 0), info, {m: 2}); // [1, 0, 1]
 * ```
 */
export function groupOccupancy(
  values: Uint8Array | Float32Array,
  info: KernelInfo,
  { m, axis = 'input' }: GroupOccupancyOptions,
): number[] {
  checkInteger('m', m, 1);
  checkFits(values, info);
  const runs = runsAlong(info, axis, m);
  const histogram = new Array<number>(m + 1).fill(0);
  forEachRun(runs, (_, first, size) => {
    let nonzeros = 0;
    for (let k = 0; k < size; k++) if (values[first + k * runs.inner] !== 0) nonzeros++;
    histogram[nonzeros]++;
  });
  return histogram;
}
