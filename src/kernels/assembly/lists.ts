// Offset lists from masks: a byte a weight, 1 keeps. Masks are read 16 bytes at a time, so that the work is that of the kept weights.
// Behind a mask lie 15 bytes that may be read; what they hold does not matter.

/** Bytes of the 32 lanes of one channel. */
const LANES: i32 = 128;

/** How many of `count` bytes are 1. */
export function countOnes(mask: usize, count: i32): i32 {
  let ones: i64 = 0;
  for (; count >= 8; count -= 8, mask += 8) ones += popcnt(load<i64>(mask));
  for (; count > 0; count--, mask++) ones += load<u8>(mask);
  return <i32>ones;
}

/** target[i] = byte i, as float32. */
export function expandMask(mask: usize, target: usize, count: i32): void {
  for (; count >= 4; count -= 4, mask += 4, target += 16) {
    const halves = i16x8.extend_low_i8x16_u(v128.load32_zero(mask));
    v128.store(target, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(halves)));
  }
  for (; count > 0; count--, mask++, target += 4) store<f32>(target, <f32>load<u8>(mask));
}

/** Bit i: whether byte i is kept, of the first `count`. */
// @ts-ignore: decorator
@inline
function keptOf(mask: usize, count: i32): i32 {
  const bits = i8x16.bitmask(i8x16.ne(v128.load(mask), i8x16.splat(0)));
  return count < 16 ? bits & ((1 << count) - 1) : bits;
}

/**
 * A segment of a list: the entries of `width` channels from `first` on, for each tap. Row r, tap t and channel c of the kernel lie at byte
 * tapStarts[t] + c * rows + r of its mask; what the entry multiplies lies tapOffsets[t] + c * LANES from an output pixel's place. Entries
 * are counted from `base` on. Written are rowStart [rows + 1], and `offsets` and `order` at the entries' places. Returns where they end.
 */
export function listAcross(
  mask: usize, rows: i32, taps: i32, tapStarts: usize, tapOffsets: usize, first: i32, width: i32, channels: i32,
  base: i32, rowStart: usize, offsets: usize, order: usize,
): i32 {
  memory.fill(rowStart, 0, 4 * <usize>rows);
  for (let tap = 0; tap < taps; tap++) {
    const start = load<i32>(tapStarts + 4 * <usize>tap);
    for (let c = first; c < first + width; c++)
      for (let r = 0; r < rows; r += 16)
        for (let kept = keptOf(mask + start + c * rows + r, rows - r); kept; kept &= kept - 1) {
          const counter = rowStart + 4 * <usize>(r + ctz(kept));
          store<i32>(counter, load<i32>(counter) + 1);
        }
  }
  // Of each row its begin, which moves to its end while the row is filled.
  let end = base;
  for (let r = 0; r < rows; r++) {
    const count = load<i32>(rowStart + 4 * <usize>r);
    store<i32>(rowStart + 4 * <usize>r, end);
    end += count;
  }
  for (let tap = 0; tap < taps; tap++) {
    const start = load<i32>(tapStarts + 4 * <usize>tap);
    const offset = load<i32>(tapOffsets + 4 * <usize>tap);
    for (let c = first; c < first + width; c++)
      for (let r = 0; r < rows; r += 16)
        for (let kept = keptOf(mask + start + c * rows + r, rows - r); kept; kept &= kept - 1) {
          const row = r + ctz(kept);
          const cursor = rowStart + 4 * <usize>row;
          const place = load<i32>(cursor);
          store<i32>(offsets + 4 * <usize>place, offset + c * LANES);
          store<i32>(order + 4 * <usize>place, start + c * rows + row);
          store<i32>(cursor, place + 1);
        }
  }
  memory.copy(rowStart + 4, rowStart, 4 * <usize>rows);
  store<i32>(rowStart, base);
  return end;
}

/** The same for a kernel in which channels lie side by side: row r, tap t and channel c at byte tapStarts[t] + r * channels + c. */
export function listAlong(
  mask: usize, rows: i32, taps: i32, tapStarts: usize, tapOffsets: usize, first: i32, width: i32, channels: i32,
  base: i32, rowStart: usize, offsets: usize, order: usize,
): i32 {
  store<i32>(rowStart, base);
  for (let r = 0; r < rows; r++) {
    for (let tap = 0; tap < taps; tap++) {
      const start = load<i32>(tapStarts + 4 * <usize>tap) + r * channels + first;
      const offset = load<i32>(tapOffsets + 4 * <usize>tap) + first * LANES;
      for (let c = 0; c < width; c += 16)
        for (let kept = keptOf(mask + start + c, width - c); kept; kept &= kept - 1, base++) {
          const channel = c + ctz(kept);
          store<i32>(offsets + 4 * <usize>base, offset + channel * LANES);
          store<i32>(order + 4 * <usize>base, start + channel);
        }
    }
    store<i32>(rowStart + 4 * <usize>r, base, 4);
  }
  return base;
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
