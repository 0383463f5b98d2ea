/**
 * dx += the gradient of max pooling: each dy goes to the first largest element of its window. An element that is not greater than
 * minus infinity (a NaN) is never the largest.
 */
export function maxPoolGradient(
  x: usize, dy: usize, dx: usize,
  batch: i32, inHeight: i32, inWidth: i32, channels: i32, outHeight: i32, outWidth: i32,
  windowHeight: i32, windowWidth: i32, strideHeight: i32, strideWidth: i32, dilationHeight: i32, dilationWidth: i32,
  padTop: i32, padLeft: i32,
): void {
  const pixel = <usize>4 * channels;
  const bundled = channels >= 4 ? pixel : 0;
  // The last four channels may overlap those before: lanes from here on are new.
  const fresh = i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat((4 - (channels & 3)) & 3));
  for (let n = 0; n < batch; n++)
    for (let oh = 0; oh < outHeight; oh++)
      for (let ow = 0; ow < outWidth; ow++, dy += pixel) {
        const top = oh * strideHeight - padTop;
        const left = ow * strideWidth - padLeft;
        const bottom = min(inHeight, top + (windowHeight - 1) * dilationHeight + 1);
        const right = min(inWidth, left + (windowWidth - 1) * dilationWidth + 1);
        const firstRow = top >= 0 ? top : top + (dilationHeight - 1 - top) / dilationHeight * dilationHeight;
        const firstColumn = left >= 0 ? left : left + (dilationWidth - 1 - left) / dilationWidth * dilationWidth;
        for (let first: usize = 0; first < bundled; first += 16) {
          const c = min(first, pixel - 16);
          let largest = f32x4.splat(-Infinity);
          let place = i32x4.splat(-1);
          for (let ih = firstRow; ih < bottom; ih += dilationHeight)
            for (let iw = firstColumn; iw < right; iw += dilationWidth) {
              const at = (n * inHeight + ih) * inWidth + iw;
              const value = v128.load(x + pixel * at + c);
              const greater = f32x4.gt(value, largest);
              largest = v128.bitselect(value, largest, greater);
              place = v128.bitselect(i32x4.splat(at), place, greater);
            }
          const gradient = first == c ? v128.load(dy + c) : v128.and(v128.load(dy + c), fresh);
          for (let ih = firstRow; ih < bottom; ih += dilationHeight)
            for (let iw = firstColumn; iw < right; iw += dilationWidth) {
              const at = (n * inHeight + ih) * inWidth + iw;
              const target = dx + pixel * at + c;
              const here = i32x4.eq(place, i32x4.splat(at));
              v128.store(target, f32x4.add(v128.load(target), v128.and(gradient, here)));
            }
        }
        for (let c = bundled; c < pixel; c += 4) {
          let largest = -<f32>Infinity;
          let target: usize = 0;
          for (let ih = firstRow; ih < bottom; ih += dilationHeight)
            for (let iw = firstColumn; iw < right; iw += dilationWidth) {
              const at = pixel * ((n * inHeight + ih) * inWidth + iw) + c;
              const value = load<f32>(x + at);
              if (value > largest) {
                largest = value;
                target = dx + at;
              }
            }
          if (target != 0) store<f32>(target, load<f32>(target) + load<f32>(dy + c));
        }
      }
}
