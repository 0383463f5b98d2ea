import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestKernelBuild, instantiateLaneKernels } from '../../src/kernels/index.js';
import { createRng } from '../../src/rng.js';
import { createArena, relativeError } from './arena.js';

const maps = fc.record({
  batch: fc.integer({ min: 1, max: 70 }),
  pixels: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(1000),
});
type Maps = typeof maps extends fc.Arbitrary<infer T> ? T : never;

const random = (length: number, seed: string): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => 2 * rng.normal() + 1);
};

/** A memory with maps of images [batch][pixel][channel] in lanes; those of images that are not there hold 1000. */
function setUp({ batch, pixels, channels }: Maps) {
  const arena = createArena(bestKernelBuild());
  const kernels = instantiateLaneKernels(arena.memory);
  const features = pixels * channels;
  const blocks = Math.ceil(batch / 32);
  const at = (image: number, feature: number) => ((image >> 5) * features + feature) * 32 + (image & 31);
  return {
    arena,
    kernels,
    /** @param absent what stands in lanes without an image. */
    lanes(images: Float32Array, absent: number): number {
      const all = new Float32Array(blocks * features * 32).fill(absent);
      images.forEach((value, i) => {
        all[at(Math.floor(i / features), i % features)] = value;
      });
      return arena.put(all);
    },
    images(pointer: number): Float32Array {
      const all = arena.read(pointer, blocks * features * 32);
      return Float32Array.from({ length: batch * features }, (_, i) => all[at(Math.floor(i / features), i % features)] as number);
    },
    /** The values of lanes without an image. */
    absent(pointer: number): number[] {
      const there = new Set(Array.from({ length: batch * features }, (_, i) => at(Math.floor(i / features), i % features)));
      return Array.from(arena.read(pointer, blocks * features * 32)).filter((_, i) => !there.has(i));
    },
  };
}

/** Batch normalisation in float64, as the sums of its definition say, and its gradients by the chain rule. */
function reference(
  x: Float32Array,
  dy: Float32Array,
  { batch, pixels, channels }: Maps,
  gamma: Float32Array,
  beta: Float32Array,
) {
  const epsilon = 0.01;
  const count = batch * pixels;
  const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
  x.forEach((value, i) => {
    mean[i % channels] += value / count;
  });
  x.forEach((value, i) => {
    variance[i % channels] += (value - mean[i % channels]) ** 2 / count;
  });
  const slope = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const normal = Float64Array.from(x, (value, i) => (value - mean[i % channels]) * slope[i % channels]);
  const before = normal.map((value, i) => value * gamma[i % channels] + beta[i % channels]);
  const error = Float64Array.from(dy, (value, i) => (before[i] > 0 ? value : 0));
  const [dGamma, dBeta] = [new Float64Array(channels), new Float64Array(channels)];
  error.forEach((e, i) => {
    dGamma[i % channels] += e * normal[i];
    dBeta[i % channels] += e;
  });
  const dx = error.map((e, i) => {
    const c = i % channels;
    return gamma[c] * slope[c] * (e - dBeta[c] / count - (normal[i] * dGamma[c]) / count);
  });
  return { epsilon, mean, variance, y: before.map((value) => Math.max(0, value)), gradients: [...dGamma, ...dBeta], dx };
}

