// Pooling of maps in lanes, [block][pixel][channel][32 images].
import { sumOf } from './lanes';

/** Bytes of the 32 lanes of one channel. */
const LANES: usize = 128;

/** y = the mean of each window; padding does not count. */
export function averagePoolLanes(
  x: usize, y: usize, blocks: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const pixel = LANES * channels;
  for (; blocks > 0; blocks--, x += pixel * inHeight * inWidth)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++, y += pixel) {
        const top = max(0, oh * strideHeight - padTop);
        const left = max(0, ow * strideWidth - padLeft);
        const bottom = min(inHeight, oh * strideHeight - padTop + windowHeight);
        const right = min(inWidth, ow * strideWidth - padLeft + windowWidth);
        const share = f32x4.splat(1 / <f32>((bottom - top) * (right - left)));
        for (let c: usize = 0; c < pixel; c += 16) {
          let sum = f32x4.splat(0);
          for (let ih = top; ih < bottom; ih++)
            for (let iw = left; iw < right; iw++) sum = f32x4.add(sum, v128.load(x + pixel * (ih * inWidth + iw) + c));
          v128.store(y + c, f32x4.mul(sum, share));
        }
      }
}

/** dx = each dy, spread evenly over its window. As in tfjs a window is always its full size here, with padding. */
export function averagePoolGradientLanes(
  dy: usize, dx: usize, blocks: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const pixel = LANES * channels;
  const map = pixel * inHeight * inWidth;
  const share = f32x4.splat(1 / <f32>(windowHeight * windowWidth));
  memory.fill(dx, 0, map * blocks);
  for (; blocks > 0; blocks--, dx += map)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++, dy += pixel) {
        const top = max(0, oh * strideHeight - padTop);
        const left = max(0, ow * strideWidth - padLeft);
        const bottom = min(inHeight, oh * strideHeight - padTop + windowHeight);
        const right = min(inWidth, ow * strideWidth - padLeft + windowWidth);
        for (let ih = top; ih < bottom; ih++)
          for (let iw = left; iw < right; iw++) {
            const target = dx + pixel * (ih * inWidth + iw);
            for (let c: usize = 0; c < pixel; c += 16) {
              v128.store(target + c, f32x4.add(v128.load(target + c), f32x4.mul(v128.load(dy + c), share)));
            }
          }
      }
}

/** dx = dy at every element of a map that equals its largest, y: as in tfjs equals each get all of it. */
export function globalMaxGradientLanes(x: usize, y: usize, dy: usize, dx: usize, blocks: i32, pixels: i32, channels: i32): void {
  const pixel = LANES * channels;
  for (; blocks > 0; blocks--, y += pixel, dy += pixel)
    for (let p = 0; p < pixels; p++, x += pixel, dx += pixel)
      for (let c: usize = 0; c < pixel; c += 16) {
        v128.store(dx + c, v128.and(v128.load(dy + c), f32x4.eq(v128.load(x + c), v128.load(y + c))));
      }
}

/** sum = a + b, below 0 made 0 where `relu`; `count` is a multiple of 4. */
export function addLanes(a: usize, b: usize, sum: usize, count: i32, relu: bool): void {
  const zero = f32x4.splat(0);
  for (; count > 0; count -= 4, a += 16, b += 16, sum += 16) {
    const value = f32x4.add(v128.load(a), v128.load(b));
    v128.store(sum, relu ? f32x4.pmax(zero, value) : value);
  }
}

/** y = the largest element of each window; padding takes no part. */
export function maxPoolLanes(
  x: usize, y: usize, blocks: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const pixel = LANES * channels;
  for (; blocks > 0; blocks--, x += pixel * inHeight * inWidth)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++, y += pixel) {
        const top = oh * strideHeight - padTop;
        const left = ow * strideWidth - padLeft;
        const bottom = min(inHeight, top + windowHeight);
        const right = min(inWidth, left + windowWidth);
        if (windowHeight == 2 && windowWidth == 2 && top >= 0 && left >= 0 && bottom - top == 2 && right - left == 2) {
          largestOfFour(x + pixel * (top * inWidth + left), pixel * inWidth, pixel, y);
          continue;
        }
        for (let c: usize = 0; c < pixel; c += 16) {
          let largest = f32x4.splat(-Infinity);
          for (let ih = max(0, top); ih < bottom; ih++)
            for (let iw = max(0, left); iw < right; iw++) {
              largest = f32x4.pmax(largest, v128.load(x + pixel * (ih * inWidth + iw) + c));
            }
          v128.store(y + c, largest);
        }
      }
}

