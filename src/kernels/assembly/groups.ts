// Lists of N:M groups straight from the weights: of each group the one or two weights of the largest magnitude, ties to the lower index. Every
// row of such a list has equally many entries, so that the next step writes over it in place.
//
// Four groups are ranked side by side, by keys of 64 bits that are compared as doubles: the magnitude, below it how much of the group comes
// behind the weight, below that the weight's sign. No two keys of a group are equal, and the key alone makes the entry.
import { largest } from './group-masks';
import { rowsToColumns } from './transpose';

/** Bytes of the 32 lanes of one channel. */
const LANES: i32 = 128;
/** Rows that are listed together: a line of weights each, and few enough lines of the list for the first-level cache. */
const BLOCK_ROWS: i32 = 32;

/** Entries of a row and tap: `keep` of each group of `size`, and of what remains at the end. */
// @ts-ignore: decorator
@inline
function entriesOf(width: i32, size: i32, keep: i32): i32 {
  return (width / size) * keep + min(keep, width % size);
}

/**
 * The entries of `groups` groups, four at most; weight k of group j lies at p + k * step + 4 j, and the entries of group j go to
 * `offsets` and `values` + j * apart. `first` has the offsets of the groups' first weights. Where `toTerm` is not 0, the weights that do not
 * stay go times `decay` to the place that far behind their own, and zeros for those that stay. Returns `seen` or the largest magnitude, by
 * its bits.
 */
function listFour(
  p: usize, step: usize, size: i32, keep: i32, groups: i32, first: v128, offsets: usize, values: usize, apart: usize,
  decay: v128, toTerm: usize, seen: v128,
): v128 {
  // Below all keys.
  let best01 = f64x2.splat(-1);
  let best23 = best01;
  let next01 = best01;
  let next23 = best01;
  for (let behind = size - 1; behind >= 0; behind--, p += step) {
    const w = v128.load(p);
    const magnitude = v128.and(w, i32x4.splat(0x7fffffff));
    seen = i32x4.max_s(seen, magnitude);
    const low = v128.or(i32x4.shr_u(w, 31), i32x4.splat(behind << 1));
    const keys01 = v128.shuffle<i32>(low, magnitude, 0, 4, 1, 5);
    const keys23 = v128.shuffle<i32>(low, magnitude, 2, 6, 3, 7);
    next01 = f64x2.pmax(next01, f64x2.pmin(best01, keys01));
    next23 = f64x2.pmax(next23, f64x2.pmin(best23, keys23));
    best01 = f64x2.pmax(best01, keys01);
    best23 = f64x2.pmax(best23, keys23);
  }
  const last = i32x4.add(first, i32x4.splat((size - 1) * LANES));
  const bestLow = v128.shuffle<i32>(best01, best23, 0, 2, 4, 6);
  const best = v128.or(v128.shuffle<i32>(best01, best23, 1, 3, 5, 7), i32x4.shl(bestLow, 31));
  if (keep == 1) {
    if (toTerm) storeTerm(p, step, size, bestLow, bestLow, decay, toTerm);
    storeOne(offsetsOf(bestLow, last), offsets, apart, groups);
    storeOne(best, values, apart, groups);
    return seen;
  }
  const nextLow = v128.shuffle<i32>(next01, next23, 0, 2, 4, 6);
  const next = v128.or(v128.shuffle<i32>(next01, next23, 1, 3, 5, 7), i32x4.shl(nextLow, 31));
  if (toTerm) storeTerm(p, step, size, bestLow, nextLow, decay, toTerm);
  const swapped = i32x4.gt_s(nextLow, bestLow);
  storeTwo(offsetsOf(i32x4.max_s(bestLow, nextLow), last), offsetsOf(i32x4.min_s(bestLow, nextLow), last), offsets, apart, groups);
  storeTwo(v128.bitselect(next, best, swapped), v128.bitselect(best, next, swapped), values, apart, groups);
  return seen;
}

/** The weights before `end` times `decay`, but zeros for those of the low words `a` and `b` of keys. */
// @ts-ignore: decorator
@inline
function storeTerm(end: usize, step: usize, size: i32, a: v128, b: v128, decay: v128, toTerm: usize): void {
  const first = i32x4.shr_u(a, 1);
  const second = i32x4.shr_u(b, 1);
  for (let behind = 0; behind < size; behind++) {
    end -= step;
    const here = i32x4.splat(behind);
    const stays = v128.or(i32x4.eq(first, here), i32x4.eq(second, here));
    v128.store(end + toTerm, v128.andnot(f32x4.mul(v128.load(end), decay), stays));
  }
}

