// Masks of runs of any width: of each the highest scores stay, as many as its budget says, ties to the lower index. The lowest that stays is
// found digit by digit, in time that is linear whatever the order and the ties. Behind scores and mask lie 15 bytes that may be read and
// written.
import { rowsToColumns } from './transpose';

/** Columns that are gathered together: a line of the cache. */
const COLUMNS: i32 = 16;
/** Keys from which digits of 11 bits take less time than digits of 8. */
const MANY: i32 = 8192;
/** Bytes of a set of counters. There are two, for keys in turn: many equal ones would wait for each other's counting. */
const COUNTERS: usize = 8192;

/** Scores to integers of the same order, in place; -0 equals 0. */
function toKeys(scores: usize, count: i32): void {
  for (; count > 0; count -= 4, scores += 16) {
    const bits = v128.load(scores);
    const sign = i32x4.shr_s(bits, 31);
    v128.store(scores, i32x4.sub(v128.xor(v128.and(bits, i32x4.splat(0x7fffffff)), sign), sign));
  }
}

// @ts-ignore: decorator
@inline
function countDigit(counters: usize, digit: i32): void {
  const counter = counters + 4 * <usize>digit;
  store<i32>(counter, load<i32>(counter) + 1);
}

// @ts-ignore: decorator
@inline
function counted(counters: usize, digit: i32): i32 {
  const counter = counters + 4 * <usize>digit;
  return load<i32>(counter) + load<i32>(counter, COUNTERS);
}

/**
 * The lowest of the `keep` highest of `count` keys; at `ties`, how many of those that equal it stay. `room`: the counters, and a word more
 * than there are keys.
 */
function lowestKept(keys: usize, count: i32, keep: i32, room: usize, ties: usize): i32 {
  store<i32>(ties, 0);
  if (keep >= count) return i32.MIN_VALUE;
  if (keep <= 0) return i32.MAX_VALUE;
  const candidates = room + 2 * COUNTERS;
  const widest = count < MANY ? 8 : 11;
  let lowest = 0;
  for (let shift = 32; shift > 0; ) {
    const width = min(widest, shift);
    // Makes the sign, the highest bit of the first digit, the order of numbers.
    const flip = shift == 32 ? 1 << (width - 1) : 0;
    const last = (1 << width) - 1;
    shift -= width;
    memory.fill(room, 0, <usize>4 << width);
    memory.fill(room + COUNTERS, 0, <usize>4 << width);
    const end = keys + 4 * <usize>count;
    for (let p = keys; p < end - 4; p += 8) {
      countDigit(room, ((load<i32>(p) >> shift) & last) ^ flip);
      countDigit(room + COUNTERS, ((load<i32>(p, 4) >> shift) & last) ^ flip);
    }
    if (count & 1) countDigit(room, ((load<i32>(end - 4) >> shift) & last) ^ flip);
    let digit = last;
    for (let here = counted(room, digit); here < keep; here = counted(room, --digit)) keep -= here;
    lowest |= (digit ^ flip) << shift;
    // Those that share all digits so far with the lowest that stays.
    let next = candidates;
    for (let p = keys; p < end; p += 4) {
      const key = load<i32>(p);
      store<i32>(next, key);
      next += <usize>(key >> shift == lowest >> shift) << 2;
    }
    keys = candidates;
    count = <i32>((next - candidates) >> 2);
  }
  store<i32>(ties, keep);
  return lowest;
}

/** mask = 1 for keys above `lowest`, and for the first `ties` of those that equal it. */
function markAlong(keys: usize, mask: usize, count: i32, lowest: i32, ties: i32): void {
  const least = i32x4.splat(lowest);
  for (let i = 0; i < count; i += 4) {
    const four = v128.load(keys + 4 * <usize>i);
    // Bytes behind the run are those of the next one, which is yet to come.
    v128.store32_lane(mask + i, bytesOf(i32x4.gt_s(four, least)), 0);
    if (!ties || !v128.any_true(i32x4.eq(four, least))) continue;
    for (let k = i; ties && k < min(i + 4, count); k++)
      if (load<i32>(keys + 4 * <usize>k) == lowest) {
        store<u8>(mask + k, 1);
        ties--;
      }
  }
}

