import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConvGeometry, instantiateLaneKernels, type KernelBuild } from '../../src/kernels/index.js';
import { mapsOf } from '../../src/kernels/lane-maps.js';
import { inQuads } from '../../src/kernels/list-quads.js';
import {
  backwardFrame,
  backwardProducts,
  type Frame,
  forwardFrame,
  forwardProduct,
  type LaneProduct,
  laneBytes,
} from '../../src/kernels/offset-lists.js';
import { createRng } from '../../src/rng.js';
import { kernelBuilds } from '../support/kernel-builds.js';
import { createArena, relativeError } from './arena.js';
import { conv2dFilterGradientReference, conv2dForwardReference, conv2dInputGradientReference } from './support/reference.js';

const size = (max: number) => fc.integer({ min: 1, max });
const cases = fc
  .record({
    batch: size(70),
    inHeight: size(7),
    inWidth: size(8),
    inChannels: size(5),
    outChannels: size(6),
    kernelHeight: size(4),
    kernelWidth: size(4),
    strideHeight: size(3),
    strideWidth: size(3),
    padTop: fc.integer({ min: 0, max: 3 }),
    padLeft: fc.integer({ min: 0, max: 3 }),
    padBottom: fc.integer({ min: 0, max: 3 }),
    padRight: fc.integer({ min: 0, max: 3 }),
    sparsity: fc.constantFrom(0, 0.5, 0.9, 1),
    shared: fc.boolean(),
    seed: fc.nat(1000),
  })
  .map(({ padBottom, padRight, sparsity, shared, seed, ...wide }) => {
    // A pattern that four outputs share.
    const window = shared ? { ...wide, outChannels: 4 * Math.ceil(wide.outChannels / 2) } : wide;
    const out = (inSize: number, pads: number, kernel: number, stride: number) =>
      Math.floor((inSize + pads - kernel) / stride) + 1;
    const outHeight = out(window.inHeight, window.padTop + padBottom, window.kernelHeight, window.strideHeight);
    const outWidth = out(window.inWidth, window.padLeft + padRight, window.kernelWidth, window.strideWidth);
    const g: ConvGeometry = { ...window, outHeight, outWidth, dilationHeight: 1, dilationWidth: 1 };
    return { g, sparsity, shared, seed };
  })
  .filter(({ g }) => g.outHeight >= 1 && g.outWidth >= 1);

const random = (length: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
};

/** A convolution with random operands and a random mask, on a memory of its own. */
interface Case {
  readonly g: ConvGeometry;
  readonly sparsity: number;
  readonly shared: boolean;
  readonly seed: number;
}

function setUp(build: KernelBuild, { g, sparsity, shared, seed }: Case) {
  const arena = createArena(build);
  const kernels = instantiateLaneKernels(arena.memory, build);
  const rng = createRng(`${seed}/mask`);
  const weights = random(g.kernelHeight * g.kernelWidth * g.inChannels * g.outChannels, seed);
  const single = Uint8Array.from(weights, () => (rng.uniform() < sparsity ? 0 : 1));
  const mask = single.map((kept, i) => (shared ? (single[i & ~3] as number) : kept));
  const x = random(g.batch * g.inHeight * g.inWidth * g.inChannels, seed + 1);
  const dy = random(g.batch * g.outHeight * g.outWidth * g.outChannels, seed + 2);
  const blocks = Math.ceil(g.batch / 32);

  /** Images as lanes in a frame; `last` in memory if asked, where nothing behind it can be read. */
  const framed = (
    images: Float32Array,
    height: number,
    width: number,
    channels: number,
    { top, left, bottom, right }: Frame,
    last = true,
  ) => {
    const pixel = channels * laneBytes;
    const [framedHeight, framedWidth] = [top + height + bottom, left + width + right];
    const lanes = arena.room(blocks * height * width * pixel);
    const bytes = blocks * framedHeight * framedWidth * pixel;
    const pointer = last ? arena.memory.buffer.byteLength - bytes : arena.room(bytes);
    kernels.toLanes(arena.put(images), g.batch, height * width * channels, lanes);
    kernels.pad(lanes, pointer, blocks, height, width * pixel, top, bottom, left * pixel, right * pixel);
    return { pointer, height: framedHeight, width: framedWidth, channels };
  };
  /** Up to four segments. */
  const segments = (channels: number) => Math.min(channels, 1 + (seed % 4));
  const inMemory = ({ list }: LaneProduct, rows: number) => {
    const quads = inQuads(list, rows);
    const { rowStart, offsets, order } = quads ?? list;
    return {
      order,
      pointers: {
        ...{ rowStart: arena.putWords(rowStart), offsets: arena.putWords(offsets) },
        ...{ rows, segments: (list.rowStart.length - 1) / rows, quads: quads !== undefined },
      },
      values: arena.put(Float32Array.from(order, (index) => weights[index] as number)),
    };
  };
  const images = (lanes: number, features: number) => {
    const pointer = arena.room(4 * g.batch * features);
    kernels.fromLanes({ pointer: lanes, block: features * laneBytes, row: 0 }, g.batch, 1, features, pointer);
    return arena.read(pointer, g.batch * features);
  };
  const map = (height: number, width: number, channels: number) => ({
    pointer: arena.put(new Float32Array(blocks * height * width * channels * 32).fill(Number.NaN)),
    height,
    width,
    channels,
  });
  const masked = weights.map((weight, i) => weight * (mask[i] as number));
  return { arena, kernels, mask, masked, x, dy, blocks, framed, segments, inMemory, images, map };
}

