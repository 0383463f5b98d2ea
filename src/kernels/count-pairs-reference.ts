/**
 * out[i n + j] = popcount(x_i AND y_j), word by word: what {@link BitKernels.countPairs} computes.
 *
 * @param x bit matrix [m][wordsPerRow].
 * @param y bit matrix [n][wordsPerRow].
 * @param out int32 [m][n], written.
 * @example
 * ```ts
 * const out = new Int32Array(1);
 * countPairsReference(Uint32Array.of(0b0111), 1, Uint32Array.of(0b1110), 1, 1, out);
 * out; // [2]
 * ```
 */
export function countPairsReference(
  x: Uint32Array,
  m: number,
  y: Uint32Array,
  n: number,
  wordsPerRow: number,
  out: Int32Array,
): void {
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let count = 0;
      for (let word = 0; word < wordsPerRow; word++)
        for (let bits = x[i * wordsPerRow + word] & y[j * wordsPerRow + word]; bits !== 0; bits &= bits - 1) count++;
      out[i * n + j] = count;
    }
}
