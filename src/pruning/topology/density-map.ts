import { checkInteger } from '../check.js';
import type { KernelInfo } from '../contracts.js';
import { outputRows } from '../patterns/runs.js';
import { checkFits } from './check-fits.js';

/** Where the non-zeros of a kernel lie, coarse enough to be looked at. */
export interface DensityMap {
  /** Rows of cells, from the first to the last weight that the forward pass reduces over: window row by row, then input channels. */
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
  const { length, inner } = outputRows(info);
  const [row, column] = [cellOf(length, most), cellOf(inner, most)];
  const [rows, columns] = [Math.min(length, most), Math.min(inner, most)];
  const [nonzeros, sizes] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let i = 0; i < length; i++) {
    for (let o = 0; o < inner; o++) {
      const cell = row[i] * columns + column[o];
      sizes[cell]++;
      if (values[i * inner + o] !== 0) nonzeros[cell]++;
    }
  }
  return { rows, columns, cells: Float32Array.from(nonzeros, (count, cell) => count / sizes[cell]) };
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
