import * as fc from 'fast-check';
import { bitsFrom, convNest, denseNest, effectualMacs, estimateWork, type GemmWork, getBit, workMacs } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { smallWorks, workOf } from './support/small-works.js';

const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** A forward convolution of one channel. */
function convolution(inSize: number[], values: number[], kernelSize: number[], kernel: number[], stride: number): GemmWork {
  const nest = convNest({ batch: 1, inSize, inChannels: 1, outChannels: 1, kernelSize, stride: inSize.map(() => stride) });
  return {
    ...{ kind: 'gemm', layer: 'conv', phase: 'forward', nest, imageScale: 1 },
    input: { role: 'A', source: 'conv', nonzeros: bitsFrom(values, [1, ...nest.inSize, 1]) },
    kernel: { role: 'W', source: 'conv', nonzeros: bitsFrom(kernel, [...nest.kernelSize, 1, 1]) },
  };
}

describe('the workload estimator', () => {
  it('gives 1/3 and 1/2 on [a, 0, 0, b] under a window of two, at stride 1 and 2: Fig. 4 of 001', () => {
    for (const [stride, inputDensity] of [
      [1, 1 / 3],
      [2, 1 / 2],
    ]) {
      const exact = estimateWork(convolution([4], [1, 0, 0, 1], [2], [1, 0], stride), { form: 'exact' });
      expect(exact.kernelDensity).toBe(1 / 2);
      expect(exact.inputDensity).toBeCloseTo(inputDensity, 15);
      expect(exact.multiplications).toBeCloseTo((inputDensity / 2) * (stride === 1 ? 6 : 4), 15);
    }
  });

  it('counts edges right in both forms when they lie above and below, in the exact form only when they lie left and right', () => {
    const standing = convolution([4, 1], [1, 0, 0, 1], [2, 1], [1, 0], 1);
    const lying = convolution([4], [1, 0, 0, 1], [2], [1, 0], 1);
    expect(estimateWork(standing).inputDensity).toBeCloseTo(1 / 3, 15);
    expect(estimateWork(lying).inputDensity).toBeCloseTo(1 / 2, 15);
    expect(estimateWork(lying).multiplications).toBeCloseTo(1.5, 15);
  });

  it('has the density of Eq. 12 in its exact form: a sum over windows, for every phase', () => {
    fc.assert(
      fc.property(smallWorks, (work) => {
        const { inputDensity, multiplications, kernelDensity } = estimateWork(work, { form: 'exact' });
        const windows = windowSums(work);
        expect(inputDensity).toBeCloseTo(windows.elements > 0 ? windows.nonzeros / windows.elements : 0, 10);
        expect(multiplications).toBeCloseTo(inputDensity * kernelDensity * workMacs(work), 6);
      }),
    );
  });

  it('gives each row its share: dense multiplications add up to those of the nest, estimated ones to the estimate', () => {
    fc.assert(
      fc.property(smallWorks, fc.constantFrom('hardware' as const, 'exact' as const), (work, form) => {
        const { multiplications, rows } = estimateWork(work, { form });
        expect(total(rows.dense)).toBeCloseTo(workMacs(work), 6);
        expect(total(rows.work)).toBeCloseTo(multiplications, 6);
        for (let row = 0; row < rows.work.length; row++) expect(rows.work[row]).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is exact for pointwise layers where one operand is dense: there is nothing to assume', () => {
    const pointwise = convNest({ batch: 2, inSize: [9, 9], inChannels: 4, outChannels: 5, kernelSize: [1, 1] });
    for (const density of [
      { input: 1, kernel: 0.3 },
      { input: 0.3, kernel: 1 },
    ]) {
      const work = workOf(pointwise, 'forward', density, 7);
      for (const form of ['hardware', 'exact'] as const) {
        expect(estimateWork(work, { form }).multiplications).toBeCloseTo(effectualMacs(work), 6);
      }
    }
  });

  it('is within a few percent of the real count on random maps, and its two forms within a few percent of each other', () => {
    const nest = convNest({ batch: 4, inSize: [16, 16], inChannels: 16, outChannels: 16, kernelSize: [3, 3], padding: 'same' });
    for (const phase of ['forward', 'inputGradient', 'weightGradient'] as const) {
      const work = workOf(nest, phase, { input: 0.4, kernel: 0.2 }, 11);
      const [hardware, exact] = (['hardware', 'exact'] as const).map((form) => estimateWork(work, { form }).multiplications);
      expect(hardware).not.toBe(exact);
      expect(Math.abs(hardware / exact - 1)).toBeLessThan(0.01);
      expect(Math.abs(exact / effectualMacs(work) - 1)).toBeLessThan(0.05);
    }
  });

  it('lists the rows of an input map image after image: a dense layer has one per sample', () => {
    const work = workOf(denseNest({ batch: 3, inFeatures: 8, outFeatures: 2 }), 'forward', { input: 0.5, kernel: 1 }, 3);
    const perSample = [0, 1, 2].map((image) => {
      const features = Array.from({ length: 8 }, (_, i) => Number(getBit(work.input.nonzeros, image * 8 + i)));
      return 2 * total(features);
    });
    expect(Array.from(estimateWork(work).rows.work)).toEqual(perSample);
    expect(Array.from(estimateWork(work).rows.dense)).toEqual([16, 16, 16]);
  });

  it('estimates nothing of nothing', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 2, outChannels: 2, kernelSize: [3, 3] });
    expect(estimateWork(workOf(nest, 'forward', { input: 0, kernel: 0.5 }, 1)).multiplications).toBe(0);
    const noKernel = estimateWork(workOf(nest, 'forward', { input: 1, kernel: 0 }, 1));
    expect([noKernel.multiplications, noKernel.inputDensity]).toEqual([0, 1]);
  });
});

/** Elements and non-zeros of the input, added over windows: every pair of a tap and an output pixel that meets an input pixel. */
function windowSums({ nest, phase, input }: GemmWork): { elements: number; nonzeros: number } {
  const { batch, inSize, outSize, kernelSize, stride, dilation, padBefore } = nest;
  const overInput = (phase === 'inputGradient') === nest.transposed;
  const slidesOverInput = phase === 'weightGradient' ? !nest.transposed : overInput;
  const [size, channels] = slidesOverInput ? [inSize, nest.inChannels] : [outSize, nest.outChannels];
  const sums = { elements: 0, nonzeros: 0 };
  const positions = (of: readonly number[]) =>
    Array.from({ length: of[0] * of[1] * of[2] }, (_, i) => [
      Math.floor(i / of[1] / of[2]),
      Math.floor(i / of[2]) % of[1],
      i % of[2],
    ]);
  for (const out of positions(outSize)) {
    for (const tap of positions(kernelSize)) {
      const at = out.map((o, axis) => o * stride[axis] - padBefore[axis] + tap[axis] * dilation[axis]);
      if (at.some((position, axis) => position < 0 || position >= inSize[axis])) continue;
      const [z, y, x] = slidesOverInput ? at : out;
      for (let image = 0; image < batch; image++) {
        const pixel = ((image * size[0] + z) * size[1] + y) * size[2] + x;
        for (let channel = 0; channel < channels; channel++) {
          sums.elements++;
          sums.nonzeros += Number(getBit(input.nonzeros, pixel * channels + channel));
        }
      }
    }
  }
  return sums;
}