describe.each(kernelBuilds)('the products on lanes, %s SIMD', (build) => {
  it('make the forward pass, with bias and relu', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), (c, relu) => {
        const { g } = c;
        const { arena, kernels, mask, masked, x, blocks, framed, segments, inMemory, images, map } = setUp(build, c);
        const product = forwardProduct(g, mask, segments(g.inChannels));
        const { pointers, values } = inMemory(product, g.outChannels);
        const bias = random(g.outChannels, c.seed + 3);
        const y = map(g.outHeight, g.outWidth, g.outChannels);
        const maps = mapsOf(product, blocks, framed(x, g.inHeight, g.inWidth, g.inChannels, forwardFrame(g)), y);
        kernels.product(pointers, values, arena.put(bias), relu, maps.framed, maps.other, maps.counts);
        const expected = conv2dForwardReference(x, masked, g).map((value, i) => {
          const sum = value + (bias[i % g.outChannels] as number);
          return relu ? Math.max(0, sum) : sum;
        });
        expect(relativeError(images(y.pointer, g.outHeight * g.outWidth * g.outChannels), expected)).toBeLessThan(2e-6);
      }),
      { numRuns: 150, seed: 61 },
    );
  });

  it('multiply by the list at address 0, too', () => {
    const arena = createArena(build);
    const kernels = instantiateLaneKernels(arena.memory, build);
    new Float32Array(arena.memory.buffer, 0, 5).set([5, 1, 2, 3, 4]);
    const rowStart = arena.putWords(Uint32Array.of(0, 1, 5));
    const offsets = arena.putWords(Uint32Array.of(0, 0, 128, 256, 384));
    const x = arena.put(Float32Array.from({ length: 4 * 32 }, (_, i) => 10 ** Math.floor(i / 32)));
    const y = arena.zeros(2 * 32);
    const list = { ...{ rowStart, offsets }, rows: 2, segments: 1, quads: false };
    const map = (pointer: number) => ({ pointer, block: 0, row: 0, pixel: 0 });
    kernels.product(list, 0, 0, false, map(x), map(y), [1, 1, 1]);
    expect([...arena.read(y, 64)]).toEqual(Array.from({ length: 64 }, (_, i) => (i < 32 ? 5 : 4321)));
  });

  it('are nothing where there are no pixels', () => {
    for (const quads of [false, true]) {
      const arena = createArena(build);
      const kernels = instantiateLaneKernels(arena.memory, build);
      const [rowStart, offsets] = [Uint32Array.of(0, 1, 1, 1, 1), Uint32Array.of(128)].map((words) => arena.putWords(words));
      const list = { rowStart, offsets, rows: 4, segments: 1, quads } as const;
      const [values, x, y, gradient, partials] = [4, 64, 128, 4, 16].map((length) => arena.room(4 * length));
      const map = (pointer: number) => ({ pointer, block: 0, row: 0, pixel: 0 });
      kernels.product(list, values, 0, false, map(x), map(y), [1, 1, 0]);
      expect(arena.read(y, 128).every(Number.isNaN)).toBe(true);
      kernels.weightGradient(list, gradient, partials, map(x), map(y), [1, 1, 0]);
      expect(arena.read(gradient, quads ? 4 : 1).every((value) => value === 0)).toBe(true);
    }
  });

  it('make the input gradient, phase by phase of the stride', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { g } = c;
        const { kernels, mask, masked, dy, blocks, framed, segments, inMemory, images, map } = setUp(build, c);
        const dx = map(g.inHeight, g.inWidth, g.inChannels);
        const source = framed(dy, g.outHeight, g.outWidth, g.outChannels, backwardFrame(g));
        for (const product of backwardProducts(g, mask, segments(g.outChannels))) {
          const { pointers, values } = inMemory(product, g.inChannels);
          const maps = mapsOf(product, blocks, source, dx);
          kernels.product(pointers, values, 0, false, maps.framed, maps.other, maps.counts);
        }
        const expected = conv2dInputGradientReference(dy, masked, g);
        expect(relativeError(images(dx.pointer, g.inHeight * g.inWidth * g.inChannels), expected)).toBeLessThan(2e-6);
      }),
      { numRuns: 150, seed: 62 },
    );
  });

  it('make the weight gradient at the non-zeros only', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const { g } = c;
        const { arena, kernels, mask, x, dy, blocks, framed, segments, inMemory } = setUp(build, c);
        const product = forwardProduct(g, mask, segments(g.inChannels));
        const { order, pointers } = inMemory(product, g.outChannels);
        const [gradient, partials] = [arena.room(4 * order.length), arena.room(16 * order.length)];
        const error = framed(dy, g.outHeight, g.outWidth, g.outChannels, { top: 0, left: 0, bottom: 0, right: 0 }, false);
        const maps = mapsOf(product, blocks, framed(x, g.inHeight, g.inWidth, g.inChannels, forwardFrame(g)), error);
        kernels.weightGradient(pointers, gradient, partials, maps.framed, maps.other, maps.counts);
        const all = conv2dFilterGradientReference(x, dy, g);
        const expected = Float32Array.from(order, (index) => all[index] as number);
        expect(relativeError(arena.read(gradient, order.length), expected)).toBeLessThan(5e-6);
      }),
      { numRuns: 150, seed: 63 },
    );
  });
});
