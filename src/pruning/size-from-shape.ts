/** Elements of an array of a shape. */
export function sizeFromShape(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}
