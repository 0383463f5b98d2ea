// Products of a sparse matrix with activations in lanes: [block][pixel][channel][32 images], so that a non-zero multiplies 32
// neighbouring values and no load is a gather. A non-zero is a value and the offset, in bytes, of its input lane from the output pixel's
// place in the (padded) input: a convolution is the same loop as a dense layer, with one pixel per output pixel.
import { multiplyAdd } from './multiply-add';
import { columnsToRows, rowsToColumns } from './transpose';

/** Bytes of the 32 lanes of one channel. */
const LANES: usize = 128;

/**
 * y[block][oh][ow][o] = bias[o] + sum over the non-zeros j of o of values[j] x[offsets[j]], below 0 made 0 where `relu`. All strides are
 * in bytes; `bias` may be 0 for none.
 */
export function sparseForward(
  values: usize, offsets: usize, rowStart: usize, outputs: i32, bias: usize, relu: bool,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  y: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  const zero = f32x4.splat(0);
  for (; blocks > 0; blocks--, x += xBlock, y += yBlock)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++) {
        const input = x + <usize>oh * xRow + <usize>ow * xPixel;
        let out = y + <usize>oh * yRow + <usize>ow * yPixel;
        let j = load<u32>(rowStart);
        for (let o = 0; o < outputs; o++, out += LANES) {
          const end = load<u32>(rowStart + 4 * <usize>o, 4);
          let s0 = bias ? v128.load32_splat(bias + 4 * <usize>o) : zero;
          let s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
          for (; j < end; j++) {
            const w = v128.load32_splat(values + 4 * <usize>j);
            const lanes = input + load<u32>(offsets + 4 * <usize>j);
            s0 = multiplyAdd(w, v128.load(lanes), s0);
            s1 = multiplyAdd(w, v128.load(lanes, 16), s1);
            s2 = multiplyAdd(w, v128.load(lanes, 32), s2);
            s3 = multiplyAdd(w, v128.load(lanes, 48), s3);
            s4 = multiplyAdd(w, v128.load(lanes, 64), s4);
            s5 = multiplyAdd(w, v128.load(lanes, 80), s5);
            s6 = multiplyAdd(w, v128.load(lanes, 96), s6);
            s7 = multiplyAdd(w, v128.load(lanes, 112), s7);
          }
          if (relu) {
            // pmax(0, s) is 0 < s ? s : 0: NaN becomes 0 as in tfjs's own relu on wasm.
            s0 = f32x4.pmax(zero, s0);
            s1 = f32x4.pmax(zero, s1);
            s2 = f32x4.pmax(zero, s2);
            s3 = f32x4.pmax(zero, s3);
            s4 = f32x4.pmax(zero, s4);
            s5 = f32x4.pmax(zero, s5);
            s6 = f32x4.pmax(zero, s6);
            s7 = f32x4.pmax(zero, s7);
          }
          v128.store(out, s0);
          v128.store(out, s1, 16);
          v128.store(out, s2, 32);
          v128.store(out, s3, 48);
          v128.store(out, s4, 64);
          v128.store(out, s5, 80);
          v128.store(out, s6, 96);
          v128.store(out, s7, 112);
        }
      }
}

/**
 * gradient[j] = sum over pixels and images of x[offsets[j]] dy[o], for the non-zeros j of every output o. Each keeps four partial sums in
 * `partials`, 16 bytes a non-zero, which need not be cleared.
 */
export function sparseWeightGradient(
  offsets: usize, rowStart: usize, outputs: i32, gradient: usize, partials: usize,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  dy: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  const first = load<u32>(rowStart);
  const count = load<u32>(rowStart + 4 * <usize>outputs) - first;
  memory.fill(partials, 0, 16 * <usize>count);
  for (; blocks > 0; blocks--, x += xBlock, dy += yBlock)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++) {
        const input = x + <usize>oh * xRow + <usize>ow * xPixel;
        let error = dy + <usize>oh * yRow + <usize>ow * yPixel;
        let j = first;
        let sums = partials;
        for (let o = 0; o < outputs; o++, error += LANES) {
          const end = load<u32>(rowStart + 4 * <usize>o, 4);
          const e0 = v128.load(error);
          const e1 = v128.load(error, 16);
          const e2 = v128.load(error, 32);
          const e3 = v128.load(error, 48);
          const e4 = v128.load(error, 64);
          const e5 = v128.load(error, 80);
          const e6 = v128.load(error, 96);
          const e7 = v128.load(error, 112);
          for (; j < end; j++, sums += 16) {
            const lanes = input + load<u32>(offsets + 4 * <usize>j);
            let a = f32x4.mul(e0, v128.load(lanes));
            let b = f32x4.mul(e1, v128.load(lanes, 16));
            a = multiplyAdd(e2, v128.load(lanes, 32), a);
            b = multiplyAdd(e3, v128.load(lanes, 48), b);
            a = multiplyAdd(e4, v128.load(lanes, 64), a);
            b = multiplyAdd(e5, v128.load(lanes, 80), b);
            a = multiplyAdd(e6, v128.load(lanes, 96), a);
            b = multiplyAdd(e7, v128.load(lanes, 112), b);
            v128.store(sums, f32x4.add(v128.load(sums), f32x4.add(a, b)));
          }
        }
      }
  for (let i: u32 = 0; i < count; i++) store<f32>(gradient + 4 * <usize>i, sumOf(v128.load(partials + 16 * <usize>i)));
}

