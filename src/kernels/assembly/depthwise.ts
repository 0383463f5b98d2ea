// Depthwise convolutions with one filter per channel; a channel multiplier is taken apart plane by plane before it comes here.
import { multiplyAdd } from './multiply-add';
import { endValid, firstValid } from './valid';

/** dw [kh][kw][c] += sum over pixels of x dy. */
export function depthwiseFilterGradient(
  x: usize, dy: usize, dw: usize,
  batch: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32,
  padTop: i32, padLeft: i32,
): void {
  const pixel = <usize>4 * channels;
  const xStep = pixel * strideWidth;
  for (let n = 0; n < batch; n++)
    for (let kh = 0; kh < kernelHeight; kh++) {
      const offset = kh * dilationHeight - padTop;
      const end = endValid(offset, strideHeight, inHeight, outHeight);
      for (let oh = firstValid(offset, strideHeight); oh < end; oh++)
        for (let kw = 0; kw < kernelWidth; kw++) {
          const column = kw * dilationWidth - padLeft;
          const from = firstValid(column, strideWidth);
          const count = endValid(column, strideWidth, inWidth, outWidth) - from;
          if (count <= 0) continue;
          const a = x + pixel * <usize>((n * inHeight + oh * strideHeight + offset) * inWidth + from * strideWidth + column);
          const b = dy + pixel * <usize>((n * outHeight + oh) * outWidth + from);
          const c = dw + pixel * <usize>(kh * kernelWidth + kw);
          let channel: usize = 0;
          for (; channel + 32 <= pixel; channel += 32) {
            let p = a + channel;
            let q = b + channel;
            let sum0 = v128.load(c + channel);
            let sum1 = v128.load(c + channel, 16);
            for (let i = 0; i < count; i++, p += xStep, q += pixel) {
              sum0 = multiplyAdd(v128.load(p), v128.load(q), sum0);
              sum1 = multiplyAdd(v128.load(p, 16), v128.load(q, 16), sum1);
            }
            v128.store(c + channel, sum0);
            v128.store(c + channel, sum1, 16);
          }
          for (; channel < pixel; channel += 4) {
            let p = a + channel;
            let q = b + channel;
            let sum = load<f32>(c + channel);
            for (let i = 0; i < count; i++, p += xStep, q += pixel) sum += load<f32>(p) * load<f32>(q);
            store<f32>(c + channel, sum);
          }
        }
    }
}

/** dx += dy w, tap by tap. */
export function depthwiseInputGradient(
  dy: usize, w: usize, dx: usize,
  batch: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32,
  padTop: i32, padLeft: i32,
): void {
  const pixel = <usize>4 * channels;
  const xStep = pixel * strideWidth;
  for (let n = 0; n < batch; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let kh = 0; kh < kernelHeight; kh++) {
        const ih = oh * strideHeight + kh * dilationHeight - padTop;
        if (ih < 0 || ih >= inHeight) continue;
        for (let kw = 0; kw < kernelWidth; kw++) {
          const column = kw * dilationWidth - padLeft;
          const from = firstValid(column, strideWidth);
          const count = endValid(column, strideWidth, inWidth, outWidth) - from;
          const a = w + pixel * <usize>(kh * kernelWidth + kw);
          let q = dy + pixel * <usize>((n * outHeight + oh) * outWidth + from);
          let p = dx + pixel * <usize>((n * inHeight + ih) * inWidth + from * strideWidth + column);
          for (let i = 0; i < count; i++, p += xStep, q += pixel) {
            let channel: usize = 0;
            for (; channel + 16 <= pixel; channel += 16)
              v128.store(p + channel, multiplyAdd(v128.load(q + channel), v128.load(a + channel), v128.load(p + channel)));
            for (; channel < pixel; channel += 4)
              store<f32>(p + channel, load<f32>(p + channel) + load<f32>(q + channel) * load<f32>(a + channel));
          }
        }
      }
}
