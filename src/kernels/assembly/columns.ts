/** Slices of the counters: a count of rows has at most 32 bits. */
const SLICES = 32;

// @ts-ignore: decorator
@inline
function majority(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(c, v128.or(a, b)));
}

/**
 * counts [whole vectors of columns] = ones of each column of [rows][wordsPerRow]: 128 counters at once, bit i of each in slice i. Four rows
 * go through full adders first, so that only every fourth row's carry ripples through the slices. Scratch: 512 bytes. Up to three words
 * behind the last row are read; what they count stands behind the last column.
 */
export function countColumns(x: usize, rows: i32, wordsPerRow: i32, slices: usize, counts: usize): void {
  const bytes = <usize>4 * wordsPerRow;
  const zero = i32x4.splat(0);
  for (let word = 0; word < wordsPerRow; word += 4, x += 16) {
    memory.fill(slices, 0, 16 * SLICES);
    let p = x, rest = rows, ones = zero, twos = zero;
    for (; rest >= 4; rest -= 4, p += 4 * bytes) {
      const a = v128.load(p), b = v128.load(p + bytes), c = v128.load(p + 2 * bytes), d = v128.load(p + 3 * bytes);
      const carry1 = majority(ones, a, b);
      ones = v128.xor(ones, v128.xor(a, b));
      const carry2 = majority(ones, c, d);
      ones = v128.xor(ones, v128.xor(c, d));
      let carry = majority(twos, carry1, carry2);
      twos = v128.xor(twos, v128.xor(carry1, carry2));
      for (let slice = slices + 32; v128.any_true(carry); slice += 16) {
        const before = v128.load(slice);
        v128.store(slice, v128.xor(before, carry));
        carry = v128.and(carry, before);
      }
    }
    v128.store(slices, ones);
    v128.store(slices, twos, 16);
    for (; rest > 0; rest--, p += bytes) {
      let carry = v128.load(p);
      for (let slice = slices; v128.any_true(carry); slice += 16) {
        const before = v128.load(slice);
        v128.store(slice, v128.xor(before, carry));
        carry = v128.and(carry, before);
      }
    }
    const used = 32 - clz<i32>(rows);
    for (let lane = slices; lane < slices + 16; lane += 4) {
      let bits = i32x4(1, 2, 4, 8);
      for (let quad = 0; quad < 8; quad++, counts += 16) {
        let count = zero, weight = 1;
        for (let i = 0; i < used; i++, weight <<= 1) {
          const set = v128.and(v128.load32_splat(lane + 16 * i), bits);
          count = i32x4.add(count, v128.andnot(i32x4.splat(weight), i32x4.eq(set, zero)));
        }
        v128.store(counts, count);
        bits = i32x4.shl(bits, 4);
      }
    }
  }
}
