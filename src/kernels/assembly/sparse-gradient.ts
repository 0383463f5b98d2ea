// The gradient of the values of a sparse matrix: dot products of lanes, at its non-zeros only.
import { LANES } from './lanes';
import { multiplyAdd } from './multiply-add';
import { aheadBytes, aheadOf, reachOf, touch } from './read-ahead';

/**
 * gradient[j] = sum over pixels and images of x[offsets[j]] dy[o], for the non-zeros j of every output o. Each keeps four partial sums in
 * `partials`, 16 bytes a non-zero, which need not be cleared. The rest as in sparseForward.
 */
export function sparseWeightGradient(
  offsets: usize, rowStart: usize, outputs: i32, segments: i32, segmentRows: i32, gradient: usize, partials: usize,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  dy: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  for (let segment = 0; segment < segments; segment++) clearRows(rowStart + 4 * <usize>(segmentRows * segment), outputs, partials);
  const reach = reachOf(offsets, rowStart, segmentRows * (segments - 1) + outputs);
  const step = aheadBytes(xRow, reach, outHeight) / max(segments * outWidth * outputs, 1);
  for (; blocks > 0; blocks--, x += xBlock, dy += yBlock)
    for (let oh = 0; oh < outHeight; oh++) {
      let ahead = aheadOf(x, xBlock, xRow, reach, oh, outHeight, blocks);
      for (let segment = 0; segment < segments; segment++)
        for (let ow = 0; ow < outWidth; ow++, ahead += step * outputs) {
          const rows = rowStart + 4 * <usize>(segmentRows * segment);
          const input = x + <usize>oh * xRow + <usize>ow * xPixel;
          rowsGradient(offsets, rows, outputs, partials, input, dy + <usize>oh * yRow + <usize>ow * yPixel, ahead, step);
        }
    }
  for (let segment = 0; segment < segments; segment++) {
    const rows = rowStart + 4 * <usize>(segmentRows * segment);
    sumPartials(partials, load<u32>(rows), load<u32>(rows + 4 * <usize>outputs), gradient);
  }
}

function clearRows(rowStart: usize, outputs: i32, partials: usize): void {
  const first = load<u32>(rowStart);
  memory.fill(partials + 16 * <usize>first, 0, 16 * <usize>(load<u32>(rowStart + 4 * <usize>outputs) - first));
}

/** gradient[j] = the sum of the four partial sums of j, from `first` up to before `end`. */
export function sumPartials(partials: usize, first: u32, end: u32, gradient: usize): void {
  let from = partials + 16 * <usize>first;
  let to = gradient + 4 * <usize>first;
  const last = gradient + 4 * <usize>end;
  for (; to + 16 <= last; from += 64, to += 16) {
    const low = pairSums(v128.load(from), v128.load(from, 16));
    const high = pairSums(v128.load(from, 32), v128.load(from, 48));
    v128.store(to, f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7)));
  }
  for (; to < last; from += 16, to += 4) {
    const pairs = pairSums(v128.load(from), v128.load(from));
    store<f32>(to, f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1));
  }
}

/** Of each of two vectors what its halves add up to. */
// @ts-ignore: decorator
@inline
function pairSums(a: v128, b: v128): v128 {
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
}

/** Adds one pixel to the partial sums of {@link sparseWeightGradient}. */
function rowsGradient(
  offsets: usize, rowStart: usize, outputs: i32, partials: usize, x: usize, dy: usize, ahead: usize, step: usize,
): void {
  let offset = offsets + 4 * <usize>load<u32>(rowStart);
  let sums = partials + 16 * <usize>load<u32>(rowStart);
  for (let o = 0; o < outputs; o++, dy += LANES, ahead += step) {
    touch(ahead);
    const end = offsets + 4 * <usize>load<u32>(rowStart + 4 * <usize>o, 4);
    const e0 = v128.load(dy);
    const e1 = v128.load(dy, 16);
    const e2 = v128.load(dy, 32);
    const e3 = v128.load(dy, 48);
    const e4 = v128.load(dy, 64);
    const e5 = v128.load(dy, 80);
    const e6 = v128.load(dy, 96);
    const e7 = v128.load(dy, 112);
    for (; offset + 8 <= end; offset += 8, sums += 32) {
      const both = load<u64>(offset);
      const first = x + <usize>both;
      let a = multiplyAdd(e0, v128.load(first), v128.load(sums));
      let b = f32x4.mul(e1, v128.load(first, 16));
      a = multiplyAdd(e2, v128.load(first, 32), a);
      b = multiplyAdd(e3, v128.load(first, 48), b);
      if (offset == 1) {
        v128.store(sums, f32x4.add(a, b));
        break;
      }
      a = multiplyAdd(e4, v128.load(first, 64), a);
      b = multiplyAdd(e5, v128.load(first, 80), b);
      a = multiplyAdd(e6, v128.load(first, 96), a);
      b = multiplyAdd(e7, v128.load(first, 112), b);
      v128.store(sums, f32x4.add(a, b));
      const second = x + <usize>(both >> 32);
      let c = multiplyAdd(e0, v128.load(second), v128.load(sums, 16));
      let d = f32x4.mul(e1, v128.load(second, 16));
      c = multiplyAdd(e2, v128.load(second, 32), c);
      d = multiplyAdd(e3, v128.load(second, 48), d);
      if (offset == 2) {
        v128.store(sums, f32x4.add(c, d), 16);
        break;
      }
      c = multiplyAdd(e4, v128.load(second, 64), c);
      d = multiplyAdd(e5, v128.load(second, 80), d);
      c = multiplyAdd(e6, v128.load(second, 96), c);
      d = multiplyAdd(e7, v128.load(second, 112), d);
      v128.store(sums, f32x4.add(c, d), 16);
    }
    if (offset < end) {
      const lanes = x + load<u32>(offset);
      let a = multiplyAdd(e0, v128.load(lanes), v128.load(sums));
      let b = f32x4.mul(e1, v128.load(lanes, 16));
      a = multiplyAdd(e2, v128.load(lanes, 32), a);
      b = multiplyAdd(e3, v128.load(lanes, 48), b);
      a = multiplyAdd(e4, v128.load(lanes, 64), a);
      b = multiplyAdd(e5, v128.load(lanes, 80), b);
      a = multiplyAdd(e6, v128.load(lanes, 96), a);
      b = multiplyAdd(e7, v128.load(lanes, 112), b);
      v128.store(sums, f32x4.add(a, b));
      offset += 4;
      sums += 16;
    }
  }
}
