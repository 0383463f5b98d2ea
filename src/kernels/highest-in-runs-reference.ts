import type { AxisRuns } from './highest-in-runs.js';

/**
 * What `highestInRuns` does, by sorting every run.
 *
 * @example
 * ```ts
 * highestInRunsReference(Float32Array.of(3, 5, 1, 4), {outer: 1, length: 4, inner: 1, width: 2}, 1); // [0, 1, 0, 1]
 * ```
 */
export function highestInRunsReference(
  scores: Float32Array,
  { outer, length, inner, width }: AxisRuns,
  keep: number | Uint32Array,
): Uint8Array {
  const mask = new Uint8Array(scores.length);
  let run = 0;
  for (let o = 0; o < outer; o++) {
    for (let start = 0; start < length; start += width) {
      for (let i = 0; i < inner; i++, run++) {
        const size = Math.min(width, length - start);
        const places = Array.from({ length: size }, (_, k) => (o * length + start + k) * inner + i);
        // Compared, not subtracted: two of -Infinity are equal. Sorting keeps the order of equals.
        places.sort((a, b) => Number(scores[b] > scores[a]) - Number(scores[b] < scores[a]));
        for (const place of places.slice(0, typeof keep === 'number' ? keep : keep[run])) mask[place] = 1;
      }
    }
  }
  return mask;
}
