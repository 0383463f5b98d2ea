// Masks of short runs, as N:M: of each the highest scores stay, as many as its budget says. A score's rank is the number of those that beat
// it, ties to the lower index; no branch depends on the scores. Behind scores and mask lie 15 bytes that may be read and written.

/**
 * mask = 1 for the highest of each run of `width` scores along the middle axis of [outer][length][inner], else 0; `inner` is at least 4. The
 * last run of an axis may be shorter. A run's budget, in the order of [outer][run][inner], lies `step` bytes behind that of the run before;
 * where these are none, four equal ones lie side by side.
 */
export function highestAcross(
  scores: usize, mask: usize, outer: i32, length: i32, inner: i32, width: i32, budgets: usize, step: usize,
): void {
  for (; outer > 0; outer--)
    for (let start = 0; start < length; start += width) {
      const size = min(width, length - start);
      for (let i = 0; i < inner; i += 4) {
        // The last four may be seen twice.
        const at = min(i, inner - 4);
        const keep = v128.load(budgets + step * at);
        for (let k = 0; k < size; k++) {
          const score = v128.load(scores + 4 * <usize>(k * inner + at));
          let rank = i32x4.splat(0);
          let j = 0;
          for (; j < k; j++) rank = i32x4.sub(rank, f32x4.ge(v128.load(scores + 4 * <usize>(j * inner + at)), score));
          for (j = k + 1; j < size; j++) rank = i32x4.sub(rank, f32x4.gt(v128.load(scores + 4 * <usize>(j * inner + at)), score));
          v128.store32_lane(mask + (k * inner + at), ones(rank, keep), 0);
        }
      }
      scores += 4 * <usize>(size * inner);
      mask += size * inner;
      budgets += step * inner;
    }
}

/** The same for runs along the last axis, [rows][length]. */
export function highestAlong(
  scores: usize, mask: usize, rows: i32, length: i32, width: i32, budgets: usize, step: usize,
): void {
  for (; rows > 0; rows--)
    for (let start = 0; start < length; start += width, budgets += step) {
      const size = min(width, length - start);
      const keep = v128.load32_splat(budgets);
      for (let k = 0; k < size; k += 4) {
        const four = v128.load(scores + 4 * k);
        const places = i32x4.add(i32x4.splat(k), i32x4(0, 1, 2, 3));
        let rank = i32x4.splat(0);
        for (let j = 0; j < size; j++) {
          const other = v128.load32_splat(scores + 4 * j);
          const before = i32x4.gt_s(places, i32x4.splat(j));
          const beats = v128.or(f32x4.gt(other, four), v128.and(f32x4.eq(other, four), before));
          rank = i32x4.sub(rank, beats);
        }
        // Bytes behind the run are those of the next one, which is yet to come.
        v128.store32_lane(mask + k, ones(rank, keep), 0);
      }
      scores += 4 * size;
      mask += size;
    }
}

/** Bytes 0 to 3: 1 where the rank is below what its run keeps. */
// @ts-ignore: decorator
@inline
function ones(rank: v128, keep: v128): v128 {
  const kept = v128.and(i32x4.lt_s(rank, keep), i32x4.splat(1));
  const words = i16x8.narrow_i32x4_u(kept, kept);
  return i8x16.narrow_i16x8_u(words, words);
}

/** The index of the first of `count` scores that is not below infinity, or -1. */
export function firstUnranked(scores: usize, count: i32): i32 {
  const infinity = f32x4.splat(Infinity);
  let i = 0;
  while (i + 4 <= count && i32x4.all_true(f32x4.lt(v128.load(scores + 4 * i), infinity))) i += 4;
  while (i < count && load<f32>(scores + 4 * i) < Infinity) i++;
  return i < count ? i : -1;
}