/** From the low words of keys, and the offsets of the last weights. */
// @ts-ignore: decorator
@inline
function offsetsOf(low: v128, last: v128): v128 {
  return i32x4.sub(last, i32x4.shl(i32x4.shr_u(low, 1), 7));
}

// @ts-ignore: decorator
@inline
function storeOne(words: v128, target: usize, apart: usize, groups: i32): void {
  v128.store32_lane(target, words, 0);
  if (groups > 1) v128.store32_lane(target + apart, words, 1);
  if (groups > 2) v128.store32_lane(target + 2 * apart, words, 2);
  if (groups > 3) v128.store32_lane(target + 3 * apart, words, 3);
}

// @ts-ignore: decorator
@inline
function storeTwo(a: v128, b: v128, target: usize, apart: usize, groups: i32): void {
  const low = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  v128.store64_lane(target, low, 0);
  if (groups > 1) v128.store64_lane(target + apart, low, 1);
  if (groups > 2) v128.store64_lane(target + 2 * apart, high, 0);
  if (groups > 3) v128.store64_lane(target + 3 * apart, high, 1);
}

/**
 * A segment of the list of groups along channels: `width` channels from `first` on, in groups of `size` of which `keep` (1 or 2) stay, for
 * each tap. Row r, tap t and channel c of the kernel lie at weight tapStarts[t] + c * rows + r; what the entry multiplies lies
 * tapOffsets[t] + c * LANES from an output pixel's place. There are four rows at least. Where `toTerm` is not 0, `decay` times the weights
 * that are not listed, and zeros for those that are, go to the places that far behind them. Returns the bits of the largest magnitude.
 */
export function groupsAcross(
  weights: usize, rows: i32, taps: i32, tapStarts: usize, tapOffsets: usize, first: i32, width: i32, size: i32, keep: i32,
  decay: f32, toTerm: usize, offsets: usize, values: usize,
): i32 {
  const listRow = <usize>4 * entriesOf(width, size, keep) * taps;
  const step = <usize>4 * rows;
  const factor = f32x4.splat(decay);
  let seen = i32x4.splat(0);
  for (let block = 0; block < rows; block += BLOCK_ROWS) {
    const blockEnd = min(rows, block + BLOCK_ROWS);
    let entry: usize = 0;
    for (let tap = 0; tap < taps; tap++) {
      const start = load<i32>(tapStarts + 4 * <usize>tap);
      const offset = load<i32>(tapOffsets + 4 * <usize>tap);
      for (let c = first; c < first + width; c += size) {
        const here = min(size, first + width - c);
        const kept = min(keep, here);
        for (let r = block; r < blockEnd; r += 4) {
          // The last four may be listed twice.
          const row = min(r, rows - 4);
          const place = listRow * row + entry;
          const p = weights + 4 * <usize>(start + c * rows + row);
          const at = i32x4.splat(offset + c * LANES);
          seen = listFour(p, step, here, kept, 4, at, offsets + place, values + place, listRow, factor, toTerm, seen);
        }
        entry += 4 * kept;
      }
    }
  }
  return largest(seen);
}

/**
 * The same for a kernel in which channels lie side by side: row r, tap t and channel c at weight tapStarts[t] + r * channels + c. `scratch`:
 * 16 bytes for each weight of a group.
 */
export function groupsAlong(
  weights: usize, rows: i32, channels: i32, taps: i32, tapStarts: usize, tapOffsets: usize, first: i32, width: i32, size: i32, keep: i32,
  scratch: usize, offsets: usize, values: usize,
): i32 {
  const whole = width - (width % size);
  const firsts = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(size * LANES));
  let seen = i32x4.splat(0);
  for (let row = 0; row < rows; row++)
    for (let tap = 0; tap < taps; tap++) {
      const source = weights + 4 * <usize>(load<i32>(tapStarts + 4 * <usize>tap) + row * channels + first);
      const offset = load<i32>(tapOffsets + 4 * <usize>tap) + first * LANES;
      for (let c = 0; c < width; ) {
        const here = c < whole ? size : width - c;
        const groups = c < whole ? min(4, (whole - c) / size) : 1;
        const kept = min(keep, here);
        rowsToColumns(source + 4 * <usize>c, 4 * <usize>size, groups, here, scratch, 16);
        const at = i32x4.add(firsts, i32x4.splat(offset + c * LANES));
        seen = listFour(scratch, 16, here, kept, groups, at, offsets, values, 4 * kept, at, 0, seen);
        c += groups * here;
        offsets += 4 * kept * groups;
        values += 4 * kept * groups;
      }
    }
  return largest(seen);
}
