import { SparsityError } from '../../errors.js';

/**
 * The values with 0 where the mask is 1: optimizer slots of newly grown weights start anew.
 *
 * @throws SparsityError when values and mask differ in size.
 * @example
 * ```ts
 * zeroWhere(Uint8Array.of(0, 1), Float32Array.of(3, 4)); // [3, 0]
 * ```
 */
export function zeroWhere(mask: Uint8Array, values: Float32Array): Float32Array {
  if (mask.length !== values.length) {
    const expected = `${mask.length}, the size of the mask`;
    throw new SparsityError({ what: 'number of values', got: values.length, expected, fix: 'pass the mask of the same kernel' });
  }
  return values.map((value, i) => (mask[i] === 1 ? 0 : value));
}
