/** First output position whose tap at `offset` (tap - padding) lies inside the input. */
// @ts-ignore: decorator
@inline
export function firstValid(offset: i32, stride: i32): i32 {
  return offset >= 0 ? 0 : (stride - 1 - offset) / stride;
}

/** One past the last output position whose tap at `offset` lies inside an input of `size`. */
// @ts-ignore: decorator
@inline
export function endValid(offset: i32, stride: i32, size: i32, outSize: i32): i32 {
  const room = size - 1 - offset;
  return room < 0 ? 0 : min(outSize, room / stride + 1);
}
