import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConvGeometry, gemmScratchBytes, instantiateKernels, type KernelBuild } from '../../src/kernels/index.js';
import { createRng } from '../../src/rng.js';
import { kernelBuilds } from '../support/kernel-builds.js';
import { createArena, relativeError } from './arena.js';
import {
  combineReference,
  conv2dFilterGradientReference,
  conv2dForwardReference,
  conv2dInputGradientReference,
  depthwiseFilterGradientReference,
  depthwiseInputGradientReference,
  gemmReference,
  maxPoolGradientReference,
  normaliseRowsReference,
  normaliseSumsReference,
  segmentSumReference,
  sumRowsReference,
} from './support/reference.js';

/** Float32 sums of at most a few hundred products against float64. */
const tolerance = 2e-6;

const random = (length: number, seed: number): Float32Array => {
  const rng = createRng(seed);
  return Float32Array.from({ length }, () => 2 * rng.uniform() - 1);
};

const size = (max: number) => fc.integer({ min: 1, max });
const windowed = fc.record({
  batch: size(6),
  inHeight: size(9),
  inWidth: size(11),
  inChannels: size(10),
  outChannels: size(18),
  kernelHeight: size(4),
  kernelWidth: size(4),
  strideHeight: size(3),
  strideWidth: size(3),
  padTop: fc.integer({ min: 0, max: 3 }),
  padBottom: fc.integer({ min: 0, max: 3 }),
  padLeft: fc.integer({ min: 0, max: 3 }),
  padRight: fc.integer({ min: 0, max: 3 }),
});

/** Output sizes as any framework computes them; undefined when the kernel does not fit. */
function geometry(
  w: {
    [K in Exclude<keyof ConvGeometry, 'outHeight' | 'outWidth' | 'dilationHeight' | 'dilationWidth'>]: number;
  } & { padBottom: number; padRight: number; dilation?: number },
): ConvGeometry | undefined {
  const { padBottom, padRight, dilation = 1, ...rest } = w;
  const out = (size: number, pads: number, kernel: number, stride: number) =>
    Math.floor((size + pads - (kernel - 1) * dilation - 1) / stride) + 1;
  const outHeight = out(w.inHeight, w.padTop + padBottom, w.kernelHeight, w.strideHeight);
  const outWidth = out(w.inWidth, w.padLeft + padRight, w.kernelWidth, w.strideWidth);
  if (outHeight < 1 || outWidth < 1) return undefined;
  return { ...rest, outHeight, outWidth, dilationHeight: dilation, dilationWidth: dilation };
}

const inputSize = (g: ConvGeometry) => g.batch * g.inHeight * g.inWidth * g.inChannels;
const outputSize = (g: ConvGeometry) => g.batch * g.outHeight * g.outWidth * g.outChannels;
const taps = (g: ConvGeometry) => g.kernelHeight * g.kernelWidth;

function filterGradient(build: KernelBuild, g: ConvGeometry, x: Float32Array, dy: Float32Array): Float32Array {
  const { kernels, put, read, room, zeros } = createArena(build);
  const dw = zeros(taps(g) * g.inChannels * g.outChannels);
  kernels.conv2dFilterGradient(put(x), put(dy), dw, room(kernels.conv2dFilterGradientScratch(g)), g);
  return read(dw, taps(g) * g.inChannels * g.outChannels);
}

function inputGradient(build: KernelBuild, g: ConvGeometry, dy: Float32Array, w: Float32Array): Float32Array {
  const { kernels, put, read, room, zeros } = createArena(build);
  const dx = zeros(inputSize(g));
  kernels.conv2dInputGradient(put(dy), put(w), dx, room(kernels.conv2dInputGradientScratch(g)), g);
  return read(dx, inputSize(g));
}

