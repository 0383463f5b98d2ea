// The products of a sparse matrix where four outputs in a row share their pattern: an entry of the list has one offset and four values, and a load
// of x serves all four. (Their input gradient, where an entry would be four channels in a row, was not faster than non-zero by non-zero.)
import { LANES } from './lanes';
import { multiplyAdd } from './multiply-add';
import { aheadBytes, aheadOf, reachOf, touch } from './read-ahead';
import { sumPartials } from './sparse-gradient';

/** sparseForward in quads; `outputs` and `segmentRows` count quads. */
export function quadForward(
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

/** One pixel, eight lanes at a time. */
function rowsForward(
  values: usize, offsets: usize, rowStart: usize, quads: i32, more: bool, bias: usize, relu: bool, x: usize, y: usize,
  ahead: usize, step: usize,
): void {
  const zero = f32x4.splat(0);
  for (let quad = 0; quad < quads; quad++, rowStart += 4, bias += bias ? 16 : 0, y += 4 * LANES, ahead += step) {
    touch(ahead);
    const first = load<u32>(rowStart);
    const end = offsets + 4 * <usize>load<u32>(rowStart, 4);
    for (let strip: usize = 0; strip < LANES; strip += 32) {
      const out = y + strip;
      const input = x + strip;
      let a0: v128, a1: v128, b0: v128, b1: v128, c0: v128, c1: v128, d0: v128, d1: v128;
      if (more) {
        a0 = v128.load(out);
        a1 = v128.load(out, 16);
        b0 = v128.load(out, 128);
        b1 = v128.load(out, 144);
        c0 = v128.load(out, 256);
        c1 = v128.load(out, 272);
        d0 = v128.load(out, 384);
        d1 = v128.load(out, 400);
      } else {
        a0 = bias ? v128.load32_splat(bias) : zero;
        b0 = bias ? v128.load32_splat(bias, 4) : zero;
        c0 = bias ? v128.load32_splat(bias, 8) : zero;
        d0 = bias ? v128.load32_splat(bias, 12) : zero;
        a1 = a0;
        b1 = b0;
        c1 = c0;
        d1 = d0;
      }
      let value = values + 16 * <usize>first;
      for (let offset = offsets + 4 * <usize>first; offset < end; offset += 4, value += 16) {
        const lanes = input + load<u32>(offset);
        const four = v128.load(value);
        const x0 = v128.load(lanes);
        const x1 = v128.load(lanes, 16);
        const a = v128.shuffle<f32>(four, four, 0, 0, 0, 0);
        a0 = multiplyAdd(a, x0, a0);
        a1 = multiplyAdd(a, x1, a1);
        const b = v128.shuffle<f32>(four, four, 1, 1, 1, 1);
        b0 = multiplyAdd(b, x0, b0);
        b1 = multiplyAdd(b, x1, b1);
        const c = v128.shuffle<f32>(four, four, 2, 2, 2, 2);
        c0 = multiplyAdd(c, x0, c0);
        c1 = multiplyAdd(c, x1, c1);
        const d = v128.shuffle<f32>(four, four, 3, 3, 3, 3);
        d0 = multiplyAdd(d, x0, d0);
        d1 = multiplyAdd(d, x1, d1);
      }
      if (relu) {
        a0 = f32x4.pmax(zero, a0);
        a1 = f32x4.pmax(zero, a1);
        b0 = f32x4.pmax(zero, b0);
        b1 = f32x4.pmax(zero, b1);
        c0 = f32x4.pmax(zero, c0);
        c1 = f32x4.pmax(zero, c1);
        d0 = f32x4.pmax(zero, d0);
        d1 = f32x4.pmax(zero, d1);
      }
      v128.store(out, a0);
      v128.store(out, a1, 16);
      v128.store(out, b0, 128);
      v128.store(out, b1, 144);
      v128.store(out, c0, 256);
      v128.store(out, c1, 272);
      v128.store(out, d0, 384);
      v128.store(out, d1, 400);
    }
  }
}

/** sparseWeightGradient in quads; `outputs` and `segmentRows` count quads, and an entry has 64 bytes of partial sums. */
export function quadWeightGradient(
  offsets: usize, rowStart: usize, outputs: i32, segments: i32, segmentRows: i32, gradient: usize, partials: usize,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  dy: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  for (let segment = 0; segment < segments; segment++) {
    const rows = rowStart + 4 * <usize>(segmentRows * segment);
    const first = load<u32>(rows);
    memory.fill(partials + 64 * <usize>first, 0, 64 * <usize>(load<u32>(rows + 4 * <usize>outputs) - first));
  }
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
    sumPartials(partials, 4 * load<u32>(rows), 4 * load<u32>(rows + 4 * <usize>outputs), gradient);
  }
}

/** One pixel: two outputs and half of the lanes at a time. */
function rowsGradient(
  offsets: usize, rowStart: usize, quads: i32, partials: usize, x: usize, dy: usize, ahead: usize, step: usize,
): void {
  for (let quad = 0; quad < quads; quad++, rowStart += 4, dy += 4 * LANES, ahead += step) {
    touch(ahead);
    const first = load<u32>(rowStart);
    const end = offsets + 4 * <usize>load<u32>(rowStart, 4);
    for (let part: usize = 0; part < 4; part++) {
      const half = (part & 1) * (LANES / 2);
      const error = dy + (part & 2) * LANES + half;
      const e0 = v128.load(error);
      const e1 = v128.load(error, 16);
      const e2 = v128.load(error, 32);
      const e3 = v128.load(error, 48);
      const f0 = v128.load(error, 128);
      const f1 = v128.load(error, 144);
      const f2 = v128.load(error, 160);
      const f3 = v128.load(error, 176);
      const input = x + half;
      let sums = partials + 64 * <usize>first + 16 * (part & 2);
      for (let offset = offsets + 4 * <usize>first; offset < end; offset += 4, sums += 64) {
        const lanes = input + load<u32>(offset);
        const x0 = v128.load(lanes);
        const x1 = v128.load(lanes, 16);
        let a = multiplyAdd(e0, x0, v128.load(sums));
        let b = multiplyAdd(f0, x0, v128.load(sums, 16));
        a = multiplyAdd(e1, x1, a);
        b = multiplyAdd(f1, x1, b);
        const x2 = v128.load(lanes, 32);
        a = multiplyAdd(e2, x2, a);
        b = multiplyAdd(f2, x2, b);
        const x3 = v128.load(lanes, 48);
        v128.store(sums, multiplyAdd(e3, x3, a));
        v128.store(sums, multiplyAdd(f3, x3, b), 16);
      }
    }
  }
}
