// The products of sparse.ts where four outputs in a row share their pattern: an entry of the list has one offset and four values, and a load
// of x serves all four. (Their input gradient, where an entry would be four channels in a row, was not faster than non-zero by non-zero.)
import { multiplyAdd } from './multiply-add';
import { LANES, positive, sumOf } from './sparse';

/** sparseForward in quads; `outputs` and `segmentRows` count quads. */
export function quadForward(
  values: usize, offsets: usize, rowStart: usize, outputs: i32, segments: i32, segmentRows: i32, bias: usize, relu: bool,
  x: usize, xBlock: usize, xRow: usize, xPixel: usize,
  y: usize, yBlock: usize, yRow: usize, yPixel: usize,
  blocks: i32, outHeight: i32, outWidth: i32,
): void {
  for (; blocks > 0; blocks--, x += xBlock, y += yBlock)
    for (let oh = 0; oh < outHeight; oh++)
      for (let segment = 0; segment < segments; segment++)
        for (let ow = 0; ow < outWidth; ow++) {
          const rows = rowStart + 4 * <usize>(segmentRows * segment);
          const input = x + <usize>oh * xRow + <usize>ow * xPixel;
          const out = y + <usize>oh * yRow + <usize>ow * yPixel;
          rowsForward(values, offsets, rows, outputs, segment > 0, bias, relu && segment == segments - 1, input, out);
        }
}

/** One pixel, eight lanes at a time. */
function rowsForward(
  values: usize, offsets: usize, rowStart: usize, quads: i32, more: bool, bias: usize, relu: bool, x: usize, y: usize,
): void {
  const zero = f32x4.splat(0);
  const kept = relu ? zero : i32x4.splat(-1);
  for (let quad = 0; quad < quads; quad++, rowStart += 4, bias += bias ? 16 : 0, y += 4 * LANES) {
    const first = load<u32>(rowStart);
    const end = load<u32>(rowStart, 4);
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
      for (let j = first; j < end; j++) {
        const lanes = input + load<u32>(offsets + 4 * <usize>j);
        const w = values + 16 * <usize>j;
        const x0 = v128.load(lanes);
        const x1 = v128.load(lanes, 16);
        let splat = v128.load32_splat(w);
        a0 = multiplyAdd(splat, x0, a0);
        a1 = multiplyAdd(splat, x1, a1);
        splat = v128.load32_splat(w, 4);
        b0 = multiplyAdd(splat, x0, b0);
        b1 = multiplyAdd(splat, x1, b1);
        splat = v128.load32_splat(w, 8);
        c0 = multiplyAdd(splat, x0, c0);
        c1 = multiplyAdd(splat, x1, c1);
        splat = v128.load32_splat(w, 12);
        d0 = multiplyAdd(splat, x0, d0);
        d1 = multiplyAdd(splat, x1, d1);
      }
      v128.store(out, positive(a0, kept));
      v128.store(out, positive(a1, kept), 16);
      v128.store(out, positive(b0, kept), 128);
      v128.store(out, positive(b1, kept), 144);
      v128.store(out, positive(c0, kept), 256);
      v128.store(out, positive(c1, kept), 272);
      v128.store(out, positive(d0, kept), 384);
      v128.store(out, positive(d1, kept), 400);
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
  for (; blocks > 0; blocks--, x += xBlock, dy += yBlock)
    for (let oh = 0; oh < outHeight; oh++)
      for (let segment = 0; segment < segments; segment++)
        for (let ow = 0; ow < outWidth; ow++) {
          const rows = rowStart + 4 * <usize>(segmentRows * segment);
          const input = x + <usize>oh * xRow + <usize>ow * xPixel;
          rowsGradient(offsets, rows, outputs, partials, input, dy + <usize>oh * yRow + <usize>ow * yPixel);
        }
  for (let segment = 0; segment < segments; segment++) {
    const rows = rowStart + 4 * <usize>(segmentRows * segment);
    const end = 4 * load<u32>(rows + 4 * <usize>outputs);
    for (let i = 4 * load<u32>(rows); i < end; i++) store<f32>(gradient + 4 * <usize>i, sumOf(v128.load(partials + 16 * <usize>i)));
  }
}

/** One pixel: two outputs and half of the lanes at a time. */
function rowsGradient(offsets: usize, rowStart: usize, quads: i32, partials: usize, x: usize, dy: usize): void {
  for (let quad = 0; quad < quads; quad++, rowStart += 4, dy += 4 * LANES) {
    const first = load<u32>(rowStart);
    const end = load<u32>(rowStart, 4);
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
      for (let j = first; j < end; j++, sums += 64) {
        const lanes = input + load<u32>(offsets + 4 * <usize>j);
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
