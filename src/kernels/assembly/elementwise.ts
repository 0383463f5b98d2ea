/** Rows that one partial sum takes in; the error of a sum then grows with rows / 64, not with rows. */
export const PARTIAL_ROWS: i32 = 64;

/** out [width] += sum over the rows of x [rows][width]. */
export function sumRows(x: usize, rows: i32, width: i32, out: usize): void {
  const row = <usize>4 * width;
  for (; rows > 0; rows -= PARTIAL_ROWS, x += row * PARTIAL_ROWS) {
    const count = min(rows, PARTIAL_ROWS);
    let column: usize = 0;
    for (; column + 32 <= row; column += 32) {
      let p = x + column;
      let sum0 = v128.load(p);
      let sum1 = v128.load(p, 16);
      for (let i = 1; i < count; i++) {
        p += row;
        sum0 = f32x4.add(sum0, v128.load(p));
        sum1 = f32x4.add(sum1, v128.load(p, 16));
      }
      v128.store(out + column, f32x4.add(v128.load(out + column), sum0));
      v128.store(out + column, f32x4.add(v128.load(out + column, 16), sum1), 16);
    }
    for (; column + 16 <= row; column += 16) {
      let p = x + column;
      let sum = v128.load(p);
      for (let i = 1; i < count; i++) sum = f32x4.add(sum, v128.load((p += row)));
      v128.store(out + column, f32x4.add(v128.load(out + column), sum));
    }
    for (; column < row; column += 4) {
      let p = x + column;
      let sum = load<f32>(p);
      for (let i = 1; i < count; i++) sum += load<f32>((p += row));
      store<f32>(out + column, load<f32>(out + column) + sum);
    }
  }
}

/** out [segments][width] += rows of x [rows][width], each to the segment that its id names; other ids are ignored. */
export function segmentSum(x: usize, ids: usize, rows: i32, width: i32, segments: i32, out: usize): void {
  const row = <usize>4 * width;
  for (let i = 0; i < rows; i++, x += row) {
    const segment = load<i32>(ids + 4 * i);
    if (<u32>segment >= <u32>segments) continue;
    const target = out + row * segment;
    let column: usize = 0;
    for (; column + 16 <= row; column += 16) v128.store(target + column, f32x4.add(v128.load(target + column), v128.load(x + column)));
    for (; column < row; column += 4) store<f32>(target + column, load<f32>(target + column) + load<f32>(x + column));
  }
}

/** The same for 32-bit integers. */
export function segmentSumInteger(x: usize, ids: usize, rows: i32, width: i32, segments: i32, out: usize): void {
  const row = <usize>4 * width;
  for (let i = 0; i < rows; i++, x += row) {
    const segment = load<i32>(ids + 4 * i);
    if (<u32>segment >= <u32>segments) continue;
    for (let column: usize = 0; column < row; column += 4) {
      const target = out + row * segment + column;
      store<i32>(target, load<i32>(target) + load<i32>(x + column));
    }
  }
}

/** target[i * targetStep] = source[i * sourceStep] for `count` floats, steps in elements: takes planes apart and puts them together. */
export function copyStrided(source: usize, sourceStep: i32, target: usize, targetStep: i32, count: i32): void {
  for (; count > 0; count--, source += 4 * sourceStep, target += 4 * targetStep) store<f32>(target, load<f32>(source));
}
