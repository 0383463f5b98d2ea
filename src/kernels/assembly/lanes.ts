// Activations in lanes: [block][pixel][channel][32 images], so that a non-zero of a sparse matrix multiplies 32 neighbouring values and no load
// is a gather. How images come into lanes and out of them, frames of zeros around maps, and what is done lane by lane.
import { columnsToRows, rowsToColumns } from './transpose';

/** Bytes of the 32 lanes of one channel. */
export const LANES: usize = 128;

/**
 * The error before relu, in a frame of zeros as {@link padLanes} makes it: out = dy where y is above 0, else 0. In the same pass the
 * gradient of the bias, gradient[c] = the sum of the errors of channel c over pixels and images; `partials` is room for 16 bytes a channel.
 */
export function reluError(
  y: usize, dy: usize, out: usize, gradient: usize, partials: usize,
  blocks: i32, height: i32, width: i32, channels: i32, top: i32, bottom: i32, left: i32, right: i32,
): void {
  const pixel = LANES * channels;
  const row = pixel * (left + width + right);
  memory.fill(partials, 0, 16 * <usize>channels);
  for (; blocks > 0; blocks--) {
    memory.fill(out, 0, row * top);
    out += row * top;
    for (let h = 0; h < height; h++) {
      memory.fill(out, 0, pixel * left);
      out += pixel * left;
      for (let w = 0; w < width; w++, y += pixel, dy += pixel, out += pixel) pixelError(y, dy, out, partials, channels);
      memory.fill(out, 0, pixel * right);
      out += pixel * right;
    }
    memory.fill(out, 0, row * bottom);
    out += row * bottom;
  }
  for (let c = 0; c < channels; c++) store<f32>(gradient + 4 * c, sumOf(v128.load(partials + 16 * c)));
}

function pixelError(y: usize, dy: usize, out: usize, partials: usize, channels: i32): void {
  const zero = f32x4.splat(0);
  for (; channels > 0; channels--, y += LANES, dy += LANES, out += LANES, partials += 16) {
    const e0 = v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero));
    const e1 = v128.and(v128.load(dy, 16), f32x4.gt(v128.load(y, 16), zero));
    const e2 = v128.and(v128.load(dy, 32), f32x4.gt(v128.load(y, 32), zero));
    const e3 = v128.and(v128.load(dy, 48), f32x4.gt(v128.load(y, 48), zero));
    v128.store(out, e0);
    v128.store(out, e1, 16);
    v128.store(out, e2, 32);
    v128.store(out, e3, 48);
    const low = f32x4.add(f32x4.add(e0, e1), f32x4.add(e2, e3));
    const e4 = v128.and(v128.load(dy, 64), f32x4.gt(v128.load(y, 64), zero));
    const e5 = v128.and(v128.load(dy, 80), f32x4.gt(v128.load(y, 80), zero));
    const e6 = v128.and(v128.load(dy, 96), f32x4.gt(v128.load(y, 96), zero));
    const e7 = v128.and(v128.load(dy, 112), f32x4.gt(v128.load(y, 112), zero));
    v128.store(out, e4, 64);
    v128.store(out, e5, 80);
    v128.store(out, e6, 96);
    v128.store(out, e7, 112);
    const high = f32x4.add(f32x4.add(e4, e5), f32x4.add(e6, e7));
    v128.store(partials, f32x4.add(v128.load(partials), f32x4.add(low, high)));
  }
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
export function sumOf(v: v128): f32 {
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

/** Features that are turned together: their lanes stay in the first-level cache, of which a group of four images takes an eighth. */
const TURNED: i32 = 64;

/**
 * Images into lanes: lanes[block][f][0..31] = images[32 block + lane][f]; lanes without an image are 0.
 */
export function toLanes(images: usize, batch: i32, features: i32, lanes: usize): void {
  const image = <usize>4 * features;
  for (let block = 0; block < batch; block += 32, lanes += <usize>features * LANES)
    for (let feature = 0; feature < features; feature += TURNED)
      for (let n = 0; n < 32; n += 4) {
        const present = max(0, min(4, batch - block - n));
        const source = images + image * (block + n) + 4 * <usize>feature;
        rowsToColumns(source, image, present, min(TURNED, features - feature), lanes + <usize>feature * LANES + 4 * n, LANES);
      }
}

/** Lanes back into images; the reverse of {@link toLanes}, for maps of `rows` rows, whose lanes may stand in a frame: strides are in bytes. */
export function fromLanes(lanes: usize, laneBlock: usize, laneRow: usize, batch: i32, rows: i32, rowFeatures: i32, images: usize): void {
  const row = <usize>4 * rowFeatures;
  const image = row * rows;
  for (let block = 0; block < batch; block += 32, lanes += laneBlock, images += 32 * image)
    for (let r = 0; r < rows; r++)
      for (let feature = 0; feature < rowFeatures; feature += TURNED) {
        const source = lanes + laneRow * r + <usize>feature * LANES;
        const target = images + row * r + 4 * <usize>feature;
        for (let n = 0, present = min(32, batch - block); n < present; n += 4) {
          columnsToRows(source + 4 * n, LANES, min(TURNED, rowFeatures - feature), min(4, present - n), target + image * n, image);
        }
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
