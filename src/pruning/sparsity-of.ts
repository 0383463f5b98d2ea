/**
 * Fraction of zeros in a mask or in weights; 0 for `null`, which stands for a mask of ones, and for nothing at all.
 *
 * @example
 * ```ts
 * sparsityOf(Uint8Array.of(1, 0, 0, 1)); // 0.5
 * ```
 */
export function sparsityOf(values: Uint8Array | Float32Array | null): number {
  if (!values || values.length === 0) return 0;
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return zeros / values.length;
}