/** gradient[c] = sum over pixels and images of dy[c]. Pixels follow one another. */
export function lanesBiasGradient(dy: usize, pixels: i32, channels: i32, gradient: usize): void {
  memory.fill(gradient, 0, 4 * <usize>channels);
  for (; pixels > 0; pixels--)
    for (let c = 0; c < channels; c++, dy += LANES) {
      const a = f32x4.add(f32x4.add(v128.load(dy), v128.load(dy, 16)), f32x4.add(v128.load(dy, 32), v128.load(dy, 48)));
      const b = f32x4.add(f32x4.add(v128.load(dy, 64), v128.load(dy, 80)), f32x4.add(v128.load(dy, 96), v128.load(dy, 112)));
      const target = gradient + 4 * <usize>c;
      store<f32>(target, load<f32>(target) + sumOf(f32x4.add(a, b)));
    }
}

// @ts-ignore: decorator
@inline
function sumOf(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** target[i] = source[order[i]]: the values of a transposed matrix. */
export function permute(source: usize, order: usize, target: usize, count: i32): void {
  for (let i: usize = 0; i < 4 * <usize>count; i += 4) store<f32>(target + i, load<f32>(source + 4 * <usize>load<u32>(order + i)));
}

/** target[order[i]] = source[i]: compact values back to their places. */
export function scatter(source: usize, order: usize, target: usize, count: i32): void {
  for (let i: usize = 0; i < 4 * <usize>count; i += 4) store<f32>(target + 4 * <usize>load<u32>(order + i), load<f32>(source + i));
}

/**
 * Images into lanes: lanes[block][f][0..31] = images[32 block + lane][f]; lanes without an image are 0.
 */
export function toLanes(images: usize, batch: i32, features: i32, lanes: usize): void {
  const image = <usize>4 * features;
  for (let block = 0; 32 * block < batch; block++)
    for (let group = 0; group < 8; group++) {
      const first = 32 * block + 4 * group;
      const present = max(0, min(4, batch - first));
      const source = images + image * first;
      const target = lanes + <usize>block * features * LANES + 16 * group;
      rowsToColumns(source, image, present, features, target, LANES);
    }
}

/** Lanes back into images; the reverse of {@link toLanes}. */
export function fromLanes(lanes: usize, batch: i32, features: i32, images: usize): void {
  const image = <usize>4 * features;
  for (let n = 0; n < batch; n += 4) {
    const source = lanes + <usize>(n >> 5) * features * LANES + 4 * <usize>(n & 31);
    columnsToRows(source, LANES, features, min(4, batch - n), images + image * n, image);
  }
}

/** Each image block of rows into a frame of zeros: `left` and `right` bytes around each row, `top` and `bottom` rows around all. */
export function padLanes(
  source: usize, target: usize, blocks: i32, height: i32, rowBytes: usize, top: i32, bottom: i32, left: usize, right: usize,
): void {
  const row = left + rowBytes + right;
  for (; blocks > 0; blocks--) {
    memory.fill(target, 0, row * top);
    target += row * top;
    for (let h = 0; h < height; h++, source += rowBytes, target += row) {
      memory.fill(target, 0, left);
      memory.copy(target + left, source, rowBytes);
      memory.fill(target + left + rowBytes, 0, right);
    }
    memory.fill(target, 0, row * bottom);
    target += row * bottom;
  }
}

/** out = dy where y is above 0, else 0. */
export function reluGradient(y: usize, dy: usize, out: usize, count: i32): void {
  const zero = f32x4.splat(0);
  for (; count > 0; count -= 4, y += 16, dy += 16, out += 16) {
    v128.store(out, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
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