/** The same for `inner` runs side by side, with a lowest key and a number of ties each; the latter are used up. */
function markAcross(keys: usize, mask: usize, size: i32, inner: i32, lowest: usize, ties: usize): void {
  for (; size > 0; size--, keys += 4 * <usize>inner, mask += inner) {
    let i = 0;
    for (; i + 4 <= inner; i += 4) {
      const at: usize = 4 * <usize>i;
      const four = v128.load(keys + at);
      const least = v128.load(lowest + at);
      const rest = v128.load(ties + at);
      const tie = v128.and(i32x4.eq(four, least), i32x4.gt_s(rest, i32x4.splat(0)));
      v128.store(ties + at, i32x4.add(rest, tie));
      v128.store32_lane(mask + i, bytesOf(v128.or(tie, i32x4.gt_s(four, least))), 0);
    }
    for (; i < inner; i++) {
      const at: usize = 4 * <usize>i;
      const key = load<i32>(keys + at);
      const least = load<i32>(lowest + at);
      const rest = load<i32>(ties + at);
      const tie = i32(key == least) & i32(rest > 0);
      store<i32>(ties + at, rest - tie);
      store<u8>(mask + i, tie | i32(key > least));
    }
  }
}

/** Bytes 0 to 3: 1 where a word is all ones. */
// @ts-ignore: decorator
@inline
function bytesOf(words: v128): v128 {
  const kept = v128.and(words, i32x4.splat(1));
  const halves = i16x8.narrow_i32x4_u(kept, kept);
  return i8x16.narrow_i16x8_u(halves, halves);
}

/**
 * mask = 1 for the highest of each run of `width` scores along the last axis of [rows][length], else 0; the last run of a row may be shorter.
 * A run's budget lies `step` bytes behind that of the run before. Scores are overwritten. `room`: 16 KB and a run, 8 bytes more than that.
 */
export function selectAlong(
  scores: usize, mask: usize, rows: i32, length: i32, width: i32, budgets: usize, step: usize, room: usize,
): void {
  toKeys(scores, rows * length);
  for (; rows > 0; rows--)
    for (let start = 0; start < length; start += width, budgets += step) {
      const size = min(width, length - start);
      const lowest = lowestKept(scores, size, load<i32>(budgets), room + 4, room);
      markAlong(scores, mask, size, lowest, load<i32>(room));
      scores += 4 * <usize>size;
      mask += size;
    }
}

/**
 * The same along the middle axis of [outer][length][inner]; budgets are in the order of [outer][run][inner]. `room`: 16 KB and 8 bytes for each
 * inner index; for the columns, 16 at most, and one more: 80 bytes more than a run.
 */
export function selectAcross(
  scores: usize, mask: usize, outer: i32, length: i32, inner: i32, width: i32, budgets: usize, step: usize, room: usize,
): void {
  toKeys(scores, outer * length * inner);
  const row: usize = 4 * <usize>inner;
  const lowest = room;
  const ties = lowest + row;
  const columns = ties + row;
  // A line more: columns of a power of two would share the sets of the cache.
  const column: usize = 16 * <usize>((min(width, length) + 3) >> 2) + 64;
  const search = columns + column * min(COLUMNS, inner);
  for (; outer > 0; outer--)
    for (let start = 0; start < length; start += width) {
      const size = min(width, length - start);
      for (let i = 0; i < inner; i += COLUMNS) {
        const count = min(COLUMNS, inner - i);
        for (let k = 0; k < size; k += 4) {
          const source = scores + row * k + 4 * <usize>i;
          rowsToColumns(source, row, min(4, size - k), count, columns + 4 * <usize>k, column);
        }
        for (let c = 0; c < count; c++, budgets += step) {
          const at: usize = 4 * <usize>(i + c);
          store<i32>(lowest + at, lowestKept(columns + column * c, size, load<i32>(budgets), search, ties + at));
        }
      }
      markAcross(scores, mask, size, inner, lowest, ties);
      scores += row * size;
      mask += inner * size;
    }
}
