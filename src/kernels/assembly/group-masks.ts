// N:M masks as zeros and ones in float32, straight from the weights: what an op multiplies with. Of each group of `size` weights the `keep`
// of the largest magnitude stay, ties to the lower index; four groups are ranked side by side.
import { columnsToRows, rowsToColumns } from './transpose';

/** The magnitudes of four weights, in the order of numbers as integers too. */
// @ts-ignore: decorator
@inline
function magnitudes(p: usize): v128 {
  return v128.and(v128.load(p), i32x4.splat(0x7fffffff));
}

// @ts-ignore: decorator
@inline
function store01(mask: usize, kept: v128): void {
  v128.store(mask, v128.and(kept, f32x4.splat(1)));
}

/** The masks of four groups, weight k of which lies at p + k * step. Returns `seen` or the largest magnitude, by its bits. */
function maskFour(p: usize, step: usize, size: i32, keep: i32, mask: usize, maskStep: usize, seen: v128): v128 {
  if (keep > 2) return rankFour(p, step, size, keep, mask, maskStep, seen);
  // Below all magnitudes.
  let best = i32x4.splat(-1);
  let next = best;
  for (let k = 0, at = p; k < size; k++, at += step) {
    const x = magnitudes(at);
    next = i32x4.max_s(next, i32x4.min_s(best, x));
    best = i32x4.max_s(best, x);
  }
  const least = keep == 1 ? best : next;
  // Of those that tie with the least that stays, as many as are not above it.
  let rest = i32x4.add(i32x4.splat(keep), keep == 1 ? i32x4.splat(0) : i32x4.gt_s(best, next));
  for (let k = 0, at = p; k < size; k++, at += step, mask += maskStep) {
    const x = magnitudes(at);
    const tie = v128.and(i32x4.eq(x, least), i32x4.gt_s(rest, i32x4.splat(0)));
    rest = i32x4.add(rest, tie);
    store01(mask, v128.or(tie, i32x4.gt_s(x, least)));
  }
  return i32x4.max_s(seen, best);
}

/** The same for any number that stays: a weight's rank is the number of those that beat it. */
function rankFour(p: usize, step: usize, size: i32, keep: i32, mask: usize, maskStep: usize, seen: v128): v128 {
  for (let k = 0; k < size; k++) {
    const x = magnitudes(p + step * k);
    let rank = i32x4.splat(0);
    let j = 0;
    for (; j < k; j++) rank = i32x4.sub(rank, i32x4.ge_s(magnitudes(p + step * j), x));
    for (j = k + 1; j < size; j++) rank = i32x4.sub(rank, i32x4.gt_s(magnitudes(p + step * j), x));
    store01(mask + maskStep * k, i32x4.lt_s(rank, i32x4.splat(keep)));
    seen = i32x4.max_s(seen, x);
  }
  return seen;
}

// @ts-ignore: decorator
@inline
function largest(seen: v128): i32 {
  const low = max(i32x4.extract_lane(seen, 0), i32x4.extract_lane(seen, 1));
  return max(low, max(i32x4.extract_lane(seen, 2), i32x4.extract_lane(seen, 3)));
}

/** Groups along the middle axis of [outer][length][inner], `inner` at least 4. Returns the bits of the largest magnitude. */
export function groupMaskAcross(
  weights: usize, outer: i32, length: i32, inner: i32, size: i32, keep: i32, mask: usize,
): i32 {
  const step = <usize>4 * inner;
  let seen = i32x4.splat(0);
  for (; outer > 0; outer--)
    for (let start = 0; start < length; start += size) {
      const here = min(size, length - start);
      for (let i = 0; i < inner; i += 4) {
        // The last four may be seen twice.
        const at: usize = 4 * <usize>min(i, inner - 4);
        seen = maskFour(weights + at, step, here, min(keep, here), mask + at, step, seen);
      }
      weights += step * here;
      mask += step * here;
    }
  return largest(seen);
}

/** Groups along the last axis, [rows][length]; `scratch`: 32 bytes for each weight of a group. Returns the bits of the largest magnitude. */
export function groupMaskAlong(
  weights: usize, rows: i32, length: i32, size: i32, keep: i32, scratch: usize, mask: usize,
): i32 {
  const whole = length - (length % size);
  const columns = scratch + 16 * <usize>size;
  let seen = i32x4.splat(0);
  for (; rows > 0; rows--)
    for (let c = 0; c < length; ) {
      const here = c < whole ? size : length - c;
      const groups = c < whole ? min(4, (whole - c) / size) : 1;
      const apart = 4 * <usize>here;
      rowsToColumns(weights, apart, groups, here, scratch, 16);
      seen = maskFour(scratch, 16, here, min(keep, here), columns, 16, seen);
      columnsToRows(columns, 16, here, groups, mask, apart);
      c += groups * here;
      weights += apart * groups;
      mask += apart * groups;
    }
  return largest(seen);
}
