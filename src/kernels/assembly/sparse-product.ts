// Products of a sparse matrix with activations in lanes. A non-zero is a value and the offset, in bytes, of its input lane from the output
// pixel's place in the (padded) input: a convolution is the same loop as a dense layer, with one pixel per output pixel.
import { LANES } from './lanes';
import { multiplyAdd } from './multiply-add';
import { aheadBytes, aheadOf, reachOf, touch } from './read-ahead';

/**
 * y[block][oh][ow][o] = bias[o] + sum over the non-zeros j of o of values[j] x[offsets[j]], below 0 made 0 where `relu`. All strides are
 * in bytes; `bias` may be 0 for none. The list comes in segments, `segmentRows` rows apart, so that what a segment reads of x stays in the
 * first-level cache.
 */
export function sparseForward(
  values: usize, offsets: usize, rowStart: usize, outputs: i32, segments: i32, segmentRows: i32, bias: usize, relu: bool,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  y: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  const reach = reachOf(offsets, rowStart, segmentRows * (segments - 1) + outputs);
  const step = aheadBytes(xRow, reach, outHeight) / max(segments * outWidth * outputs, 1);
  for (; blocks > 0; blocks--, x += xBlock, y += yBlock)
    for (let oh = 0; oh < outHeight; oh++) {
      let ahead = aheadOf(x, xBlock, xRow, reach, oh, outHeight, blocks);
      for (let segment = 0; segment < segments; segment++)
        for (let ow = 0; ow < outWidth; ow++, ahead += step * outputs) {
          const rows = rowStart + 4 * <usize>(segmentRows * segment);
          const input = x + <usize>oh * xRow + <usize>ow * xPixel;
          const out = y + <usize>oh * yRow + <usize>ow * yPixel;
          const last = segment == segments - 1;
          rowsForward(values, offsets, rows, outputs, segment > 0, bias, relu && last, input, out, ahead, step);
        }
    }
}

/**
 * {@link sparseForward} for one pixel; `more` adds to what y holds. A load serves one multiplication, and of loads the processor has too
 * few: values and offsets come four and two at a time. Between the halves of the lanes stand branches that are never taken, here and in the
 * gradient, since values and offsets lie at multiples of 4: V8 puts all loads between two branches before the arithmetic, and more than
 * four do not fit beside the sums in its registers.
 */
