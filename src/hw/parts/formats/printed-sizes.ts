import { SparsityError } from '../../../errors.js';
import { checkPositive } from '../checks.js';

/** A matrix as Eqs. 5 to 9 of 001 see it. */
export interface PrintedMatrix {
  /** X. */
  readonly cols: number;
  /** Y. */
  readonly rows: number;
  /** s: share of zeros, in [0, 1]. */
  readonly sparsity: number;
}

/** Sizes in bits by the equations of 001. */
export interface PrintedSizes {
  /** Eq. 6. */
  readonly nonzeroBits: number;
  /** Eq. 7. */
  readonly csrIndexBits: number;
  /** Eq. 5: Eq. 6 and Eq. 7. */
  readonly csrBits: number;
  /** Eq. 9. */
  readonly bitmapIndexBits: number;
  /** Eq. 8: Eq. 6 and Eq. 9. */
  readonly bitmapBits: number;
}

/**
 * Eqs. 5 to 9 of 001 to the letter: 32-bit values, 8-bit column indices, 8 bits per row and no format tag.
 *
 * @throws SparsityError when the sparsity is not in [0, 1], or a size is no positive integer.
 * @example
 * ```ts
 * printedSizes({cols: 500, rows: 500, sparsity: 0.9}).csrBits / (32 * 500 * 500); // 0.1255
 * ```
 */
export function printedSizes({ cols, rows, sparsity }: PrintedMatrix): PrintedSizes {
  checkPositive('columns of a matrix', cols);
  checkPositive('rows of a matrix', rows);
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new SparsityError({ what: 'sparsity of a matrix', got: sparsity, expected: '0 to 1', fix: 'pass 0.9 for 90 %' });
  const nonzeros = cols * rows * (1 - sparsity);
  const nonzeroBits = 32 * nonzeros;
  const csrIndexBits = 8 * nonzeros + 8 * rows;
  const bitmapIndexBits = cols * rows;
  return {
    ...{ nonzeroBits, csrIndexBits, bitmapIndexBits },
    csrBits: nonzeroBits + csrIndexBits,
    bitmapBits: nonzeroBits + bitmapIndexBits,
  };
}

/**
 * Sparsity of a row of `cols` values at which RP-CSR and RP-BF are of one size: `1 - 1/c + r / (c X)`; with the 8 bits of 001 its
 * Eq. 10, `0.875 + 1/X`. Above 1 the bit map is always smaller.
 *
 * @throws SparsityError when the columns or a width are not positive integers.
 * @example
 * ```ts
 * crossoverSparsity(500); // 0.877
 * crossoverSparsity(28, {indexBits: 5}); // 0.857: 1 - 1/5 + 8 / (5 * 28)
 * ```
 */
export function crossoverSparsity(cols: number, { indexBits = 8, countBits = 8 } = {}): number {
  checkPositive('columns of a row', cols);
  checkPositive('indexBits of a row', indexBits);
  checkPositive('countBits of a row', countBits);
  return 1 - 1 / indexBits + countBits / (indexBits * cols);
}
