import { PARTIAL_ROWS } from './elementwise';

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

/**
 * Adds to sums [2][width] what the gradients of {@link normaliseRows} are made of, for each column: the sum of dy, and behind them that of
 * dy (x - mean).
 */
export function normaliseSums(x: usize, dy: usize, mean: usize, rows: i32, width: i32, sums: usize): void {
  const row = <usize>4 * width;
  for (; rows > 0; rows -= PARTIAL_ROWS, x += row * PARTIAL_ROWS, dy += row * PARTIAL_ROWS) {
    const end = row * min(rows, PARTIAL_ROWS);
    let column: usize = 0;
    for (; column + 16 <= row; column += 16) {
      const centre = v128.load(mean + column);
      let errors = f32x4.splat(0);
      let products = f32x4.splat(0);
      for (let i = column; i < end; i += row) {
        const error = v128.load(dy + i);
        errors = f32x4.add(errors, error);
        products = f32x4.add(products, f32x4.mul(error, f32x4.sub(v128.load(x + i), centre)));
      }
      v128.store(sums + column, f32x4.add(v128.load(sums + column), errors));
      v128.store(sums + row + column, f32x4.add(v128.load(sums + row + column), products));
    }
    for (; column < row; column += 4) {
      const centre = load<f32>(mean + column);
      let errors: f32 = 0;
      let products: f32 = 0;
      for (let i = column; i < end; i += row) {
        const error = load<f32>(dy + i);
        errors += error;
        products += error * (load<f32>(x + i) - centre);
      }
      store<f32>(sums + column, load<f32>(sums + column) + errors);
      store<f32>(sums + row + column, load<f32>(sums + row + column) + products);
    }
  }
}
