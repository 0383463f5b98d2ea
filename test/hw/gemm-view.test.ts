import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { popcount } from '../../src/hw/bits.js';
import type { GemmWork } from '../../src/hw/index.js';
import { bitsFrom, convNest, denseMacs, effectualMacs, gemmShapes, lowerGemm, workMacs } from '../../src/hw/index.js';
import { randomWork, slowMacs, smallNests } from './support/reference.js';

const phases = ['forward', 'inputGradient', 'weightGradient'] as const;

/** Effectual products of a lowered work, pair by pair. */
function macsOfViews(work: GemmWork): { dense: number; existing: number; effectual: number } {
  let dense = 0;
  let existing = 0;
  let effectual = 0;
  for (const view of lowerGemm(work)) {
    dense += view.denseMacs;
    const columns = view.kernelRows();
    expect(columns.length).toBe(view.n * view.wordsPerRow);
    const block = Math.min(view.m, 5);
    let into = new Uint32Array(block * view.wordsPerRow).fill(0xffffffff);
    for (let start = 0; start < view.m; start += block) {
      const count = Math.min(block, view.m - start);
      into = view.rowBits(start, count, into) as Uint32Array<ArrayBuffer>;
      const wanted = view.wantedBits?.(start, count);
      const wantedWords = Math.ceil(view.n / 32);
      for (let i = 0; i < count; i++) {
        existing += view.existing(start + i) * view.n;
        for (let j = 0; j < view.n; j++) {
          if (wanted && ((wanted[i * wantedWords + (j >>> 5)] >>> (j & 31)) & 1) === 0) continue;
          for (let w = 0; w < view.wordsPerRow; w++) {
            effectual += popcount(into[i * view.wordsPerRow + w] & columns[j * view.wordsPerRow + w]);
          }
        }
      }
      into = new Uint32Array(block * view.wordsPerRow).fill(0xffffffff);
    }
  }
  return { dense, existing, effectual };
}

describe('lowering of the training GEMMs to bits', () => {
  it('finds the dense and effectual products that the seven loops find, for every kind of nest and every phase', () => {
    fc.assert(
      fc.property(smallNests, fc.constantFrom(...phases), fc.boolean(), fc.nat(), (nest, phase, masked, seed) => {
        const work = randomWork(nest, phase, 0.4, seed, masked);
        const slow = slowMacs(work);
        expect(macsOfViews(work)).toEqual({ ...slow, existing: slow.dense });
        expect(effectualMacs(work)).toBe(slow.effectual);
        expect(workMacs(work)).toBe(slow.dense);
        expect(denseMacs(nest)).toBe(slow.dense);
      }),
      { numRuns: 250 },
    );
  });

  it('orders rows by image and pixel and the reduction by tap and channel', () => {
    const nest = convNest({ batch: 1, inSize: [3], inChannels: 2, outChannels: 1, kernelSize: [2] });
    const A = bitsFrom([1, 0, 0, 1, 1, 1], [1, 1, 1, 3, 2]);
    const W = bitsFrom([1, 1, 0, 1], [1, 1, 2, 2, 1]);
    const operand = (role: 'A' | 'W', nonzeros: typeof A) => ({ role, source: 'conv', nonzeros });
    const [view] = lowerGemm({
      kind: 'gemm',
      layer: 'conv',
      phase: 'forward',
      nest,
      input: operand('A', A),
      kernel: operand('W', W),
      imageScale: 1,
    });
    expect([...view.rowBits(0, 2)]).toEqual([0b1001, 0b1110]);
    expect([...view.kernelRows()]).toEqual([0b1011]);
    expect([view.m, view.n, view.k, view.existing(0)]).toEqual([2, 1, 4, 4]);
  });

  it('splits the input gradient of a strided nest into classes of pixels, and leaves out those without taps', () => {
    const nest = convNest({
      batch: 1,
      inSize: [8, 8],
      inChannels: 3,
      outChannels: 5,
      kernelSize: [3, 3],
      stride: [2, 2],
      padding: 'same',
    });
    const shapes = gemmShapes(nest, 'inputGradient');
    expect(shapes.map(({ m, n, k }) => [m, n, k])).toEqual([
      [16, 3, 20],
      [16, 3, 10],
      [16, 3, 10],
      [16, 3, 5],
    ]);
    expect(shapes.reduce((sum, shape) => sum + shape.denseMacs, 0)).toBe(denseMacs(nest));
    const pointwise = convNest({ batch: 1, inSize: [4, 4], inChannels: 1, outChannels: 1, kernelSize: [1, 1], stride: [2, 2] });
    expect(gemmShapes(pointwise, 'inputGradient').map(({ m, k }) => [m, k])).toEqual([[4, 1]]);
  });

  it('counts padding as missing, not as zero', () => {
    const nest = convNest({ batch: 1, inSize: [4], inChannels: 1, outChannels: 1, kernelSize: [3], padding: 'same' });
    const [view] = lowerGemm(randomWork(nest, 'forward', 1, 1));
    expect([0, 1, 2, 3].map((row) => view.existing(row))).toEqual([2, 3, 3, 2]);
    expect([...view.rowBits(0, 4)]).toEqual([0b110, 0b111, 0b111, 0b011]);
    expect(view.denseMacs).toBe(10);
  });
});
