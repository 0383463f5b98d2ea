import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import type { Rng } from '../../rng.js';
import { sizeOf, wordsFor } from '../bits.js';
import type { BitTensor } from '../contracts.js';
import { betaDraw } from './beta-draw.js';
import { checkDensity } from './check-density.js';

/** Density of {@link rowBetaBits}. */
export interface RowBetaOptions {
  /** Mean share of non-zeros, in [0, 1]. */
  readonly density: number;
  /** Standard deviation of the rows' densities as a share of sqrt(density * (1 - density)), in [0, 1). @default 0.3 */
  readonly spread?: number;
  /** Axes that name a row: elements with equal indices along them share a density. */
  readonly rowAxes: readonly number[];
}

/**
 * Random bits whose density differs from row to row: each row draws it from a beta distribution, and its bits are independent.
 *
 * @throws SparsityError for an unknown option, and when the density is outside [0, 1], the spread outside [0, 1), or an axis is not one
 * of the shape's.
 * @example
 * ```ts
 * // 64 filters of a 3x3 kernel over 32 channels, 10 % dense on average.
 * rowBetaBits([1, 3, 3, 32, 64], {density: 0.1, rowAxes: [4]}, createRng(7));
 * ```
 */
export function rowBetaBits(shape: readonly number[], options: RowBetaOptions, rng: Rng): BitTensor {
  checkOptionNames('rowBetaBits', options, { density: true, spread: true, rowAxes: true });
  const { density, spread = 0.3, rowAxes } = options;
  checkDensity(density, spread);
  const bad = rowAxes.find((axis) => !(Number.isInteger(axis) && axis >= 0 && axis < shape.length));
  if (bad !== undefined) {
    const expected = `an axis of shape [${shape}], 0 to ${shape.length - 1}`;
    throw new SparsityError({ what: 'rowAxes', got: bad, expected, fix: 'count axes from 0' });
  }
  const strides = rowStrides(shape, rowAxes);
  const rows = rowAxes.reduce((product, axis) => product * shape[axis], 1);
  const densities = Float64Array.from({ length: rows }, betaDraw(density, spread, rng));
  const words = new Uint32Array(wordsFor(sizeOf(shape)));
  const inner = shape[shape.length - 1];
  const innerStride = strides[shape.length - 1];
  const index = shape.slice(0, -1).fill(0);
  for (let start = 0; start < sizeOf(shape); start += inner) {
    const base = index.reduce((sum, i, axis) => sum + i * strides[axis], 0);
    for (let j = 0; j < inner; j++) {
      if (rng.uniform() < densities[base + j * innerStride]) words[(start + j) >>> 5] |= 1 << ((start + j) & 31);
    }
    for (let axis = index.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { shape, words };
}

/** How far a step along each axis goes in the list of rows; 0 along axes that do not name one. */
function rowStrides(shape: readonly number[], rowAxes: readonly number[]): readonly number[] {
  let stride = 1;
  return shape.map((size, axis) => {
    if (!rowAxes.includes(axis)) return 0;
    const own = stride;
    stride *= size;
    return own;
  });
}
