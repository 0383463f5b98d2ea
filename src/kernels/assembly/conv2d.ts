import { packPanel, tile } from './tile';
import { endValid, firstValid } from './valid';

/** Bytes of input rows plus gradient rows that one block of the filter gradient may touch: most of a first-level cache. */
const BLOCK_BYTES: i32 = 24 * 1024;

/** Rows of dy per block of the filter gradient. */
function blockRows(inWidth: i32, inChannels: i32, outHeight: i32, outWidth: i32, strideHeight: i32): i32 {
  return min(outHeight, max(1, BLOCK_BYTES / (4 * inWidth * inChannels * strideHeight + 32 * outWidth)));
}

/** Bytes of scratch that filterGradient needs: a block of dy in panels of eight channels. */
export function filterGradientScratch(
  inWidth: i32, inChannels: i32, outHeight: i32, outWidth: i32, outChannels: i32, strideHeight: i32,
): usize {
  return <usize>blockRows(inWidth, inChannels, outHeight, outWidth, strideHeight) * outWidth * (((outChannels + 7) >> 3) << 5);
}

/**
 * dw [kh][kw][ci][co] += x^T dy: for each tap a product over the pixels of a block of rows, dy packed once per block; for output
 * channels from `firstChannel` to before `endChannel`.
 */
