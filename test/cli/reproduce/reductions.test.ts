import { describe, expect, it } from 'vitest';
import { averageReduction, reduction, savedByRole } from '../../../src/cli/reproduce/reductions.js';
import { meanOf } from '../../../src/cli/reproduce/simulations.js';
import { drawOf, totals } from './support/draws.js';

describe('what the proposed accelerator saves', () => {
  it('is 1 - P/B in per cent, with the standard error over draws', () => {
    const draws = [drawOf('vgg11', 0, { balanced: 60 }), drawOf('vgg11', 1, { balanced: 80 })];
    // 40 and 20: mean 30, standard deviation 14.14, over the root of two draws 10.
    const { mean, error } = reduction(draws, 'time', 'SCNN');
    expect([mean, error]).toEqual([expect.closeTo(30, 9), expect.closeTo(10, 9)]);
  });

  it('is averaged over networks, whatever their size', () => {
    const small = drawOf('vgg11', 0, { balanced: 60 });
    const large = drawOf('vgg19', 0, { balanced: 9000, 'scnn-001': 10_000 });
    expect(averageReduction([small, large], 'energy', 'SCNN').mean).toBeCloseTo(25, 9);
  });

  it('adds up over the tensors', () => {
    const draw = drawOf('vgg11', 0, {});
    const balanced = { ...totals(100), dramBytes: { W: 10, A: 20, E: 30, G: 5 } };
    const draws = [{ ...draw, accelerators: { ...draw.accelerators, balanced } }];
    const parts = savedByRole(draws, 'SparseTrain');
    expect(parts).toEqual({ W: 15, A: 5, E: -5, G: 20 });
    expect(parts.W + parts.A + parts.E + parts.G).toBeCloseTo(reduction(draws, 'traffic', 'SparseTrain').mean, 9);
  });

  it('has no error from one draw', () => {
    expect(meanOf([3])).toEqual({ mean: 3, error: 0, count: 1 });
  });
});