describe('the kernels on maps in lanes', () => {
  it('normalise batches, and leave out images that are not there', () => {
    fc.assert(
      fc.property(maps, (c) => {
        const { batch, pixels, channels, seed } = c;
        const { arena, kernels, lanes, images, absent } = setUp(c);
        const size = batch * pixels * channels;
        const [x, dy] = [random(size, `${seed}/x`), random(size, `${seed}/dy`)];
        const [gamma, beta] = [random(channels, `${seed}/gamma`), random(channels, `${seed}/beta`)];
        const expected = reference(x, dy, c, gamma, beta);
        const inLanes = lanes(x, 1000);
        const dyInLanes = lanes(dy, 0);
        const [mean, variance, scratch] = [4 * channels, 4 * channels, 40 * channels + 128].map(arena.room) as [
          number,
          number,
          number,
        ];
        kernels.moments(inLanes, c, mean, variance, scratch);
        expect(relativeError(arena.read(mean, channels), expected.mean)).toBeLessThan(1e-5);
        expect(relativeError(arena.read(variance, channels), expected.variance)).toBeLessThan(1e-5);
        const parameters = { mean, variance, gamma: arena.put(gamma), beta: arena.put(beta), epsilon: expected.epsilon };
        const y = lanes(x, Number.NaN);
        kernels.normalise(inLanes, y, c, parameters, true, scratch);
        expect(relativeError(images(y), expected.y)).toBeLessThan(1e-4);
        expect(absent(y).every((value) => value === 0)).toBe(true);
        const gradients = arena.room(8 * channels);
        kernels.normaliseSums(inLanes, dyInLanes, gradients, c, parameters, true, scratch);
        expect(relativeError(arena.read(gradients, 2 * channels), expected.gradients)).toBeLessThan(1e-4);
        const dx = lanes(x, Number.NaN);
        kernels.normaliseGradient(inLanes, dyInLanes, gradients, dx, c, parameters, true, scratch);
        expect(relativeError(images(dx), expected.dx)).toBeLessThan(1e-3);
        expect(absent(dx).every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 60, seed: 62 },
    );
  });

  it('normalise two images to -1 and 1, scaled and shifted', () => {
    const c = { batch: 2, pixels: 1, channels: 1, seed: 0 };
    const { arena, kernels, lanes, images } = setUp(c);
    const x = lanes(Float32Array.of(3, 7), 0);
    const [mean, variance, scratch] = [4, 4, 200].map(arena.room) as [number, number, number];
    kernels.moments(x, c, mean, variance, scratch);
    expect([...arena.read(mean, 1), ...arena.read(variance, 1)]).toEqual([5, 4]);
    const y = lanes(Float32Array.of(0, 0), 0);
    kernels.normalise(x, y, c, { mean, variance, gamma: arena.put([10]), beta: 0, epsilon: 0 }, false, scratch);
    expect([...images(y)]).toEqual([-10, 10]);
  });

  it('average windows without their padding, and spread the gradient over all of them', () => {
    const c = { batch: 1, pixels: 4, channels: 1, seed: 0 };
    const { arena, kernels, lanes, images } = setUp(c);
    const g = {
      ...{ batch: 0, inHeight: 2, inWidth: 2, inChannels: 1, outHeight: 2, outWidth: 2, outChannels: 1 },
      ...{ kernelHeight: 2, kernelWidth: 2, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
      ...{ padTop: 0, padLeft: 0 },
    };
    const y = arena.room(4 * 128);
    kernels.averagePool(lanes(Float32Array.of(1, 2, 3, 4), 0), y, 1, g);
    expect([...images(y)]).toEqual([2.5, 3, 3.5, 4]);
    const dx = arena.room(4 * 128);
    kernels.averagePoolGradient(lanes(Float32Array.of(4, 8, 12, 16), 0), dx, 1, g);
    expect([...images(dx)]).toEqual([1, 3, 4, 10]);
  });

  it('give the gradient of a global maximum to all that equal it', () => {
    const c = { batch: 1, pixels: 3, channels: 1, seed: 0 };
    const { arena, kernels, lanes, images } = setUp(c);
    const dx = arena.room(3 * 128);
    const x = lanes(Float32Array.of(5, 1, 5), 0);
    kernels.globalMaxGradient(x, lanes(Float32Array.of(5, 0, 0), 0), lanes(Float32Array.of(7, 0, 0), 0), dx, 1, 3, 1);
    expect([...images(dx)]).toEqual([7, 0, 7]);
  });

  it('add maps, and cut the sum off at 0', () => {
    const c = { batch: 1, pixels: 2, channels: 1, seed: 0 };
    const { arena, kernels, lanes, images } = setUp(c);
    const [a, b, sum] = [lanes(Float32Array.of(1, 2), 0), lanes(Float32Array.of(3, -4), 0), arena.room(256)];
    kernels.add(a, b, sum, 64, false);
    expect([...images(sum)]).toEqual([4, -2]);
    kernels.add(a, b, sum, 64, true);
    expect([...images(sum)]).toEqual([4, 0]);
  });

  it('take the error through relu and pooling side by side as they do one after the other', () => {
    const windows = fc.record({
      ...{
        batch: fc.integer({ min: 1, max: 40 }),
        height: fc.integer({ min: 1, max: 7 }),
        width: fc.integer({ min: 1, max: 7 }),
      },
      ...{ channels: fc.integer({ min: 1, max: 3 }), windowHeight: fc.integer({ min: 1, max: 3 }) },
      ...{ windowWidth: fc.integer({ min: 1, max: 3 }), same: fc.boolean(), seed: fc.nat(100) },
    });
    fc.assert(
      fc.property(windows, ({ batch, height, width, channels, windowHeight, windowWidth, same, seed }) => {
        const round = same ? Math.ceil : Math.floor;
        const [outHeight, outWidth] = [round(height / windowHeight), round(width / windowWidth)];
        const g = {
          ...{ batch: 0, inHeight: height, inWidth: width, inChannels: channels, outHeight, outWidth, outChannels: channels },
          ...{ kernelHeight: windowHeight, kernelWidth: windowWidth, strideHeight: windowHeight, strideWidth: windowWidth },
          ...{ dilationHeight: 1, dilationWidth: 1, padTop: 0, padLeft: 0 },
        };
        const c = { batch, pixels: height * width, channels, seed };
        const { arena, kernels, lanes } = setUp(c);
        const blocks = Math.ceil(batch / 32);
        const mapBytes = (rows: number, columns: number) => blocks * rows * columns * channels * 128;
        // Many ties, and zeros.
        const y = lanes(
          random(batch * height * width * channels, `${seed}/y`).map((value) => Math.max(0, Math.round(2 * value))),
          0,
        );
        const dyValues = random(mapBytes(outHeight, outWidth) / 4, `${seed}/dy`);
        const [pooled, dx] = [arena.room(mapBytes(outHeight, outWidth)), arena.room(mapBytes(height, width))];
        const dy = arena.put(dyValues);
        const frame = { top: 1, bottom: 2, left: 2, right: 1 };
        const framedBytes = mapBytes(height + 3, width + 3);
        const [out, expected] = [arena.room(framedBytes), arena.room(framedBytes)];
        const [sums, expectedSums, scratch] = [arena.room(4 * channels), arena.room(4 * channels), arena.room(16 * channels)];
        const shape = [blocks, height, width, channels];
        kernels.maxPool(y, pooled, blocks, g);
        kernels.maxPoolGradient(y, pooled, dy, dx, blocks, g);
        kernels.reluError(y, dx, expected, expectedSums, scratch, shape, frame);
        kernels.pooledError(y, pooled, dy, out, sums, scratch, shape, frame, g);
        expect(arena.read(out, framedBytes / 4)).toEqual(arena.read(expected, framedBytes / 4));
        expect(relativeError(arena.read(sums, channels), arena.read(expectedSums, channels))).toBeLessThan(1e-5);
      }),
      { numRuns: 60, seed: 64 },
    );
  });
});
