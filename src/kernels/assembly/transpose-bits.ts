/** Eight bits from bit `at` on; one byte behind the last bit is read. */
// @ts-ignore: decorator
@inline
function eight(x: usize, at: i32): u8 {
  return <u8>(load<u16>(x + (at >> 3)) >> <u16>(at & 7));
}

/** Planes [cols][whole words of rows] of bits [rows][cols], which lie without gaps between rows. Behind x lie 32 rows that may be read. */
export function transposeBits(x: usize, rows: i32, cols: i32, planes: usize): void {
  const whole = (rows + 31) & ~31;
  const planeBytes = <usize>(whole >> 3);
  for (let row = 0; row < whole; row += 16) {
    const inside = rows - row;
    const mask = inside >= 16 ? 0xffff : inside > 0 ? (1 << inside) - 1 : 0;
    for (let col = 0; col < cols; col += 8) {
      let at = row * cols + col;
      let v = i8x16.splat(eight(x, at));
      v = i8x16.replace_lane(v, 1, eight(x, at += cols));
      v = i8x16.replace_lane(v, 2, eight(x, at += cols));
      v = i8x16.replace_lane(v, 3, eight(x, at += cols));
      v = i8x16.replace_lane(v, 4, eight(x, at += cols));
      v = i8x16.replace_lane(v, 5, eight(x, at += cols));
      v = i8x16.replace_lane(v, 6, eight(x, at += cols));
      v = i8x16.replace_lane(v, 7, eight(x, at += cols));
      v = i8x16.replace_lane(v, 8, eight(x, at += cols));
      v = i8x16.replace_lane(v, 9, eight(x, at += cols));
      v = i8x16.replace_lane(v, 10, eight(x, at += cols));
      v = i8x16.replace_lane(v, 11, eight(x, at += cols));
      v = i8x16.replace_lane(v, 12, eight(x, at += cols));
      v = i8x16.replace_lane(v, 13, eight(x, at += cols));
      v = i8x16.replace_lane(v, 14, eight(x, at += cols));
      v = i8x16.replace_lane(v, 15, eight(x, at += cols));
      let out = planes + planeBytes * col + (row >> 3);
      const last = min(8, cols - col);
      // Bit 7 of each byte comes first: the lowest column is shifted there first.
      for (let bit = 0; bit < last; bit++, out += planeBytes) {
        store<u16>(out, i8x16.bitmask(i8x16.shl(v, 7 - bit)) & mask);
      }
    }
  }
}
