/**
 * Packs the non-zeros of an array to bits: element i becomes bit `i & 31` of word `i >> 5`. -0 counts as zero, NaN as non-zero.
 *
 * @param values the array, row-major.
 * @param count elements to read from the front; the rest of the last word is 0.
 * @default count values.length
 * @example
 * ```ts
 * packBitsReference(Float32Array.of(0, 3, -0, Number.NaN)); // [0b1010]
 * ```
 */
export function packBitsReference(values: Float32Array | Int32Array | Uint8Array, count = values.length): Uint32Array {
  const words = new Uint32Array((count + 31) >>> 5);
  for (let i = 0; i < count; i++) if (values[i] !== 0) words[i >>> 5] |= 1 << (i & 31);
  return words;
}
