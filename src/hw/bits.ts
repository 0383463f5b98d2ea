import { SparsityError } from '../errors.js';
import type { Rng } from '../rng.js';
import type { BitTensor } from './contracts.js';

/**
 * Wraps packed words as a bit tensor: bit `i & 31` of `words[i >> 5]` belongs to element `i`, row-major. The words are not copied.
 *
 * @throws SparsityError when the number of words does not fit the shape.
 * @example
 * ```ts
 * countBits(bitTensor([2, 3], Uint32Array.of(0b101001))); // 3
 * ```
 */
export function bitTensor(shape: readonly number[], words: Uint32Array): BitTensor {
  const expected = wordsFor(sizeOf(shape));
  if (words.length !== expected) {
    throw new SparsityError({
      what: `words of a bit tensor of shape [${shape}]`,
      got: words.length,
      expected: `${expected} words of 32 bits`,
      fix: 'pack lowest bit first, without gaps between rows',
    });
  }
  return { shape, words };
}

/**
 * The non-zero pattern of values: bit i is 1 where `values[i]` is not zero (-0 is zero, NaN is not).
 *
 * @throws SparsityError when the number of values does not fit the shape.
 * @example
 * ```ts
 * bitsFrom([0.5, 0, -2], [3]).words[0]; // 0b101
 * ```
 */
export function bitsFrom(values: ArrayLike<number>, shape: readonly number[]): BitTensor {
  if (values.length !== sizeOf(shape)) {
    throw new SparsityError({
      what: `values of a bit tensor of shape [${shape}]`,
      got: values.length,
      expected: `${sizeOf(shape)} values`,
      fix: 'pass the shape of the tensor that the values come from',
    });
  }
  const words = new Uint32Array(wordsFor(values.length));
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) words[i >>> 5] |= 1 << (i & 31);
  return { shape, words };
}

/**
 * A bit tensor of ones: every element present. Bits behind the last element are 0.
 *
 * @example
 * ```ts
 * countBits(onesBits([3, 3])); // 9
 * ```
 */
export function onesBits(shape: readonly number[]): BitTensor {
  const size = sizeOf(shape);
  const words = new Uint32Array(wordsFor(size)).fill(0xffffffff);
  if (size & 31) words[words.length - 1] = 2 ** (size & 31) - 1;
  return { shape, words };
}

/**
 * Independent bits, each 1 with probability `density`: the synthetic map for networks too large to train.
 *
 * @param density share of non-zeros, in [0, 1].
 * @throws SparsityError when the density is outside [0, 1].
 * @example
 * ```ts
 * countBits(bernoulliBits([1000], 0.1, createRng(7))); // 101: about a tenth
 * ```
 */
export function bernoulliBits(shape: readonly number[], density: number, rng: Rng): BitTensor {
  if (!(density >= 0 && density <= 1)) {
    throw new SparsityError({ what: 'density', got: density, expected: 'a number in [0, 1]', fix: 'pass 0.1 for 90 % zeros' });
  }
  const size = sizeOf(shape);
  const words = new Uint32Array(wordsFor(size));
  for (let i = 0; i < size; i++) if (rng.uniform() < density) words[i >>> 5] |= 1 << (i & 31);
  return { shape, words };
}

/**
 * The number of ones.
 *
 * @example
 * ```ts
 * countBits(bitsFrom([1, 0, 3], [3])); // 2
 * ```
 */
export function countBits(bits: BitTensor): number {
  let count = 0;
  for (const word of bits.words) count += popcount(word);
  return count;
}

/**
 * Whether element `index` (row-major) is one.
 *
 * @example
 * ```ts
 * getBit(bitsFrom([1, 0, 3], [3]), 1); // false
 * ```
 */
export function getBit(bits: BitTensor, index: number): boolean {
  return ((bits.words[index >>> 5] >>> (index & 31)) & 1) === 1;
}

/**
 * `length` consecutive elements (row-major) from `start`, as a bit tensor of rank 1.
 *
 * @example
 * ```ts
 * sliceBits(bitsFrom([1, 0, 3, 4], [2, 2]), 1, 3).words[0]; // 0b110
 * ```
 */
export function sliceBits(bits: BitTensor, start: number, length: number): BitTensor {
  const words = new Uint32Array(wordsFor(length));
  copyBits(bits.words, start, words, 0, length);
  return { shape: [length], words };
}

/** Elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

/** Words of 32 bits that hold `bits` bits. */
export function wordsFor(bits: number): number {
  return Math.ceil(bits / 32);
}

/** Ones of a 32-bit word: pairs, nibbles, bytes, then one multiplication adds the bytes. */
export function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Ones among `length` bits from bit `from`. */
export function countRange(words: Uint32Array, from: number, length: number): number {
  let count = 0;
  for (let at = from, end = from + length; at < end; at += 32)
    count += popcount(readBits(words, at, end - at < 32 ? end - at : 32));
  return count;
}

/** `length` bits (1 to 32) from bit `from`, right-aligned, as a signed 32-bit number. */
export function readBits(words: Uint32Array, from: number, length: number): number {
  const index = from >>> 5;
  const shift = from & 31;
  let bits = words[index] >>> shift;
  if (shift + length > 32) bits |= words[index + 1] << (32 - shift);
  return length < 32 ? bits & ((1 << length) - 1) : bits | 0;
}

/** ORs `length` bits of `source`, from bit `from`, into `target` at bit `to`. */
export function copyBits(source: Uint32Array, from: number, target: Uint32Array, to: number, length: number): void {
  while (length > 0) {
    const room = 32 - (to & 31);
    const take = length < room ? length : room;
    target[to >>> 5] |= readBits(source, from, take) << (to & 31);
    from += take;
    to += take;
    length -= take;
  }
}