export function filterGradient(
  x: usize, dy: usize, dw: usize, scratch: usize,
  batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  outHeight: i32, outWidth: i32, outChannels: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  firstChannel: i32, endChannel: i32,
): void {
  const rows = blockRows(inWidth, inChannels, outHeight, outWidth, strideHeight);
  const xStep = <usize>4 * strideWidth * inChannels;
  const xRun = <usize>4 * strideHeight * inWidth * inChannels;
  const yRow = <usize>4 * outChannels;
  const bRun = <usize>32 * outWidth;
  // Where the whole kernel row fits, the taps of a row are one product with kernelWidth * inChannels rows: full tiles for few channels.
  const joined = (inChannels & 3) != 0 && kernelWidth > 1;
  const innerFirst = firstValid(-padLeft, strideWidth);
  const innerEnd = joined ? max(innerFirst, endValid(kernelWidth - 1 - padLeft, strideWidth, inWidth, outWidth)) : innerFirst;

  for (let n = 0; n < batch; n++) {
    for (let block = 0; block < outHeight; block += rows) {
      const blockEnd = min(outHeight, block + rows);
      const pixels = (blockEnd - block) * outWidth;
      for (let co = firstChannel; co < endChannel; co += 8) {
        const width = min(8, endChannel - co);
        packPanel(dy + <usize>(n * outHeight + block) * outWidth * yRow + 4 * co, yRow, false, pixels, width, scratch);
        for (let kh = 0; kh < kernelHeight; kh++) {
          const first = max(block, firstValid(kh - padTop, strideHeight));
          const runs = min(blockEnd, endValid(kh - padTop, strideHeight, inHeight, outHeight)) - first;
          if (runs <= 0) continue;
          const xRow = x + <usize>4 * (n * inHeight + first * strideHeight + kh - padTop) * inWidth * inChannels;
          const bRow = scratch + <usize>(first - block) * bRun;
          const cRow = dw + yRow * kh * kernelWidth * inChannels + 4 * co;
          if (innerEnd > innerFirst) {
            const a = xRow + <isize>4 * (innerFirst * strideWidth - padLeft) * inChannels;
            taps(a, kernelWidth * inChannels, xStep, xRun, bRow + <usize>32 * innerFirst, bRun, runs, innerEnd - innerFirst, cRow, yRow, width);
          }
          for (let kw = 0; kw < kernelWidth; kw++) {
            const from = firstValid(kw - padLeft, strideWidth);
            const to = endValid(kw - padLeft, strideWidth, inWidth, outWidth);
            const a = xRow + <isize>4 * (kw - padLeft) * inChannels;
            const c = cRow + yRow * kw * inChannels;
            if (innerEnd > innerFirst) {
              if (innerFirst > from) taps(a + xStep * from, inChannels, xStep, xRun, bRow + <usize>32 * from, bRun, runs, innerFirst - from, c, yRow, width);
              if (to > innerEnd) taps(a + xStep * innerEnd, inChannels, xStep, xRun, bRow + <usize>32 * innerEnd, bRun, runs, to - innerEnd, c, yRow, width);
            } else if (to > from) {
              taps(a + xStep * from, inChannels, xStep, xRun, bRow + <usize>32 * from, bRun, runs, to - from, c, yRow, width);
            }
          }
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function taps(a: usize, m: i32, aStep: usize, aRun: usize, b: usize, bRun: usize, runs: i32, steps: i32, c: usize, cRow: usize, width: i32): void {
  for (let i = 0; i < m; i += 4) tile(a + 4 * i, 4, aStep, aRun, b, 32, bRun, runs, steps, c + cRow * i, cRow, min(4, m - i), width);
}

/** Taps of a kernel of `size` that share a phase: phase, phase + stride, ... */
// @ts-ignore: decorator
@inline
function phaseTaps(size: i32, phase: i32, stride: i32): i32 {
  return phase < size ? (size - 1 - phase) / stride + 1 : 0;
}

/** Bytes of scratch that inputGradient needs: one panel of eight input channels. */
export function inputGradientScratch(outChannels: i32, kernelHeight: i32, kernelWidth: i32): usize {
  return <usize>32 * outChannels * kernelHeight * kernelWidth;
}

/**
 * dx += dy * w^T, pixel by pixel: the taps that reach a pixel of x are, in each kernel row, one contiguous stretch of dy (taps of the
 * pixel's stride phase in descending order), and four images make the rows of a tile. Every stride and every padding is exact: taps
 * outside dy do not take part.
 */
export function inputGradient(
  dy: usize, w: usize, dx: usize, scratch: usize,
  batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  outHeight: i32, outWidth: i32, outChannels: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const tap = <usize>32 * outChannels;
  const yPixel = <usize>4 * outChannels;
  const yImage = yPixel * outHeight * outWidth;
  const xImage = <usize>4 * inHeight * inWidth * inChannels;
  for (let ci = 0; ci < inChannels; ci += 8) {
    const width = min(8, inChannels - ci);
    // The panel, phase by phase: [phase h][phase w][tap h, last first][tap w, last first][co][8].
    let panel = scratch;
    for (let ph = 0; ph < strideHeight; ph++)
      for (let pw = 0; pw < strideWidth; pw++)
        for (let th = phaseTaps(kernelHeight, ph, strideHeight) - 1; th >= 0; th--)
          for (let tw = phaseTaps(kernelWidth, pw, strideWidth) - 1; tw >= 0; tw--) {
            const kernel = (ph + th * strideHeight) * kernelWidth + pw + tw * strideWidth;
            packPanel(w + yPixel * (<usize>kernel * inChannels + ci), yPixel, true, outChannels, width, panel);
            panel += tap;
          }
    for (let n = 0; n < batch; n += 4) {
      const m = min(4, batch - n);
      for (let ih = 0; ih < inHeight; ih++) {
        const ph = (ih + padTop) % strideHeight;
        const qh = (ih + padTop) / strideHeight;
        const countH = phaseTaps(kernelHeight, ph, strideHeight);
        const lastH = min(countH - 1, qh);
        const runs = lastH - max(0, qh - outHeight + 1) + 1;
        if (runs <= 0) continue;
        // Panels of the phases before: all columns of the earlier row phases.
        let rowsBefore = 0;
        for (let p = 0; p < ph; p++) rowsBefore += phaseTaps(kernelHeight, p, strideHeight);
        for (let iw = 0; iw < inWidth; iw++) {
          const pw = (iw + padLeft) % strideWidth;
          const qw = (iw + padLeft) / strideWidth;
          const countW = phaseTaps(kernelWidth, pw, strideWidth);
          const lastW = min(countW - 1, qw);
          const taps = lastW - max(0, qw - outWidth + 1) + 1;
          if (taps <= 0) continue;
          let columnsBefore = 0;
          for (let p = 0; p < pw; p++) columnsBefore += phaseTaps(kernelWidth, p, strideWidth);
          const before = rowsBefore * kernelWidth + columnsBefore * countH + (countH - 1 - lastH) * countW + countW - 1 - lastW;
          tile(
            dy + yImage * n + yPixel * <usize>((qh - lastH) * outWidth + qw - lastW), yImage, 4, yPixel * outWidth,
            scratch + tap * before, 32, tap * countW,
            runs, taps * outChannels,
            dx + xImage * n + <usize>4 * ((ih * inWidth + iw) * inChannels + ci), xImage, m, width,
          );
        }
      }
    }
  }
}

/** Bytes of scratch that forward needs: the weights of eight output channels. */
export function forwardScratch(inChannels: i32, kernelHeight: i32, kernelWidth: i32): usize {
  return <usize>32 * inChannels * kernelHeight * kernelWidth;
}

/** y += x * w, pixel by pixel: in each kernel row the window is one contiguous stretch of x, and four images make the rows of a tile. */
export function forward(
  x: usize, w: usize, y: usize, scratch: usize,
  batch: i32, inHeight: i32, inWidth: i32, inChannels: i32,
  outHeight: i32, outWidth: i32, outChannels: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  const xPixel = <usize>4 * inChannels;
  const xImage = xPixel * inHeight * inWidth;
  const yImage = <usize>4 * outHeight * outWidth * outChannels;
  const tap = <usize>32 * inChannels;
  for (let co = 0; co < outChannels; co += 8) {
    const width = min(8, outChannels - co);
    packPanel(w + 4 * co, 4 * outChannels, false, kernelHeight * kernelWidth * inChannels, width, scratch);
    for (let n = 0; n < batch; n += 4) {
      const m = min(4, batch - n);
      for (let oh = 0; oh < outHeight; oh++) {
        const top = oh * strideHeight - padTop;
        const firstRow = max(0, -top);
        const runs = min(kernelHeight, inHeight - top) - firstRow;
        if (runs <= 0) continue;
        for (let ow = 0; ow < outWidth; ow++) {
          const left = ow * strideWidth - padLeft;
          const firstColumn = max(0, -left);
          const taps = min(kernelWidth, inWidth - left) - firstColumn;
          if (taps <= 0) continue;
          tile(
            x + xImage * n + xPixel * <usize>((top + firstRow) * inWidth + left + firstColumn), xImage, 4, xPixel * inWidth,
            scratch + tap * <usize>(firstRow * kernelWidth + firstColumn), 32, tap * kernelWidth,
            runs, taps * inChannels,
            y + yImage * n + <usize>4 * ((oh * outWidth + ow) * outChannels + co), yImage, m, width,
          );
        }
      }
    }
  }
}
