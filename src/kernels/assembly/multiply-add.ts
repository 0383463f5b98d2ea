/**
 * a b + c, by lanes. The strict build rounds the product before it adds, as IEEE 754 has it, everywhere alike. The relaxed build leaves it to
 * the machine, which fuses the two into one rounding where it can: twice the arithmetic in an instruction.
 */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}
