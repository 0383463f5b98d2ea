import { ownMemory } from './own-memory.js';

/**
 * A mask of the `keep` highest of each run of `width` scores along the middle axis of [outer, length, inner], ties to the lowest index;
 * for `inner` of 1, or of 4 and more. The work is quadratic in the width.
 *
 * @example
 * ```ts
 * highestInRuns(Float32Array.of(3, 5, 1, 4), {outer: 1, length: 4, inner: 1, width: 4}, 2); // [0, 1, 0, 1]
 * ```
 */
export function highestInRuns(
  scores: Float32Array,
  {
    outer,
    length,
    inner,
    width,
  }: { readonly outer: number; readonly length: number; readonly inner: number; readonly width: number },
  keep: number,
): Uint8Array {
  const { memory, wasm, areas } = ownMemory([scores.byteLength, scores.length]);
  const [scoresAt, maskAt] = areas;
  new Float32Array(memory.buffer).set(scores, scoresAt / 4);
  if (inner === 1) wasm.highestAlong(scoresAt, maskAt, outer, length, width, keep);
  else wasm.highestAcross(scoresAt, maskAt, outer, length, inner, width, keep);
  return new Uint8Array(memory.buffer, maskAt, scores.length).slice();
}

/**
 * The index of the first score that has no rank, NaN or +Infinity; -1 where there is none.
 *
 * @example
 * ```ts
 * firstUnranked(Float32Array.of(1, Number.NaN)); // 1
 * ```
 */
export function firstUnranked(scores: Float32Array): number {
  const { memory, wasm, areas } = ownMemory([scores.byteLength]);
  new Float32Array(memory.buffer).set(scores, areas[0] / 4);
  return wasm.firstUnranked(areas[0], scores.length);
}