/** The usual window, without loops over it. */
function largestOfFour(x: usize, row: usize, pixel: usize, y: usize): void {
  const end = x + pixel;
  for (; x < end; x += 16, y += 16) {
    const upper = f32x4.pmax(f32x4.pmax(f32x4.splat(-Infinity), v128.load(x)), v128.load(x + pixel));
    v128.store(y, f32x4.pmax(f32x4.pmax(upper, v128.load(x + row)), v128.load(x + row + pixel)));
  }
}

/** dx = each dy at the first element of its window that equals the largest, y; windows that overlap add up. */
export function maxPoolGradientLanes(
  x: usize, y: usize, dy: usize, dx: usize,
  blocks: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const pixel = LANES * channels;
  const map = pixel * inHeight * inWidth;
  memory.fill(dx, 0, map * blocks);
  for (; blocks > 0; blocks--, x += map, dx += map)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++, y += pixel, dy += pixel) {
        const top = oh * strideHeight - padTop;
        const left = ow * strideWidth - padLeft;
        const bottom = min(inHeight, top + windowHeight);
        const right = min(inWidth, left + windowWidth);
        for (let c: usize = 0; c < pixel; c += 16) {
          const largest = v128.load(y + c);
          let open = v128.load(dy + c);
          for (let ih = max(0, top); ih < bottom; ih++)
            for (let iw = max(0, left); iw < right; iw++) {
              const at = pixel * (ih * inWidth + iw) + c;
              const here = f32x4.eq(v128.load(x + at), largest);
              v128.store(dx + at, f32x4.add(v128.load(dx + at), v128.and(open, here)));
              open = v128.andnot(open, here);
            }
        }
      }
}

/**
 * The error before relu in a frame of zeros, with the gradient of the bias, as reluError makes them, for a map whose relu was max-pooled by
 * windows that lie side by side from the first pixel on: `pooled` and dy are of the pooled map. An error goes to the first element of its
 * window that equals the largest.
 */
export function pooledError(
  y: usize, pooled: usize, dy: usize, out: usize, gradient: usize, partials: usize,
  blocks: i32, height: i32, width: i32, channels: i32, top: i32, bottom: i32, left: i32, right: i32,
  outHeight: i32, outWidth: i32, windowHeight: i32, windowWidth: i32,
): void {
  const pixel = LANES * channels;
  const row = pixel * (left + width + right);
  const covered = min(width, outWidth * windowWidth);
  memory.fill(partials, 0, 16 * <usize>channels);
  for (; blocks > 0; blocks--, y += pixel * height * width, out += row * (top + height + bottom)) {
    memory.fill(out, 0, row * top);
    let h = 0;
    for (let oh = 0; oh < outHeight; oh++) {
      const end = min(height, h + windowHeight);
      for (let line = out + row * (top + h), last = out + row * (top + end); line < last; line += row) {
        memory.fill(line, 0, pixel * left);
        memory.fill(line + pixel * (left + covered), 0, pixel * (width - covered + right));
      }
      for (let w = 0; w < covered; w += windowWidth, pooled += pixel, dy += pixel) {
        const columns = min(windowWidth, width - w);
        const error = out + row * (top + h) + pixel * (left + w);
        windowError(y + pixel * (h * width + w), pixel * width, pooled, dy, error, row, pixel, end - h, columns, partials);
      }
      h = end;
    }
    memory.fill(out + row * (top + h), 0, row * (height - h + bottom));
  }
  for (let c = 0; c < channels; c++) store<f32>(gradient + 4 * c, sumOf(v128.load(partials + 16 * c)));
}

/** One window of {@link pooledError}. */
function windowError(
  y: usize, yRow: usize, pooled: usize, dy: usize, out: usize, outRow: usize, pixel: usize, rows: i32, columns: i32, partials: usize,
): void {
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < pixel; c += 16) {
    const largest = v128.load(pooled + c);
    let open = v128.and(v128.load(dy + c), f32x4.gt(largest, zero));
    const sums = partials + ((c >> 7) << 4);
    v128.store(sums, f32x4.add(v128.load(sums), open));
    let from = y + c;
    let to = out + c;
    for (let row = 0; row < rows; row++, from += yRow, to += outRow) {
      const end = pixel * columns;
      for (let at: usize = 0; at < end; at += pixel) {
        const here = f32x4.eq(v128.load(from + at), largest);
        v128.store(to + at, v128.and(open, here));
        open = v128.andnot(open, here);
      }
    }
  }
}
