// @ts-ignore: decorator
@inline
function nonZero8(p: usize): v128 {
  const zero = f32x4.splat(0);
  return i16x8.narrow_i32x4_s(f32x4.ne(v128.load(p), zero), f32x4.ne(v128.load(p, 16), zero));
}

/** Bit i & 31 of word i >> 5 of out = (values[i] != 0). Comparing as floats makes -0 a zero and NaN a non-zero. */
export function packBits(values: usize, count: i32, out: usize): void {
  for (; count >= 32; count -= 32, values += 128, out += 4) {
    const low = i8x16.bitmask(i8x16.narrow_i16x8_s(nonZero8(values), nonZero8(values + 32)));
    const high = i8x16.bitmask(i8x16.narrow_i16x8_s(nonZero8(values + 64), nonZero8(values + 96)));
    store<i32>(out, low | (high << 16));
  }
  if (count > 0) {
    let word: i32 = 0;
    for (let i = 0; i < count; i++) word |= <i32>(load<f32>(values + 4 * i) != 0) << i;
    store<i32>(out, word);
  }
}

/** Vectors whose byte counts (at most 8 each) fit one byte: 31 * 8 < 256. */
const BYTE_SUMS: i32 = 31;

// @ts-ignore: decorator
@inline
function widen(bytes: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes));
}

// @ts-ignore: decorator
@inline
function total(sums: v128): i32 {
  return i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
}

/** out [m][n] = popcount(x_i AND y_j); rows are `vectors` times 16 bytes, missing bits 0. Four columns share each load of x. */
export function countPairs(x: usize, m: i32, y: usize, n: i32, vectors: i32, out: usize): void {
  const row = <usize>16 * vectors;
  for (let i = 0; i < m; i++, x += row) {
    for (let j = 0; j < n; j += 4) {
      let y0 = y + row * j;
      let y1 = j + 1 < n ? y0 + row : y0;
      let y2 = j + 2 < n ? y0 + 2 * row : y0;
      let y3 = j + 3 < n ? y0 + 3 * row : y0;
      let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      let p = x;
      for (let rest = vectors; rest > 0; rest -= BYTE_SUMS) {
        let b0 = i8x16.splat(0), b1 = b0, b2 = b0, b3 = b0;
        const end = p + 16 * min(rest, BYTE_SUMS);
        for (; p < end; p += 16, y0 += 16, y1 += 16, y2 += 16, y3 += 16) {
          const v = v128.load(p);
          b0 = i8x16.add(b0, i8x16.popcnt(v128.and(v, v128.load(y0))));
          b1 = i8x16.add(b1, i8x16.popcnt(v128.and(v, v128.load(y1))));
          b2 = i8x16.add(b2, i8x16.popcnt(v128.and(v, v128.load(y2))));
          b3 = i8x16.add(b3, i8x16.popcnt(v128.and(v, v128.load(y3))));
        }
        s0 = i32x4.add(s0, widen(b0));
        s1 = i32x4.add(s1, widen(b1));
        s2 = i32x4.add(s2, widen(b2));
        s3 = i32x4.add(s3, widen(b3));
      }
      store<i32>(out, total(s0));
      if (j + 1 < n) store<i32>(out, total(s1), 4);
      if (j + 2 < n) store<i32>(out, total(s2), 8);
      if (j + 3 < n) store<i32>(out, total(s3), 12);
      out += 4 * min(4, n - j);
    }
  }
}
