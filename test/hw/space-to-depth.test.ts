import fc from 'fast-check';
import { bitsFrom, convNest, effectualMacs, type GemmWork, getBit, spaceToDepth } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { slowMacs } from './support/reference.js';
import { densities, smallWorks, workOf } from './support/small-works.js';

const firstLayers: fc.Arbitrary<GemmWork> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    size: fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    stride: fc.tuple(fc.integer({ min: 2, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.constantFrom('same' as const, 'valid' as const, [1, [2, 0]] as const),
    input: densities,
    kernelDensity: densities,
    seed: fc.integer(),
  })
  .map(({ batch, size, kernel, stride, padding, input, kernelDensity, seed }) => {
    const shape = { batch, inSize: size, inChannels: 3, outChannels: 5, kernelSize: kernel, stride, padding };
    return workOf(convNest(shape), 'forward', { input, kernel: kernelDensity }, seed);
  });

describe('space-to-depth', () => {
  it('takes pixel (3, 2) of a map and tap (2, 1) of a kernel, in blocks of 2 with a padding of 1, to their places in a block', () => {
    const shape = { batch: 1, inSize: [4, 4], inChannels: 3, outChannels: 2, kernelSize: [3, 3], stride: [2, 2] };
    const nest = convNest({ ...shape, padding: [1, 1] });
    const one = (at: number, size: readonly number[]) =>
      bitsFrom(
        Array.from({ length: size.reduce((a, b) => a * b) }, (_, i) => Number(i === at)),
        size,
      );
    const work: GemmWork = {
      ...{ kind: 'gemm', layer: 'conv1', phase: 'forward', nest, imageScale: 1 },
      input: { role: 'A', source: 'conv1', nonzeros: one((3 * 4 + 2) * 3 + 1, [1, 4, 4, 3]) },
      kernel: { role: 'W', source: 'conv1', nonzeros: one(((2 * 3 + 1) * 3 + 1) * 2 + 1, [3, 3, 3, 2]) },
    };
    const { nest: folded, input, kernel } = spaceToDepth(work);
    expect(folded).toMatchObject({
      inSize: [1, 3, 3],
      kernelSize: [1, 2, 2],
      outSize: [1, 2, 2],
      stride: [1, 1, 1],
      inChannels: 12,
    });
    // Padded (4, 3): block (2, 1), place (0, 1) in it. Tap: block (1, 0), place (0, 1). Places go column by column: (0, 1) is the third.
    expect(getBit(input.nonzeros, (2 * 3 + 1) * 12 + 2 * 3 + 1)).toBe(true);
    expect(getBit(kernel.nonzeros, ((1 * 2 + 0) * 12 + 2 * 3 + 1) * 2 + 1)).toBe(true);
    expect(effectualMacs(spaceToDepth(work))).toBe(1); // they meet in output (1, 1)
  });

  it('multiplies what was multiplied before, whatever the kernel, the stride and the padding', () => {
    fc.assert(
      fc.property(firstLayers, (work) => {
        const folded = spaceToDepth(work);
        expect([folded.nest.inChannels, folded.nest.outSize]).toEqual([
          3 * work.nest.stride[1] * work.nest.stride[2],
          work.nest.outSize,
        ]);
        expect(slowMacs(folded).effectual).toBe(slowMacs(work).effectual);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves layers of other channels, other phases and other strides as they are', () => {
    const others = smallWorks.filter(({ nest, phase }) => nest.inChannels !== 3 || phase !== 'forward' || nest.stride[1] === 1);
    fc.assert(
      fc.property(others, (work) => {
        expect(spaceToDepth(work)).toBe(work);
      }),
    );
  });
});
