/** Scores as kernels rank them: what a function of the user's own gives as other numbers, or as a plain list, is rounded to float32. */
export function asFloat32(scores: ArrayLike<number>): Float32Array {
  return scores instanceof Float32Array ? scores : Float32Array.from(scores);
}
