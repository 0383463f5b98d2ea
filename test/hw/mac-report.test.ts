import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerMaskSet, LoopNest, MaskedLayer } from '../../src/hw/index.js';
import { bdwpReduction, convNest, denseNest, macReport } from '../../src/hw/index.js';
import { createRng } from '../../src/rng.js';
import { forEachProduct, smallNests } from './support/reference.js';

/** N:M along one axis of [taps, in, out]: each run of m along the axis keeps its first n; a shorter tail keeps at most n. */
function nmMask(nest: LoopNest, axis: 'in' | 'out', n: number, m: number): Uint8Array {
  const inChannels = nest.inChannels / nest.groups;
  const elements = nest.kernelSize[0] * nest.kernelSize[1] * nest.kernelSize[2] * inChannels * nest.outChannels;
  return Uint8Array.from({ length: elements }, (_, i) => {
    const channel = axis === 'out' ? i % nest.outChannels : Math.floor(i / nest.outChannels) % inChannels;
    return channel % m < n ? 1 : 0;
  });
}

function bdwpMasks(nest: LoopNest, n: number, m: number): LayerMaskSet {
  return { forward: nmMask(nest, 'in', n, m), backward: nmMask(nest, 'out', n, m), gradient: null };
}

function reduction(layers: readonly MaskedLayer[]): number {
  const rows = macReport(layers);
  const total = (key: 'denseMacs' | 'executedMacs') => rows.reduce((sum, row) => sum + row[key], 0);
  return 1 - total('executedMacs') / total('denseMacs');
}

const denseMasks: LayerMaskSet = { forward: null, backward: null, gradient: null };
const net: readonly LoopNest[] = [
  convNest({ batch: 2, inSize: [12, 12], inChannels: 8, outChannels: 16, kernelSize: [3, 3], padding: 'same' }),
  convNest({ batch: 2, inSize: [12, 12], inChannels: 16, outChannels: 24, kernelSize: [3, 3], stride: [2, 2], padding: 'same' }),
  denseNest({ batch: 2, inFeatures: 864, outFeatures: 16 }),
];

describe('multiply-accumulates from masks', () => {
  it('are the products that the seven loops find with a kept weight', () => {
    fc.assert(
      fc.property(smallNests, fc.nat(), (nest, seed) => {
        const rng = createRng(seed);
        const mask = nmMask(nest, 'in', 1, 1).map(() => (rng.uniform() < 0.5 ? 1 : 0));
        let dense = 0;
        let kept = 0;
        forEachProduct(nest, (_x, w) => {
          dense++;
          kept += mask[w];
        });
        const masks = { forward: mask, backward: null, gradient: mask };
        const rows = macReport([{ name: 'layer', nest, masks, needsInputGradient: true }]);
        expect(rows).toEqual([
          { layer: 'layer', phase: 'forward', denseMacs: dense, executedMacs: kept },
          { layer: 'layer', phase: 'inputGradient', denseMacs: dense, executedMacs: dense },
          { layer: 'layer', phase: 'weightGradient', denseMacs: dense, executedMacs: kept },
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it('have no input gradient for the first layer, and count tail groups as they are', () => {
    const nest = denseNest({ batch: 1, inFeatures: 10, outFeatures: 3 });
    const rows = macReport([{ name: 'fc', nest, masks: bdwpMasks(nest, 2, 8), needsInputGradient: false }]);
    expect(rows.map(({ phase, denseMacs, executedMacs }) => [phase, denseMacs, executedMacs])).toEqual([
      ['forward', 30, 12], // 8 inputs keep 2, the tail of 2 keeps 2
      ['weightGradient', 30, 30],
    ]);
  });

  it.each([
    [2, 4],
    [2, 8],
    [1, 8],
    [4, 8],
  ])('are reduced by (2/3)(1 - N/M) for %i:%i where the axes divide by M and the first input gradient is counted', (n, m) => {
    const layers = net.map((nest, i) => ({ name: `layer${i}`, nest, masks: bdwpMasks(nest, n, m), needsInputGradient: true }));
    expect(reduction(layers)).toBeCloseTo(bdwpReduction({ prunableShare: 1, n, m }), 12);
  });

  it('are reduced in proportion to the prunable share', () => {
    const layers = net.map((nest, i) => ({
      name: `layer${i}`,
      nest,
      masks: i === 0 ? denseMasks : bdwpMasks(nest, 2, 8),
      needsInputGradient: true,
    }));
    const rows = macReport(layers).filter(({ phase }) => phase === 'forward');
    const prunableShare = 1 - rows[0].denseMacs / rows.reduce((sum, row) => sum + row.denseMacs, 0);
    expect(prunableShare).toBeLessThan(1);
    expect(reduction(layers)).toBeCloseTo(bdwpReduction({ prunableShare, n: 2, m: 8 }), 12);
  });

  it('have the closed form of the ledger: 2:8 saves half, 0.48 at a share of 0.96', () => {
    expect(bdwpReduction({ prunableShare: 1, n: 2, m: 8 })).toBeCloseTo(1 / 2, 12);
    expect(bdwpReduction({ prunableShare: 1, n: 2, m: 4 })).toBeCloseTo(1 / 3, 12);
    expect(bdwpReduction({ prunableShare: 1, n: 2, m: 16 })).toBeCloseTo(7 / 12, 12);
    expect(bdwpReduction({ prunableShare: 0.96, n: 2, m: 8 })).toBeCloseTo(0.48, 12);
    expect(() => bdwpReduction({ prunableShare: 2, n: 2, m: 8 })).toThrow('prunableShare: got 2');
    expect(() => bdwpReduction({ prunableShare: 1, n: 9, m: 8 })).toThrow('n:m: got 9:8');
  });

  it('refuse a mask of the wrong size by the name of the layer', () => {
    const masks = { ...denseMasks, forward: new Uint8Array(3) };
    expect(() => macReport([{ name: 'conv', nest: net[0], masks, needsInputGradient: true }])).toThrow(
      'mask of conv: got 3, expected 1152 elements',
    );
  });
});
