// WebAssembly has no prefetch. A product meets the lanes of a new row of pixels in the order of its lists, which no prefetcher of a processor
// foresees: while it is at one row it therefore loads, in order and without need, what the next row will be the first to read.

/** The largest offset of a list of `rows` rows; within a row offsets rise or fall. */
export function reachOf(offsets: usize, rowStart: usize, rows: i32): usize {
  let reach: usize = 0;
  for (let first = load<u32>(rowStart); rows > 0; rows--) {
    rowStart += 4;
    const end = load<u32>(rowStart);
    if (end > first) reach = max(reach, max(load<u32>(offsets + 4 * <usize>first), load<u32>(offsets + 4 * <usize>(end - 1))));
    first = end;
  }
  return reach;
}

/** Where begins what the next row of pixels will be the first to read, {@link aheadBytes} of it; behind the last row, the next block. */
// @ts-ignore: decorator
@inline
export function aheadOf(x: usize, xBlock: usize, xRow: usize, reach: usize, row: i32, outHeight: i32, blocks: i32): usize {
  // Of a list without entries no map needs to be there.
  if (reach == 0) return 0;
  if (row + 1 < outHeight) return x + <usize>row * xRow + reach;
  return blocks > 1 ? x + xBlock : x;
}

// @ts-ignore: decorator
@inline
export function aheadBytes(xRow: usize, reach: usize, outHeight: i32): usize {
  return outHeight > 1 ? xRow : reach;
}

/** Has the lines at `p` and behind it in the cache. */
// @ts-ignore: decorator
@inline
export function touch(p: usize): void {
  load<u8>(p);
  load<u8>(p, 64);
}
