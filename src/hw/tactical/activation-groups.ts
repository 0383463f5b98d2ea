import { SparsityError } from '../../errors.js';
import { readBits, sizeOf } from '../bits.js';
import type { BitTensor } from '../contracts.js';
import { checkPositive } from '../parts/checks.js';

/** Width of the field that says how wide the values of a group are: 4 bits for values of up to 16 (003), and one more for 32. */
function precisionFieldBits(valueBits: number): number {
  return Math.max(4, Math.ceil(Math.log2(valueBits)));
}

/** Widths of {@link groupedBits}. */
export interface GroupFields {
  /** Consecutive activations that share a precision. */
  readonly group: number;
  /** Width of a value without compression. */
  readonly valueBits: number;
  /** Width of the values of a group that has any, which a map of non-zeros does not tell: declared. */
  readonly precisionBits: number;
}

/**
 * Bits of activations in groups of one precision each (003, off chip), from their non-zeros: `groups * f + elements of groups that are not
 * all zero * precisionBits` with a field of f = 4 bits, 5 for values of 32; no more than without compression.
 *
 * @example
 * ```ts
 * const map = bitsFrom([...new Array(16).fill(0), ...new Array(16).fill(3)], [32]);
 * groupedBits(map, {group: 16, valueBits: 16, precisionBits: 8}); // 136: 2 * 4 + 16 * 8
 * ```
 */
export function groupedBits({ shape, words }: BitTensor, { group, valueBits, precisionBits }: GroupFields): number {
  const size = sizeOf(shape);
  let stored = 0;
  for (let first = 0; first < size; first += group) {
    const length = Math.min(group, size - first);
    if (hasOnes(words, first, length)) stored += length;
  }
  const bits = Math.ceil(size / group) * precisionFieldBits(valueBits) + stored * Math.min(valueBits, precisionBits);
  return Math.min(bits, size * valueBits);
}

/**
 * The same from the values of fixed-point activations: each group is as wide as its widest value, `1 + floor(log2 |x|)` bits and one for
 * the sign where the group has negative values.
 *
 * @param values integers below 2^15 in size.
 * @param group consecutive values that share a precision. @default 16
 * @throws SparsityError when a value is no such integer.
 * @example
 * ```ts
 * groupPrecisionBits([5, 0, 1, 2], 4); // 4 + 4 * 3
 * ```
 */
export function groupPrecisionBits(values: ArrayLike<number>, group = 16): number {
  checkPositive('group of activations', group);
  let bits = 0;
  for (let first = 0; first < values.length; first += group) {
    const end = Math.min(values.length, first + group);
    let [magnitudes, sign] = [0, 0];
    for (let i = first; i < end; i++) {
      magnitudes |= Math.abs(checked(values[i], i));
      if (values[i] < 0) sign = 1;
    }
    const width = magnitudes === 0 ? 0 : 32 - Math.clz32(magnitudes) + sign;
    bits += precisionFieldBits(16) + (end - first) * width;
  }
  return bits;
}

function checked(value: number, i: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 32_768) return value;
  const fix = 'scale and round the activations to 16-bit fixed point first';
  throw new SparsityError({ what: `activation ${i}`, got: value, expected: 'an integer below 2^15 in size', fix });
}

function hasOnes(words: Uint32Array, from: number, length: number): boolean {
  for (let at = from, end = from + length; at < end; at += 32) {
    if (readBits(words, at, Math.min(32, end - at)) !== 0) return true;
  }
  return false;
}
