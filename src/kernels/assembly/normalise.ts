/** y [rows][width] = (x - mean) factor + offset, with a mean, a factor and an offset for each column. */
export function normaliseRows(x: usize, mean: usize, factor: usize, offset: usize, rows: i32, width: i32, y: usize): void {
  const row = <usize>4 * width;
  for (; rows > 0; rows--, x += row, y += row) {
    let i: usize = 0;
    for (; i + 16 <= row; i += 16) {
      const deviation = f32x4.sub(v128.load(x + i), v128.load(mean + i));
      v128.store(y + i, f32x4.add(f32x4.mul(deviation, v128.load(factor + i)), v128.load(offset + i)));
    }
    for (; i < row; i += 4) {
      store<f32>(y + i, (load<f32>(x + i) - load<f32>(mean + i)) * load<f32>(factor + i) + load<f32>(offset + i));
    }
  }
}