describe.each(kernelBuilds)('training kernels, %s SIMD', (build) => {
  it('gemm multiplies any shape, stored either way, within rows of any stride', () => {
    fc.assert(
      fc.property(size(20), size(30), size(600), fc.boolean(), fc.boolean(), fc.nat(3), (m, n, k, aT, bT, gap) => {
        const { kernels, put, read, room, zeros } = createArena(build);
        const a = random(m * k, 1);
        const b = random(n * k, 2);
        const c = zeros(m * (n + gap));
        const [aRow, aColumn] = aT ? [4, 4 * m] : [4 * k, 4];
        kernels.gemm(m, n, k, put(a), aRow, aColumn, put(b), 4 * (bT ? k : n), bT, c, 4 * (n + gap), room(gemmScratchBytes));
        const got = read(c, m * (n + gap));
        const expected = gemmReference(a, b, m, n, k, aT, bT);
        for (let i = 0; i < m; i++) {
          expect(relativeError(got.subarray(i * (n + gap), i * (n + gap) + n), expected.subarray(i * n, i * n + n))).toBeLessThan(
            2e-5,
          );
          for (let j = n; j < n + gap; j++) expect(got[i * (n + gap) + j]).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gemm adds to what C holds', () => {
    const { kernels, put, read, room } = createArena(build);
    const c = put([10, 20]);
    kernels.gemm(1, 2, 2, put([1, 2]), 8, 4, put([3, 4, 5, 6]), 8, false, c, 8, room(gemmScratchBytes));
    expect(Array.from(read(c, 2))).toEqual([10 + 1 * 3 + 2 * 5, 20 + 1 * 4 + 2 * 6]);
  });

  it('a convolution equals the loop nest for all strides and paddings', () => {
    fc.assert(
      fc.property(windowed, (w) => {
        const g = geometry(w);
        fc.pre(g !== undefined);
        const { kernels, put, read, room, zeros } = createArena(build);
        const x = random(inputSize(g), 1);
        const kernel = random(taps(g) * g.inChannels * g.outChannels, 2);
        const y = zeros(outputSize(g));
        kernels.conv2dForward(put(x), put(kernel), y, room(kernels.conv2dForwardScratch(g)), g);
        expect(relativeError(read(y, outputSize(g)), conv2dForwardReference(x, kernel, g))).toBeLessThan(tolerance);
      }),
      { numRuns: 200 },
    );
  });

  it('the filter gradient of a convolution equals the loop nest for all strides and paddings', () => {
    fc.assert(
      fc.property(windowed, (w) => {
        const g = geometry(w);
        fc.pre(g !== undefined);
        const x = random(inputSize(g), 3);
        const dy = random(outputSize(g), 4);
        expect(relativeError(filterGradient(build, g, x, dy), conv2dFilterGradientReference(x, dy, g))).toBeLessThan(tolerance);
      }),
      { numRuns: 200 },
    );
  });

  it('the input gradient of a convolution equals the loop nest for all strides and paddings', () => {
    fc.assert(
      fc.property(windowed, (w) => {
        const g = geometry(w);
        fc.pre(g !== undefined);
        const dy = random(outputSize(g), 5);
        const kernel = random(taps(g) * g.inChannels * g.outChannels, 6);
        expect(relativeError(inputGradient(build, g, dy, kernel), conv2dInputGradientReference(dy, kernel, g))).toBeLessThan(
          tolerance,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('convolutions of nothing, and to nothing, add nothing', () => {
    const full = {
      ...{ batch: 4, inHeight: 5, inWidth: 5, inChannels: 3, outHeight: 5, outWidth: 5, outChannels: 6 },
      ...{ kernelHeight: 3, kernelWidth: 3, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
      ...{ padTop: 1, padLeft: 1 },
    };
    for (const none of [{ batch: 0 }, { inChannels: 0 }, { outChannels: 0 }, { inWidth: 0, outWidth: 0 }, { outHeight: 0 }]) {
      const g = { ...full, ...none };
      const { kernels, put, read, room } = createArena(build);
      const all = put(random(1000, 5));
      const before = read(all, 1000);
      kernels.conv2dForward(all, all, all, room(kernels.conv2dForwardScratch(g)), g);
      kernels.conv2dFilterGradient(all, all, all, room(kernels.conv2dFilterGradientScratch(g)), g);
      kernels.conv2dInputGradient(all, all, all, room(kernels.conv2dInputGradientScratch(g)), g);
      expect(read(all, 1000)).toEqual(before);
    }
  });

  it('blocks of rows give the whole filter gradient', () => {
    const g: ConvGeometry = {
      ...{ batch: 2, inHeight: 40, inWidth: 40, inChannels: 24, outHeight: 40, outWidth: 40, outChannels: 10 },
      ...{
        kernelHeight: 3,
        kernelWidth: 3,
        strideHeight: 1,
        strideWidth: 1,
        dilationHeight: 1,
        dilationWidth: 1,
        padTop: 1,
        padLeft: 1,
      },
    };
    const x = random(inputSize(g), 7);
    const dy = random(outputSize(g), 8);
    expect(relativeError(filterGradient(build, g, x, dy), conv2dFilterGradientReference(x, dy, g))).toBeLessThan(2e-5);
  });

  it('a NaN or an infinity reaches exactly the gradients it belongs to', () => {
    fc.assert(
      fc.property(
        windowed,
        fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
        fc.nat(),
        fc.nat(),
        (w, poison, at, zeroAt) => {
          const g = geometry(w);
          fc.pre(g !== undefined);
          const x = random(inputSize(g), 9);
          const dy = random(outputSize(g), 10);
          const kernel = random(taps(g) * g.inChannels * g.outChannels, 11);
          dy[at % dy.length] = poison;
          x[zeroAt % x.length] = 0;
          kernel[zeroAt % kernel.length] = 0;
          expect(relativeError(filterGradient(build, g, x, dy), conv2dFilterGradientReference(x, dy, g))).toBeLessThan(tolerance);
          expect(relativeError(inputGradient(build, g, dy, kernel), conv2dInputGradientReference(dy, kernel, g))).toBeLessThan(
            tolerance,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('depthwise gradients equal the loop nest for all strides, paddings and dilations', () => {
    fc.assert(
      fc.property(windowed, size(3), (w, dilation) => {
        const g = geometry({ ...w, dilation, inChannels: w.outChannels });
        fc.pre(g !== undefined);
        const { kernels, put, read, zeros } = createArena(build);
        const x = random(inputSize(g), 12);
        const dy = random(outputSize(g), 13);
        const kernel = random(taps(g) * g.outChannels, 14);
        const dw = zeros(kernel.length);
        const dx = zeros(x.length);
        kernels.depthwiseFilterGradient(put(x), put(dy), dw, g);
        kernels.depthwiseInputGradient(put(dy), put(kernel), dx, g);
        expect(relativeError(read(dw, kernel.length), depthwiseFilterGradientReference(x, dy, g))).toBeLessThan(tolerance);
        expect(relativeError(read(dx, x.length), depthwiseInputGradientReference(dy, kernel, g))).toBeLessThan(tolerance);
      }),
      { numRuns: 150 },
    );
  });

  it('the max-pooling gradient goes to the first largest element, for all windows, with ties and NaN', () => {
    fc.assert(
      fc.property(windowed, size(2), (w, dilation) => {
        const g = geometry({ ...w, dilation, inChannels: w.outChannels });
        fc.pre(g !== undefined);
        const { kernels, put, read, zeros } = createArena(build);
        const x = random(inputSize(g), 17).map((v) =>
          v > 0.95 ? Number.NaN : v < -0.9 ? Number.NEGATIVE_INFINITY : Math.round(3 * v),
        );
        const dy = random(outputSize(g), 18);
        const dx = zeros(x.length);
        kernels.maxPoolGradient(put(x), put(dy), dx, g);
        expect(relativeError(read(dx, x.length), maxPoolGradientReference(x, dy, g))).toBeLessThan(tolerance);
      }),
      { numRuns: 150 },
    );
  });

  it('sums rows', () => {
    fc.assert(
      fc.property(size(300), size(40), (rows, width) => {
        const { kernels, put, read, zeros } = createArena(build);
        const x = random(rows * width, 15);
        const out = zeros(width);
        kernels.sumRows(put(x), rows, width, out);
        expect(relativeError(read(out, width), sumRowsReference(x, width))).toBeLessThan(1e-5);
      }),
      { numRuns: 60 },
    );
  });

  it('combines rows of any operands, whether they step along rows and columns or stand still', () => {
    const steps = (columns: number) => fc.constantFrom([columns, 1], [0, 1], [1, 0], [0, 0]);
    const cases = size(12).chain((columns) => fc.tuple(size(9), fc.constant(columns), steps(columns), steps(columns)));
    const operations = ['add', 'subtract', 'multiply', 'divide', 'multiplyStep'] as const;
    fc.assert(
      fc.property(cases, ([rows, columns, aSteps, bSteps]) => {
        fc.pre(columns === 1 || aSteps[1] + bSteps[1] > 0);
        const [a, b] = [random(rows * columns, 19), random(rows * columns, 20)];
        b[columns - 1] = Number.NaN;
        const { kernels, put, read, room } = createArena(build);
        const [x, y] = [
          { at: put(a), rowBytes: 4 * aSteps[0], still: aSteps[1] === 0 },
          { at: put(b), rowBytes: 4 * bSteps[0], still: bSteps[1] === 0 },
        ];
        for (const operation of operations) {
          const out = room(4 * rows * columns);
          kernels.combine(operation, x, y, out, rows, columns);
          const expected = combineReference(operation, [a, b], [aSteps, bSteps] as [number, number][], rows, columns);
          expect(read(out, rows * columns + 1)).toEqual(Float32Array.of(...expected, Number.NaN));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('combines by hand: two rows less a value for each row', () => {
    const { kernels, put, read, room } = createArena(build);
    const out = room(24);
    const [a, b] = [
      { at: put([1, 2, 3, 4, 5, 6]), rowBytes: 12, still: false },
      { at: put([1, 10]), rowBytes: 4, still: true },
    ];
    kernels.combine('subtract', a, b, out, 2, 3);
    expect(Array.from(read(out, 6))).toEqual([0, 1, 2, -6, -5, -4]);
  });

  it('normalises rows', () => {
    fc.assert(
      fc.property(size(9), size(12), (rows, width) => {
        const { kernels, put, read, room } = createArena(build);
        const x = random(rows * width, 21);
        const [mean, factor, offset] = [22, 23, 24].map((seed) => random(width, seed));
        const y = room(4 * x.length);
        kernels.normaliseRows(put(x), put(mean), put(factor), put(offset), rows, width, y);
        expect(relativeError(read(y, x.length), normaliseRowsReference(x, mean, factor, offset))).toBeLessThan(tolerance);
      }),
      { numRuns: 60 },
    );
  });

  it('sums what the gradients of a normalisation are made of', () => {
    fc.assert(
      fc.property(size(150), size(9), (rows, width) => {
        const { kernels, put, read, zeros } = createArena(build);
        const [x, dy, mean] = [rows * width, rows * width, width].map((length, i) => random(length, 25 + i));
        const sums = zeros(2 * width);
        kernels.normaliseSums(put(x), put(dy), put(mean), rows, width, sums);
        expect(relativeError(read(sums, 2 * width), normaliseSumsReference(x, dy, mean))).toBeLessThan(1e-5);
      }),
      { numRuns: 60 },
    );
  });

  it('sums segments of floats and of integers and ignores ids out of range', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2, max: 6 }), { minLength: 1, maxLength: 30 }), size(11), (ids, width) => {
        const { kernels, memory, put, read, room, zeros } = createArena(build);
        const idsAt = room(4 * ids.length);
        new Int32Array(memory.buffer).set(ids, idsAt / 4);
        const x = random(ids.length * width, 16);
        const out = zeros(5 * width);
        kernels.segmentSum(put(x), idsAt, ids.length, width, 5, out);
        expect(relativeError(read(out, 5 * width), segmentSumReference(x, ids, width, 5))).toBeLessThan(tolerance);

        const integers = x.map((v) => Math.round(1000 * v));
        const integersAt = room(4 * integers.length);
        new Int32Array(memory.buffer).set(integers, integersAt / 4);
        const integerOut = zeros(5 * width);
        kernels.segmentSumInteger(integersAt, idsAt, ids.length, width, 5, integerOut);
        const got = new Int32Array(memory.buffer, integerOut, 5 * width);
        expect(Array.from(got)).toEqual(Array.from(segmentSumReference(integers, ids, width, 5)));
      }),
      { numRuns: 60 },
    );
  });

  it('copies with strides', () => {
    const { kernels, put, read, zeros } = createArena(build);
    const out = zeros(6);
    kernels.copyStrided(put([1, 2, 3, 4, 5, 6]), 2, out, 3, 2);
    expect(Array.from(read(out, 6))).toEqual([1, 0, 0, 3, 0, 0]);
  });

  it('are instantiated once per memory and bring no bytes of their own', () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Uint8Array(memory.buffer).fill(0xab);
    expect(instantiateKernels(memory).gemm).toBeInstanceOf(Function);
    expect(instantiateKernels(memory).sumRows).toBe(instantiateKernels(memory).sumRows); // of one instance
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0xab)).toBe(true);
  });
});
