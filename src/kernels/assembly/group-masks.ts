// N:M masks straight from the weights: of each group of `size` weights the `keep` of the largest magnitude stay, ties to the lower index. Made
// are the weights that stay, with zeros between them, or the mask in bytes. Four weights are ranked side by side.
import { columnsToRows, rowsToColumns } from './transpose';

/** The magnitudes of four weights, in the order of numbers as integers too. */
// @ts-ignore: decorator
@inline
function magnitudes(p: usize): v128 {
  return v128.and(v128.load(p), i32x4.splat(0x7fffffff));
}

/** The weights at p where they are kept, else 0; in bytes 1 where they are kept. */
// @ts-ignore: decorator
@inline
function put<T>(target: usize, p: usize, kept: v128): void {
  if (isInteger<T>()) {
    const bits = v128.and(kept, i32x4.splat(1));
    const halves = i16x8.narrow_i32x4_u(bits, bits);
    v128.store32_lane(target, i8x16.narrow_i16x8_u(halves, halves), 0);
  } else v128.store(target, v128.and(v128.load(p), kept));
}

/** Four groups, weight k of which lies at p + k * step. Returns `seen` or the largest magnitude, by its bits. */
function keepFour<T>(p: usize, step: usize, size: i32, keep: i32, target: usize, targetStep: usize, seen: v128): v128 {
  if (keep > 2) return rankFour<T>(p, step, size, keep, target, targetStep, seen);
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
  for (let k = 0, at = p; k < size; k++, at += step, target += targetStep) {
    const x = magnitudes(at);
    const tie = v128.and(i32x4.eq(x, least), i32x4.gt_s(rest, i32x4.splat(0)));
    rest = i32x4.add(rest, tie);
    put<T>(target, at, v128.or(tie, i32x4.gt_s(x, least)));
  }
  return i32x4.max_s(seen, best);
}

/** The same for any number that stays: a weight's rank is the number of those that beat it. */
function rankFour<T>(p: usize, step: usize, size: i32, keep: i32, target: usize, targetStep: usize, seen: v128): v128 {
  for (let k = 0; k < size; k++) {
    const x = magnitudes(p + step * k);
    let rank = i32x4.splat(0);
    let j = 0;
    for (; j < k; j++) rank = i32x4.sub(rank, i32x4.ge_s(magnitudes(p + step * j), x));
    for (j = k + 1; j < size; j++) rank = i32x4.sub(rank, i32x4.gt_s(magnitudes(p + step * j), x));
    put<T>(target + targetStep * k, p + step * k, i32x4.lt_s(rank, i32x4.splat(keep)));
    seen = i32x4.max_s(seen, x);
  }
  return seen;
}

/** The largest of four integers. */
// @ts-ignore: decorator
@inline
export function largest(seen: v128): i32 {
  const low = max(i32x4.extract_lane(seen, 0), i32x4.extract_lane(seen, 1));
  return max(low, max(i32x4.extract_lane(seen, 2), i32x4.extract_lane(seen, 3)));
}

/** Groups along the middle axis of [outer][length][inner], `inner` at least 4. Returns the bits of the largest magnitude. */
function across<T>(weights: usize, outer: i32, length: i32, inner: i32, size: i32, keep: i32, target: usize): i32 {
  const step = <usize>4 * inner;
  const targetStep = sizeof<T>() * inner;
  let seen = i32x4.splat(0);
  for (; outer > 0; outer--)
    for (let start = 0; start < length; start += size) {
      const here = min(size, length - start);
      for (let i = 0; i < inner; i += 4) {
        // The last four may be seen twice.
        const at = <usize>min(i, inner - 4);
        seen = keepFour<T>(weights + 4 * at, step, here, min(keep, here), target + sizeof<T>() * at, targetStep, seen);
      }
      weights += step * here;
      target += targetStep * here;
    }
  return largest(seen);
}

/** W.M of such groups. */
export function keepAcross(weights: usize, outer: i32, length: i32, inner: i32, size: i32, keep: i32, target: usize): i32 {
  return across<f32>(weights, outer, length, inner, size, keep, target);
}

/** Their mask, a byte a weight. */
export function maskAcross(weights: usize, outer: i32, length: i32, inner: i32, size: i32, keep: i32, target: usize): i32 {
  return across<u8>(weights, outer, length, inner, size, keep, target);
}

/** Minus the number of those of four others that are above each of x. */
// @ts-ignore: decorator
@inline
function beats(other: v128, x: v128): v128 {
  let rank = i32x4.gt_s(other, x);
  rank = i32x4.add(rank, i32x4.gt_s(v128.shuffle<i32>(other, other, 1, 2, 3, 0), x));
  rank = i32x4.add(rank, i32x4.gt_s(v128.shuffle<i32>(other, other, 2, 3, 0, 1), x));
  return i32x4.add(rank, i32x4.gt_s(v128.shuffle<i32>(other, other, 3, 0, 1, 2), x));
}

/** W.M of a group of whole vectors, by ranks: each four are held against all the others, turned lane by lane. */
// @ts-ignore: decorator
@inline
function keepVectors(p: usize, size: i32, keep: i32, target: usize, seen: v128): v128 {
  const bytes: usize = 4 * <usize>size;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = magnitudes(p + i);
    // An equal one that comes before beats, too: it is above the magnitude below.
    const below = i32x4.sub(x, i32x4.splat(1));
    let rank = i32x4.gt_s(v128.shuffle<i32>(x, x, 1, 2, 3, 0), i32x4.add(x, i32x4(0, 0, 0, -1)));
    rank = i32x4.add(rank, i32x4.gt_s(v128.shuffle<i32>(x, x, 2, 3, 0, 1), i32x4.add(x, i32x4(0, 0, -1, -1))));
    rank = i32x4.add(rank, i32x4.gt_s(v128.shuffle<i32>(x, x, 3, 0, 1, 2), i32x4.add(x, i32x4(0, -1, -1, -1))));
    for (let j: usize = 0; j < i; j += 16) rank = i32x4.add(rank, beats(magnitudes(p + j), below));
    for (let j = i + 16; j < bytes; j += 16) rank = i32x4.add(rank, beats(magnitudes(p + j), x));
    put<f32>(target + i, p + i, i32x4.gt_s(rank, i32x4.splat(-keep)));
    seen = i32x4.max_s(seen, x);
  }
  return seen;
}

/**
 * W.M of groups along the last axis, [rows][length]; `scratch`: 32 bytes for each weight of a group. Returns the bits of the
 * largest magnitude.
 */
export function keepAlong(weights: usize, rows: i32, length: i32, size: i32, keep: i32, scratch: usize, target: usize): i32 {
  let seen = i32x4.splat(0);
  if (!(size % 4 | length % size) && size <= 16) {
    const bytes: usize = 4 * <usize>size;
    const end = weights + 4 * <usize>rows * length;
    for (; weights < end; weights += bytes, target += bytes) seen = keepVectors(weights, size, keep, target, seen);
    return largest(seen);
  }
  const whole = length - (length % size);
  const columns = scratch + 16 * <usize>size;
  for (; rows > 0; rows--)
    for (let c = 0; c < length; ) {
      const here = c < whole ? size : length - c;
      const groups = c < whole ? min(4, (whole - c) / size) : 1;
      const apart: usize = 4 * <usize>here;
      rowsToColumns(weights, apart, groups, here, scratch, 16);
      seen = keepFour<f32>(scratch, 16, here, min(keep, here), columns, 16, seen);
      columnsToRows(columns, 16, here, groups, target, apart);
      c += groups * here;
      weights += apart * groups;
      target += apart * groups;
    }
  return largest(seen);
}