function rowsForward(
  values: usize, offsets: usize, rowStart: usize, outputs: i32, more: bool, bias: usize, relu: bool, x: usize, y: usize,
  ahead: usize, step: usize,
): void {
  const zero = f32x4.splat(0);
  let value = values + 4 * <usize>load<u32>(rowStart);
  let offset = offsets + 4 * <usize>load<u32>(rowStart);
  for (let o = 0; o < outputs; o++, y += LANES, ahead += step) {
    touch(ahead);
    const end = values + 4 * <usize>load<u32>(rowStart + 4 * <usize>o, 4);
    let s0: v128, s1: v128, s2: v128, s3: v128, s4: v128, s5: v128, s6: v128, s7: v128;
    if (more) {
      s0 = v128.load(y);
      s1 = v128.load(y, 16);
      s2 = v128.load(y, 32);
      s3 = v128.load(y, 48);
      s4 = v128.load(y, 64);
      s5 = v128.load(y, 80);
      s6 = v128.load(y, 96);
      s7 = v128.load(y, 112);
    } else {
      s0 = bias ? v128.load32_splat(bias + 4 * <usize>o) : zero;
      s1 = s0;
      s2 = s0;
      s3 = s0;
      s4 = s0;
      s5 = s0;
      s6 = s0;
      s7 = s0;
    }
    for (; value + 16 <= end; value += 16, offset += 16) {
      const four = v128.load(value);
      const early = load<u64>(offset);
      const late = load<u64>(offset, 8);
      const a = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
      const ax = x + <usize>early;
      s0 = multiplyAdd(a, v128.load(ax), s0);
      s1 = multiplyAdd(a, v128.load(ax, 16), s1);
      s2 = multiplyAdd(a, v128.load(ax, 32), s2);
      s3 = multiplyAdd(a, v128.load(ax, 48), s3);
      if (value == 1) break;
      s4 = multiplyAdd(a, v128.load(ax, 64), s4);
      s5 = multiplyAdd(a, v128.load(ax, 80), s5);
      s6 = multiplyAdd(a, v128.load(ax, 96), s6);
      s7 = multiplyAdd(a, v128.load(ax, 112), s7);
      if (value == 2) break;
      const b = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
      const bx = x + <usize>(early >> 32);
      s0 = multiplyAdd(b, v128.load(bx), s0);
      s1 = multiplyAdd(b, v128.load(bx, 16), s1);
      s2 = multiplyAdd(b, v128.load(bx, 32), s2);
      s3 = multiplyAdd(b, v128.load(bx, 48), s3);
      if (value == 3) break;
      s4 = multiplyAdd(b, v128.load(bx, 64), s4);
      s5 = multiplyAdd(b, v128.load(bx, 80), s5);
      s6 = multiplyAdd(b, v128.load(bx, 96), s6);
      s7 = multiplyAdd(b, v128.load(bx, 112), s7);
      if (value == 9) break;
      const c = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
      const cx = x + <usize>late;
      s0 = multiplyAdd(c, v128.load(cx), s0);
      s1 = multiplyAdd(c, v128.load(cx, 16), s1);
      s2 = multiplyAdd(c, v128.load(cx, 32), s2);
      s3 = multiplyAdd(c, v128.load(cx, 48), s3);
      if (value == 5) break;
      s4 = multiplyAdd(c, v128.load(cx, 64), s4);
      s5 = multiplyAdd(c, v128.load(cx, 80), s5);
      s6 = multiplyAdd(c, v128.load(cx, 96), s6);
      s7 = multiplyAdd(c, v128.load(cx, 112), s7);
      if (value == 6) break;
      const d = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
      const dx = x + <usize>(late >> 32);
      s0 = multiplyAdd(d, v128.load(dx), s0);
      s1 = multiplyAdd(d, v128.load(dx, 16), s1);
      s2 = multiplyAdd(d, v128.load(dx, 32), s2);
      s3 = multiplyAdd(d, v128.load(dx, 48), s3);
      if (value == 7) break;
      s4 = multiplyAdd(d, v128.load(dx, 64), s4);
      s5 = multiplyAdd(d, v128.load(dx, 80), s5);
      s6 = multiplyAdd(d, v128.load(dx, 96), s6);
      s7 = multiplyAdd(d, v128.load(dx, 112), s7);
    }
    for (; value < end; value += 4, offset += 4) {
      const w = v128.load32_splat(value);
      const lanes = x + load<u32>(offset);
      s0 = multiplyAdd(w, v128.load(lanes), s0);
      s1 = multiplyAdd(w, v128.load(lanes, 16), s1);
      s2 = multiplyAdd(w, v128.load(lanes, 32), s2);
      s3 = multiplyAdd(w, v128.load(lanes, 48), s3);
      if (value > end) break;
      s4 = multiplyAdd(w, v128.load(lanes, 64), s4);
      s5 = multiplyAdd(w, v128.load(lanes, 80), s5);
      s6 = multiplyAdd(w, v128.load(lanes, 96), s6);
      s7 = multiplyAdd(w, v128.load(lanes, 112), s7);
    }
    // NaN becomes 0 as in tfjs's own relu on wasm.
    if (relu) {
      s0 = f32x4.pmax(zero, s0);
      s1 = f32x4.pmax(zero, s1);
      s2 = f32x4.pmax(zero, s2);
      s3 = f32x4.pmax(zero, s3);
      s4 = f32x4.pmax(zero, s4);
      s5 = f32x4.pmax(zero, s5);
      s6 = f32x4.pmax(zero, s6);
      s7 = f32x4.pmax(zero, s7);
    }
    v128.store(y, s0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
    v128.store(y, s4, 64);
    v128.store(y, s5, 80);
    v128.store(y, s6, 96);
    v128.store(y, s7, 112);
  }
}
