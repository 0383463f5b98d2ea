// Two operands, element by element, over rows of floats. An operand steps along a row or stands still there, and moves on from row to row by
// any number of bytes, none included: every way in which shapes broadcast comes down to such rows.

const ADD: i32 = 0;
const SUBTRACT: i32 = 1;
const MULTIPLY: i32 = 2;
const DIVIDE: i32 = 3;
const MULTIPLY_STEP: i32 = 4;

/** out [rows][columns] = a + b; `aStill` says that a has one value for each row, `aRow` are the bytes from row to row; so for b. */
export function addElements(
  a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  walk(ADD, a, aRow, aStill, b, bRow, bStill, out, rows, columns);
}

/** a - b, as {@link addElements}. */
export function subtractElements(
  a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  walk(SUBTRACT, a, aRow, aStill, b, bRow, bStill, out, rows, columns);
}

/** a b, as {@link addElements}. */
export function multiplyElements(
  a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  walk(MULTIPLY, a, aRow, aStill, b, bRow, bStill, out, rows, columns);
}

/** a / b, as {@link addElements}. */
export function divideElements(
  a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  walk(DIVIDE, a, aRow, aStill, b, bRow, bStill, out, rows, columns);
}

/** a times 1 where b is above 0, 0 where it is not and NaN where it is none, as {@link addElements}. */
export function multiplyStepElements(
  a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  walk(MULTIPLY_STEP, a, aRow, aStill, b, bRow, bStill, out, rows, columns);
}

// @ts-ignore: decorator
@inline
function walk(
  operation: i32, a: usize, aRow: usize, aStill: bool, b: usize, bRow: usize, bStill: bool, out: usize, rows: i32, columns: i32,
): void {
  const row = <usize>4 * columns;
  if (aStill) {
    for (; rows > 0; rows--, a += aRow, b += bRow, out += row) walkRow(operation, a, true, b, false, out, row);
  } else if (bStill) {
    for (; rows > 0; rows--, a += aRow, b += bRow, out += row) walkRow(operation, a, false, b, true, out, row);
  } else {
    for (; rows > 0; rows--, a += aRow, b += bRow, out += row) walkRow(operation, a, false, b, false, out, row);
  }
}

// @ts-ignore: decorator
@inline
function walkRow(operation: i32, a: usize, aStill: bool, b: usize, bStill: bool, out: usize, row: usize): void {
  const aValue = load<f32>(a);
  const bValue = load<f32>(b);
  const aValues = f32x4.splat(aValue);
  const bValues = f32x4.splat(bValue);
  let i: usize = 0;
  for (; i + 16 <= row; i += 16) {
    v128.store(out + i, applyToFour(operation, aStill ? aValues : v128.load(a + i), bStill ? bValues : v128.load(b + i)));
  }
  for (; i < row; i += 4) {
    store<f32>(out + i, apply(operation, aStill ? aValue : load<f32>(a + i), bStill ? bValue : load<f32>(b + i)));
  }
}

// @ts-ignore: decorator
@inline
function applyToFour(operation: i32, a: v128, b: v128): v128 {
  if (operation == ADD) return f32x4.add(a, b);
  if (operation == SUBTRACT) return f32x4.sub(a, b);
  if (operation == MULTIPLY) return f32x4.mul(a, b);
  if (operation == DIVIDE) return f32x4.div(a, b);
  const step = v128.and(f32x4.gt(b, f32x4.splat(0)), f32x4.splat(1));
  return f32x4.mul(a, v128.or(step, f32x4.ne(b, b)));
}

// @ts-ignore: decorator
@inline
function apply(operation: i32, a: f32, b: f32): f32 {
  if (operation == ADD) return a + b;
  if (operation == SUBTRACT) return a - b;
  if (operation == MULTIPLY) return a * b;
  if (operation == DIVIDE) return a / b;
  return a * (b > 0 ? 1 : b == b ? 0 : NaN);
}
