import { checkInteger } from '../check.js';
import type { KernelInfo } from '../contracts.js';
import { type Runs, runsAlong } from '../patterns/runs.js';
import { sizeFromShape } from '../size-from-shape.js';
import { checkFits } from './check-fits.js';

/** Where the non-zeros of a kernel lie, coarse enough to be looked at. */
export interface DensityMap {
  /** Rows of cells, from the first to the last weight of an output: all axes but that of the outputs, in their order in the kernel. */
  readonly rows: number;
  /** Columns of cells, from the first to the last output. */
  readonly columns: number;
  /** Fraction of non-zeros in each cell, row-major, in [0, 1]. */
  readonly cells: Float32Array;
}

/**
 * A kernel as a matrix of its reduction by its outputs, down-sampled: cell (r, c) of R x C is the fraction of non-zeros among rows
 * `floor(r I / R)` to `floor((r + 1) I / R) - 1` of I, and columns likewise. A kernel of at most `most` rows and columns is its own map.
 *
 * @param values weights or a mask, row-major, in the shape of the kernel.
 * @param most rows and columns of cells at the most, at least 1.
 * @throws SparsityError for values that do not fit the kernel's shape, and for less than one cell.
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * densityMap(Uint8Array.of(1, 0, 1, 1), info, 2).cells; // [0.5, 1]
 * ```
 */
export function densityMap(values: Uint8Array | Float32Array, info: KernelInfo, most = 48): DensityMap {
  checkInteger('most', most, 1);
  checkFits(values, info);
  const { length: outputs, inner } = outputsOf(info);
  const reduction = values.length / outputs;
  const [row, column] = [cellOf(reduction, most), cellOf(outputs, most)];
  const [rows, columns] = [Math.min(reduction, most), Math.min(outputs, most)];
  const [nonzeros, sizes] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let i = 0; i < values.length; i++) {
    const before = Math.floor(i / inner);
    const cell = row[Math.floor(before / outputs) * inner + (i % inner)] * columns + column[before % outputs];
    sizes[cell]++;
    if (values[i] !== 0) nonzeros[cell]++;
  }
  return { rows, columns, cells: Float32Array.from(nonzeros, (count, cell) => count / sizes[cell]) };
}

/** The axis of the outputs; channels and multipliers of a depthwise kernel, which come last, are one. */
function outputsOf(info: KernelInfo): Pick<Runs, 'length' | 'inner'> {
  if (info.kind !== 'depthwiseConv2d') return runsAlong(info, 'output', 1);
  return { length: sizeFromShape(info.shape.slice(-2)), inner: 1 };
}

/** For each of `length` places the cell, of at most `most` of nearly equal width, in which it lies. */
function cellOf(length: number, most: number): Uint32Array {
  const cells = Math.min(length, most);
  const places = new Uint32Array(length);
  for (let cell = 0; cell < cells; cell++) {
    places.fill(cell, Math.floor((cell * length) / cells), Math.floor(((cell + 1) * length) / cells));
  }
  return places;
}
