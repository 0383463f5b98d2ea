// Batch normalisation of maps in lanes, [block][pixel][channel][32 images]. Lanes without an image, behind the last one of the last block,
// take no part in statistics, get no gradient, and are 0: the statistics of the others would have them grow from layer to layer.

/** Bytes of the 32 lanes of one channel. */
const LANES: usize = 128;

/** Bytes of what {@link lanesNormalise} and its gradient know of a channel: mean, factor, offset, slope, errorTerm, productTerm. */
const CHANNEL: usize = 24;

/**
 * mean[c] and variance[c] over all pixels and images, in two passes, as sums in f64. Scratch: 8 bytes a channel, and 128.
 */
export function lanesMoments(
  x: usize, batch: i32, pixels: i32, channels: i32, mean: usize, variance: usize, scratch: usize,
): void {
  memory.fill(mean, 0, 4 * <usize>channels);
  averageDeviations(x, batch, pixels, channels, mean, mean, scratch, false);
  averageDeviations(x, batch, pixels, channels, mean, variance, scratch, true);
}

/** average[c] of x - mean[c], or of its square. */
// @ts-ignore: decorator
@inline
function averageDeviations(
  x: usize, batch: i32, pixels: i32, channels: i32, mean: usize, average: usize, scratch: usize, squared: bool,
): void {
  const sums = scratch + LANES;
  memory.fill(sums, 0, 8 * <usize>channels);
  let at = x;
  for (let first = 0; first < batch; first += 32) {
    markPresent(scratch, batch - first);
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let c = 0; c < channels; c++, at += LANES) {
        const centre = v128.load32_splat(mean + 4 * <usize>c);
        let sum = f32x4.splat(0);
        for (let lane: usize = 0; lane < LANES; lane += 16) {
          const deviation = v128.and(f32x4.sub(v128.load(at + lane), centre), v128.load(scratch + lane));
          sum = f32x4.add(sum, squared ? f32x4.mul(deviation, deviation) : deviation);
        }
        addTo(sums + 8 * <usize>c, sum);
      }
  }
  const count = <f64>batch * <f64>pixels;
  for (let c: usize = 0; c < <usize>channels; c++) store<f32>(average + 4 * c, <f32>(load<f64>(sums + 8 * c) / count));
}

/** Makes what the passes below know of each channel. `gamma` and `beta` may be 0 for none. */
export function lanesNormaliser(
  mean: usize, variance: usize, gamma: usize, beta: usize, epsilon: f32, channels: i32, normaliser: usize,
): void {
  for (let c: usize = 0; c < 4 * <usize>channels; c += 4, normaliser += CHANNEL) {
    const slope: f32 = 1 / Mathf.sqrt(load<f32>(variance + c) + epsilon);
    store<f32>(normaliser, load<f32>(mean + c));
    store<f32>(normaliser, gamma ? load<f32>(gamma + c) * slope : slope, 4);
    store<f32>(normaliser, beta ? load<f32>(beta + c) : 0, 8);
    store<f32>(normaliser, slope, 12);
    store<f32>(normaliser, 0, 16);
    store<f32>(normaliser, 0, 20);
  }
}

/** y = (x - mean) factor + offset, below 0 made 0 where `relu`, and 0 in lanes without an image. Scratch: 128 bytes. */
export function lanesNormalise(
  x: usize, y: usize, batch: i32, pixels: i32, channels: i32, normaliser: usize, relu: bool, scratch: usize,
): void {
  const zero = f32x4.splat(0);
  for (let first = 0; first < batch; first += 32) {
    markPresent(scratch, batch - first);
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let c = 0, channel = normaliser; c < channels; c++, channel += CHANNEL) {
        const mean = v128.load32_splat(channel);
        const factor = v128.load32_splat(channel, 4);
        const offset = v128.load32_splat(channel, 8);
        for (let lane: usize = 0; lane < LANES; lane += 16, x += 16, y += 16) {
          const value = f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), mean), factor), offset);
          v128.store(y, v128.and(relu ? f32x4.pmax(zero, value) : value, v128.load(scratch + lane)));
        }
      }
  }
}

/**
 * gradients[c] = sum of dy (x - mean) slope, that of gamma, and gradients[channels + c] = sum of dy, that of beta; dy counts where y is
 * above 0 if `relu`. Scratch: 16 bytes a channel.
 */
