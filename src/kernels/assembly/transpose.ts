/** Stores the first `rows` rows of the 4 x 4 transpose of r0..r3, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(r0: v128, r1: v128, r2: v128, r3: v128, target: usize, stride: usize, rows: i32): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f64>(low01, low23, 0, 2));
  if (rows > 1) v128.store(target + stride, v128.shuffle<f64>(low01, low23, 1, 3));
  if (rows > 2) v128.store(target + 2 * stride, v128.shuffle<f64>(high01, high23, 0, 2));
  if (rows > 3) v128.store(target + 3 * stride, v128.shuffle<f64>(high01, high23, 1, 3));
}

/** target[i][0..3] = source[0..3][i] for i < count; of the four source rows `present` are there, the others count as 0. */
export function rowsToColumns(source: usize, sourceRow: usize, present: i32, count: i32, target: usize, targetRow: usize): void {
  const zero = f32x4.splat(0);
  for (; count >= 4; count -= 4, source += 16, target += 4 * targetRow) {
    const r0 = present > 0 ? v128.load(source) : zero;
    const r1 = present > 1 ? v128.load(source + sourceRow) : zero;
    const r2 = present > 2 ? v128.load(source + 2 * sourceRow) : zero;
    const r3 = present > 3 ? v128.load(source + 3 * sourceRow) : zero;
    storeTransposed(r0, r1, r2, r3, target, targetRow, 4);
  }
  for (; count > 0; count--, source += 4, target += targetRow) {
    store<f32>(target, present > 0 ? load<f32>(source) : 0);
    store<f32>(target, present > 1 ? load<f32>(source + sourceRow) : 0, 4);
    store<f32>(target, present > 2 ? load<f32>(source + 2 * sourceRow) : 0, 8);
    store<f32>(target, present > 3 ? load<f32>(source + 3 * sourceRow) : 0, 12);
  }
}

/** target[0..3][i] = source[i][0..3] for i < count, of which the first `rows` rows are written: the reverse of {@link rowsToColumns}. */
export function columnsToRows(source: usize, sourceRow: usize, count: i32, rows: i32, target: usize, targetRow: usize): void {
  for (; count >= 4; count -= 4, source += 4 * sourceRow, target += 16) {
    storeTransposed(
      v128.load(source), v128.load(source + sourceRow), v128.load(source + 2 * sourceRow), v128.load(source + 3 * sourceRow),
      target, targetRow, rows,
    );
  }
  for (; count > 0; count--, source += sourceRow, target += 4) {
    store<f32>(target, load<f32>(source));
    if (rows > 1) store<f32>(target + targetRow, load<f32>(source, 4));
    if (rows > 2) store<f32>(target + 2 * targetRow, load<f32>(source, 8));
    if (rows > 3) store<f32>(target + 3 * targetRow, load<f32>(source, 12));
  }
}
