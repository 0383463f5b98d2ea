// The one register tile that every dense product is made of.
import { multiplyAdd } from './multiply-add';
import { rowsToColumns } from './transpose';

/**
 * C[i][0..n) += sum over `runs` and `steps` of A_i * B[0..8), for m <= 4 rows and n <= 8 columns.
 * All strides are bytes. A row i starts at a + i * aRow, and moves by aStep within a run and by aRun from run to run; B moves by
 * bStep and bRun and is always read eight wide. The 32 sums stay in registers: six loads for sixteen multiplies and adds.
 */
export function tile(
  a: usize, aRow: usize, aStep: usize, aRun: usize,
  b: usize, bStep: usize, bRun: usize,
  runs: i32, steps: i32,
  c: usize, cRow: usize, m: i32, n: i32,
): void {
  // Rows that do not exist repeat the first one; their sums are dropped.
  let a0 = a;
  let a1 = m > 1 ? a + aRow : a;
  let a2 = m > 2 ? a + 2 * aRow : a;
  let a3 = m > 3 ? a + 3 * aRow : a;
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  const aBack = aRun - <usize>steps * aStep;
  const bBack = bRun - <usize>steps * bStep;
  do {
    let k = steps;
    do {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load32_splat(a0);
      c00 = multiplyAdd(x, b0, c00);
      c01 = multiplyAdd(x, b1, c01);
      x = v128.load32_splat(a1);
      c10 = multiplyAdd(x, b0, c10);
      c11 = multiplyAdd(x, b1, c11);
      x = v128.load32_splat(a2);
      c20 = multiplyAdd(x, b0, c20);
      c21 = multiplyAdd(x, b1, c21);
      x = v128.load32_splat(a3);
      c30 = multiplyAdd(x, b0, c30);
      c31 = multiplyAdd(x, b1, c31);
      a0 += aStep;
      a1 += aStep;
      a2 += aStep;
      a3 += aStep;
      b += bStep;
    } while (--k);
    a0 += aBack;
    a1 += aBack;
    a2 += aBack;
    a3 += aBack;
    b += bBack;
  } while (--runs);
  addRow(c, c00, c01, n);
  if (m > 1) addRow(c + cRow, c10, c11, n);
  if (m > 2) addRow(c + 2 * cRow, c20, c21, n);
  if (m > 3) addRow(c + 3 * cRow, c30, c31, n);
}

// @ts-ignore: decorator
@inline
function addRow(c: usize, low: v128, high: v128, n: i32): void {
  if (n == 8) {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
    return;
  }
  if (n >= 4) {
    v128.store(c, f32x4.add(v128.load(c), low));
    c += 16;
    n -= 4;
    low = high;
  }
  if (n > 0) store<f32>(c, load<f32>(c) + f32x4.extract_lane(low, 0));
  if (n > 1) store<f32>(c, load<f32>(c, 4) + f32x4.extract_lane(low, 1), 4);
  if (n > 2) store<f32>(c, load<f32>(c, 8) + f32x4.extract_lane(low, 2), 8);
}

/**
 * Copies k rows of n <= 8 columns into a panel [k][8]; missing columns become 0. With `transposed` the source holds columns: element
 * (k, j) lies at source + j * stride + 4 k, else at source + k * stride + 4 j.
 */
export function packPanel(source: usize, stride: usize, transposed: bool, k: i32, n: i32, panel: usize): void {
  if (transposed) {
    rowsToColumns(source, stride, n, k, panel, 32);
    rowsToColumns(source + 4 * stride, stride, n - 4, k, panel + 16, 32);
    return;
  }
  if (n == 8) {
    for (; k > 0; k--, source += stride, panel += 32) {
      v128.store(panel, v128.load(source));
      v128.store(panel, v128.load(source, 16), 16);
    }
    return;
  }
  for (; k > 0; k--, source += stride, panel += 32) {
    let j = 0;
    for (; j < n; j++) store<f32>(panel + 4 * j, load<f32>(source + 4 * j));
    for (; j < 8; j++) store<f32>(panel + 4 * j, 0);
  }
}