export function lanesNormaliseSums(
  x: usize, dy: usize, pixels: i32, channels: i32, normaliser: usize, relu: bool, gradients: usize, scratch: usize,
): void {
  memory.fill(scratch, 0, 16 * <usize>channels);
  for (; pixels > 0; pixels--)
    for (let c = 0, channel = normaliser; c < channels; c++, channel += CHANNEL) {
      const mean = v128.load32_splat(channel);
      const factor = v128.load32_splat(channel, 4);
      const offset = v128.load32_splat(channel, 8);
      let errors = f32x4.splat(0);
      let products = f32x4.splat(0);
      for (let lane: usize = 0; lane < LANES; lane += 16, x += 16, dy += 16) {
        const deviation = f32x4.sub(v128.load(x), mean);
        const error = errorAt(dy, deviation, factor, offset, relu);
        errors = f32x4.add(errors, error);
        products = f32x4.add(products, f32x4.mul(error, deviation));
      }
      addTo(scratch + 16 * <usize>c, products);
      addTo(scratch + 16 * <usize>c + 8, errors);
    }
  const ofBeta = gradients + 4 * <usize>channels;
  for (let c: usize = 0; c < <usize>channels; c++) {
    store<f32>(gradients + 4 * c, <f32>load<f64>(scratch + 16 * c) * load<f32>(normaliser + CHANNEL * c, 12));
    store<f32>(ofBeta + 4 * c, <f32>load<f64>(scratch + 16 * c, 8));
  }
}

/** Gives a normaliser the terms of the input gradient that go through the statistics of `count` values, from {@link lanesNormaliseSums}. */
export function lanesNormaliserTerms(normaliser: usize, channels: i32, gradients: usize, count: f32): void {
  const ofBeta = gradients + 4 * <usize>channels;
  for (let c: usize = 0; c < <usize>channels; c++, normaliser += CHANNEL) {
    store<f32>(normaliser, load<f32>(ofBeta + 4 * c) / count, 16);
    store<f32>(normaliser, load<f32>(gradients + 4 * c) * load<f32>(normaliser, 12) / count, 20);
  }
}

/** dx = factor (dy - errorTerm - (x - mean) productTerm), 0 in lanes without an image. Scratch: 128 bytes. */
export function lanesNormaliseGradient(
  x: usize, dy: usize, dx: usize, batch: i32, pixels: i32, channels: i32, normaliser: usize, relu: bool, scratch: usize,
): void {
  for (let first = 0; first < batch; first += 32) {
    markPresent(scratch, batch - first);
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let c = 0, channel = normaliser; c < channels; c++, channel += CHANNEL) {
        const mean = v128.load32_splat(channel);
        const factor = v128.load32_splat(channel, 4);
        const offset = v128.load32_splat(channel, 8);
        const errorTerm = v128.load32_splat(channel, 16);
        const productTerm = v128.load32_splat(channel, 20);
        for (let lane: usize = 0; lane < LANES; lane += 16, x += 16, dy += 16, dx += 16) {
          const deviation = f32x4.sub(v128.load(x), mean);
          const error = f32x4.sub(errorAt(dy, deviation, factor, offset, relu), errorTerm);
          const gradient = f32x4.mul(factor, f32x4.sub(error, f32x4.mul(deviation, productTerm)));
          v128.store(dx, v128.and(gradient, v128.load(scratch + lane)));
        }
      }
  }
}

/** dy, or 0 where relu made the output 0. */
// @ts-ignore: decorator
@inline
function errorAt(dy: usize, deviation: v128, factor: v128, offset: v128, relu: bool): v128 {
  const error = v128.load(dy);
  if (!relu) return error;
  return v128.and(error, f32x4.gt(f32x4.add(f32x4.mul(deviation, factor), offset), f32x4.splat(0)));
}

/** All bits of the first `present` of 32 words. */
function markPresent(words: usize, present: i32): void {
  for (let lane = 0; lane < 32; lane++) store<i32>(words + 4 * lane, lane < present ? -1 : 0);
}

// @ts-ignore: decorator
@inline
function addTo(sum: usize, v: v128): void {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  store<f64>(sum, load<f64>(sum) + <f64>(f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1)));
}
