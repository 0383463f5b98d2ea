import * as fc from 'fast-check';
import { convNest, denseNest } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { gemmMovement, outputElements } from '../../src/hw/parts/gemm-movement.js';
import { workOf } from './support/small-works.js';

const work = workOf(denseNest({ batch: 2, inFeatures: 3, outFeatures: 4 }), 'forward', { input: 1, kernel: 1 }, 1);
const moved = (inputBytes: number, kernelBytes: number, outputBytes: number) =>
  gemmMovement(work, { inputBytes, kernelBytes, outputBytes }, 100);

describe('the off-chip traffic of a GEMM with buffers of 100 bytes', () => {
  it.each([
    ['reads all once where one operand fits', [1000, 100, 1000], { A: 1000, W: 100 }],
    ['reads all once where the outputs fit: the reduction is cut', [1000, 1000, 100], { A: 1000, W: 1000 }],
    ['reads the larger operand once, and the other per bufferful of it', [300, 200, 1000], { A: 600, W: 200 }],
    ['reads one once, and the other per bufferful of outputs', [1000, 1000, 150], { A: 1000, W: 2000 }],
  ] as const)('%s', (_, [input, kernel, output], { A, W }) => {
    const { byRole, loadBytes, storeBytes, bytesOnce } = moved(input, kernel, output);
    expect(byRole).toEqual({ W, A: A + output, E: 0, G: 0 });
    expect([loadBytes, storeBytes, bytesOnce]).toEqual([A + W, output, input + kernel + output]);
  });

  it('meets the operands of a group with each other only: of four groups each keeps its quarter of the kernel', () => {
    const nest = convNest({ batch: 2, inSize: [1], inChannels: 4, outChannels: 4, kernelSize: [1], groups: 4 });
    const grouped = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    expect(gemmMovement(grouped, { inputBytes: 1200, kernelBytes: 400, outputBytes: 1200 }, 100).loadBytes).toBe(1600);
    expect(gemmMovement(grouped, { inputBytes: 1200, kernelBytes: 800, outputBytes: 1200 }, 100).loadBytes).toBe(2 * 1200 + 800);
  });

  it('is no less than every tensor once, and no more with larger buffers', () => {
    const bytes = fc.integer({ min: 1, max: 2000 });
    fc.assert(
      fc.property(bytes, bytes, bytes, bytes, (inputBytes, kernelBytes, outputBytes, buffer) => {
        const stored = { inputBytes, kernelBytes, outputBytes };
        const [small, large] = [buffer, 2 * buffer].map((size) => gemmMovement(work, stored, size));
        expect(small.loadBytes).toBeGreaterThanOrEqual(large.loadBytes);
        expect(large.loadBytes + large.storeBytes).toBeGreaterThanOrEqual(large.bytesOnce);
      }),
    );
  });
});

describe('the elements of an output', () => {
  it('are 64 pixels of 8 channels forward, of 4 back, and the weights in a weight gradient', () => {
    const nest = convNest({ batch: 3, inSize: [8, 8], inChannels: 4, outChannels: 8, kernelSize: [3, 3], padding: 'same' });
    const elements = (['forward', 'inputGradient', 'weightGradient'] as const).map((phase) =>
      outputElements(workOf(nest, phase, { input: 1, kernel: 1 }, 1)),
    );
    expect(elements).toEqual([3 * 64 * 8, 3 * 64 * 4, 9 * 4 * 8]);
  });
});
