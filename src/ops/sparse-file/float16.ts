/**
 * Values as float16 (IEEE 754 binary16), rounded to the nearest, ties to even. What is beyond 65519.99 becomes infinite, what is up to
 * 2^-25 becomes 0 of its sign.
 */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (float) => ((float >>> 16) & 0x8000) | magnitude(float & 0x7fffffff));
}

/** The values of float16 numbers, exactly. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const special = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    const normal = (1024 + fraction) * 2 ** (exponent - 25);
    const value = exponent === 31 ? special : exponent === 0 ? fraction * 2 ** -24 : normal;
    return half & 0x8000 ? -value : value;
  });
}

/** From the bits of a float32 without its sign to those of a float16. */
function magnitude(float: number): number {
  if (float > 0x7f800000) return 0x7e00;
  // From half a step above the largest float16 on.
  if (float >= 0x477ff000) return 0x7c00;
  // Both exponents differ by 112; a carry out of the fraction is a correct step of the exponent.
  if (float >= 0x38800000) return toEven(float - (112 << 23), 13);
  // Subnormal: multiples of 2^-24. A fraction shifted out as a whole is less than half of one.
  const shift = 126 - (float >>> 23);
  return shift > 24 ? 0 : toEven((float & 0x7fffff) | 0x800000, shift);
}

/** `value` without its lowest bits, rounded to the nearest, ties to even. */
function toEven(value: number, bits: number): number {
  const half = 2 ** (bits - 1);
  return (value + half - 1 + ((value >>> bits) & 1)) >>> bits;
}
