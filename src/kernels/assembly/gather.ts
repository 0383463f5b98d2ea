// Bits of maps, moved in runs of neighbours. An axis is i32: row coordinates, scale, source coordinates, taps, then the offset of each tap.

/** 1 to 32 bits from bit `at` on; up to seven bytes behind them are read. */
// @ts-ignore: decorator
@inline
function readBits(x: usize, at: i32, count: i32): u64 {
  return (load<u64>(x + ((at >> 5) << 2)) >> (at & 31)) & ((<u64>1 << count) - 1);
}

/** ORs bits into a target, of which up to seven bytes behind the last one are written as they are. */
// @ts-ignore: decorator
@inline
function copyBits(x: usize, from: i32, target: usize, to: i32, count: i32): void {
  for (; count > 0; count -= 32, from += 32, to += 32) {
    const place = target + ((to >> 5) << 2);
    store<u64>(place, load<u64>(place) | (readBits(x, from, min(count, 32)) << (to & 31)));
  }
}

// @ts-ignore: decorator
@inline
function numberOf(axis: usize, place: i32): i32 {
  return load<i32>(axis + 4 * place);
}

const COUNT = 0, SCALE = 1, SIZE = 2, TAPS = 3, OFFSETS = 4;

/**
 * Rows start .. start + count - 1 of a map, which begins at bit `sourceBit`, as im2col makes them, of [image, depth, height, width] row coordinates: each the taps' channels
 * first .. first + perGroup - 1, of [image, depth, height, width, channels] bits, 0 in the padding. `rows` are cleared, of whole words.
 */
export function gatherRows(
  source: usize, sourceBit: i32, depth: usize, height: usize, width: usize, channels: i32, first: i32, perGroup: i32, start: i32,
  count: i32, rows: usize, rowBytes: usize,
): void {
  const depthTaps = numberOf(depth, TAPS), heightTaps = numberOf(height, TAPS), taps = numberOf(width, TAPS);
  const depthSize = numberOf(depth, SIZE), heightSize = numberOf(height, SIZE), widthSize = numberOf(width, SIZE);
  const leftmost = numberOf(width, OFFSETS);
  const widthCount = numberOf(width, COUNT), widthScale = numberOf(width, SCALE);
  const heightCount = numberOf(height, COUNT), heightScale = numberOf(height, SCALE);
  const depthCount = numberOf(depth, COUNT), depthScale = numberOf(depth, SCALE);
  // Taps that are neighbours in the source are copied together.
  const whole = channels == perGroup && (taps == 1 || numberOf(width, OFFSETS + 1) - leftmost == 1);
  for (let row = start; row < start + count; row++, rows += rowBytes) {
    const line = row / widthCount, plane = line / heightCount, image = plane / depthCount;
    const x = (row - line * widthCount) * widthScale;
    const y = (line - plane * heightCount) * heightScale;
    const z = (plane - image * depthCount) * depthScale;
    const left = x + leftmost;
    const from = max(0, -left), end = min(taps, widthSize - left);
    let to = 0;
    for (let td = 0; td < depthTaps; td++) {
      const sourceZ = z + numberOf(depth, OFFSETS + td);
      for (let th = 0; th < heightTaps; th++, to += taps * perGroup) {
        const sourceY = y + numberOf(height, OFFSETS + th);
        if (<u32>sourceZ >= <u32>depthSize || <u32>sourceY >= <u32>heightSize) continue;
        const lineStart = ((image * depthSize + sourceZ) * heightSize + sourceY) * widthSize;
        if (whole) {
          copyBits(source, sourceBit + (lineStart + left + from) * channels, rows, to + from * channels, (end - from) * channels);
          continue;
        }
        for (let tw = 0; tw < taps; tw++) {
          const sourceX = x + numberOf(width, OFFSETS + tw);
          if (<u32>sourceX >= <u32>widthSize) continue;
          copyBits(source, sourceBit + (lineStart + sourceX) * channels + first, rows, to + tw * perGroup, perGroup);
        }
      }
    }
  }
}

/**
 * Planes [image, depth, height, width] as one tap sees them: a row per plane, over images and row coordinates, 0 in the padding. Lines of a
 * plane have `lineBits` bits, ordered by their remainder modulo `stride`. `tap` is i32: for each axis the tap, and the first row coordinate
 * that meets the source under it and the first behind these.
 */
export function shiftPlanes(
  planes: usize, planeBytes: usize, count: i32, images: i32, depth: usize, height: usize, width: usize, tap: usize, lineBits: i32,
  stride: i32, rows: usize, rowBytes: usize,
): void {
  const depthCount = numberOf(depth, COUNT), heightCount = numberOf(height, COUNT), widthCount = numberOf(width, COUNT);
  const zFirst = numberOf(tap, 1), zEnd = numberOf(tap, 2), yFirst = numberOf(tap, 4), yEnd = numberOf(tap, 5);
  const xFirst = numberOf(tap, 7), bits = numberOf(tap, 8) - xFirst;
  const x = xFirst * stride + numberOf(width, OFFSETS + numberOf(tap, 6));
  const sourceX = (x % stride) * (lineBits / stride) + x / stride;
  for (; count > 0; count--, planes += planeBytes, rows += rowBytes)
    for (let image = 0; image < images; image++)
      for (let z = zFirst; z < zEnd; z++) {
        const sourceZ = z * numberOf(depth, SCALE) + numberOf(depth, OFFSETS + numberOf(tap, 0));
        for (let y = yFirst; y < yEnd; y++) {
          const sourceY = y * numberOf(height, SCALE) + numberOf(height, OFFSETS + numberOf(tap, 3));
          const line = (image * numberOf(depth, SIZE) + sourceZ) * numberOf(height, SIZE) + sourceY;
          const target = ((image * depthCount + z) * heightCount + y) * widthCount + xFirst;
          copyBits(planes, line * lineBits + sourceX, rows, target, bits);
        }
      }
}
