// Offset lists from masks: a byte a weight, 1 keeps. Masks are read 16 bytes at a time, so that the work is that of the kept weights.
// Behind a mask lie 15 bytes that may be read; what they hold does not matter.

/** How many of `count` bytes are 1. */
export function countOnes(mask: usize, count: i32): i32 {
  let ones: i64 = 0;
  for (; count >= 8; count -= 8, mask += 8) ones += popcnt(load<i64>(mask));
  for (; count > 0; count--, mask++) ones += load<u8>(mask);
  return <i32>ones;
}

/** Bit i: whether byte i is kept, of the first `count`. */
// @ts-ignore: decorator
@inline
function keptOf(mask: usize, count: i32): i32 {
  const bits = i8x16.bitmask(i8x16.ne(v128.load(mask), i8x16.splat(0)));
  return count < 16 ? bits & ((1 << count) - 1) : bits;
}

/**
 * The list of a kernel whose row r and column k lie at byte k * rows + r of its mask. `columnOffsets` [columns] is the offset of each
 * column's entries; written are `rowStart` [rows + 1], `offsets` and `order` [ones].
 */
export function listAcross(
  mask: usize, rows: i32, columns: i32, columnOffsets: usize, rowStart: usize, offsets: usize, order: usize,
): void {
  memory.fill(rowStart, 0, 4 * <usize>(rows + 1));
  for (let k = 0, at = mask; k < columns; k++, at += rows)
    for (let r = 0; r < rows; r += 16)
      for (let kept = keptOf(at + r, rows - r); kept; kept &= kept - 1) {
        const counter = rowStart + 4 * <usize>(r + ctz(kept));
        store<i32>(counter, load<i32>(counter) + 1);
      }
  // Of each row its begin, which moves to its end while the row is filled.
  let begin = 0;
  for (let r = 0; r < rows; r++) {
    const count = load<i32>(rowStart + 4 * <usize>r);
    store<i32>(rowStart + 4 * <usize>r, begin);
    begin += count;
  }
  for (let k = 0; k < columns; k++) {
    const offset = load<i32>(columnOffsets + 4 * <usize>k);
    for (let r = 0; r < rows; r += 16)
      for (let kept = keptOf(mask + k * rows + r, rows - r); kept; kept &= kept - 1) {
        const row = r + ctz(kept);
        const cursor = rowStart + 4 * <usize>row;
        const place = load<i32>(cursor);
        store<i32>(offsets + 4 * <usize>place, offset);
        store<i32>(order + 4 * <usize>place, k * rows + row);
        store<i32>(cursor, place + 1);
      }
  }
  memory.copy(rowStart + 4, rowStart, 4 * <usize>rows);
  store<i32>(rowStart, 0);
}

/**
 * The list of a kernel whose row r holds, for each run, `width` columns side by side from byte runStarts[run] + r * width of its mask on.
 * The entries of a run have offsets from runOffsets[run] on, `step` apart. Returns how many there are.
 */
export function listAlong(
  mask: usize, rows: i32, runs: i32, width: i32, runStarts: usize, runOffsets: usize, step: i32,
  rowStart: usize, offsets: usize, order: usize,
): i32 {
  let count = 0;
  store<i32>(rowStart, 0);
  for (let r = 0; r < rows; r++) {
    for (let run = 0; run < runs; run++) {
      const start = load<i32>(runStarts + 4 * <usize>run) + r * width;
      const offset = load<i32>(runOffsets + 4 * <usize>run);
      for (let c = 0; c < width; c += 16)
        for (let kept = keptOf(mask + start + c, width - c); kept; kept &= kept - 1, count++) {
          const column = c + ctz(kept);
          store<i32>(offsets + 4 * <usize>count, offset + column * step);
          store<i32>(order + 4 * <usize>count, start + column);
        }
    }
    store<i32>(rowStart + 4 * <usize>r, count, 4);
  }
  return count;
}

/** out = gradient + decay w where a weight is not in the list `order` of `kept` ones, else gradient; `count` weights in all. */
export function addDecay(gradient: usize, w: usize, decay: f32, order: usize, kept: i32, out: usize, count: i32): void {
  const factor = f32x4.splat(decay);
  let i: usize = 0;
  const bytes: usize = 4 * count;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(out + i, f32x4.add(v128.load(gradient + i), f32x4.mul(v128.load(w + i), factor)));
  }
  for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(gradient + i) + load<f32>(w + i) * decay);
  for (; kept > 0; kept--, order += 4) {
    const at: usize = 4 * load<u32>(order);
    store<f32>(out + at, load<f32>(gradient + at));
  }
}
