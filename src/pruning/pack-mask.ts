import { SparsityError } from '../errors.js';

/**
 * A mask at one bit per weight, the first weight in the most significant bit, the last byte filled with zeros.
 *
 * @example
 * ```ts
 * packMask(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 1, 1)); // [177, 128]
 * ```
 */
export function packMask(mask: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 128 >> (i & 7);
  return bytes;
}

/**
 * The mask of `size` weights that {@link packMask} packed.
 *
 * @throws SparsityError when there are not exactly as many bytes as `size` bits take.
 * @example
 * ```ts
 * unpackMask(Uint8Array.of(160), 3); // [1, 0, 1]
 * ```
 */
export function unpackMask(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== Math.ceil(size / 8)) {
    const expected = `${Math.ceil(size / 8)} for ${size} weights`;
    throw new SparsityError({
      what: 'bytes of a packed mask',
      got: bytes.length,
      expected,
      fix: 'pass the size that was packed',
    });
  }
  return Uint8Array.from({ length: size }, (_, i) => (bytes[i >> 3] >> (7 - (i & 7))) & 1);
}
