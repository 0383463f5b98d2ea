import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepSummary } from '../../src/callbacks/cost-engine.js';
import { estimateTotal } from '../../src/callbacks/estimate-total.js';

function step(cycles: number, cyclesError: number | null = 0): StepSummary {
  const accelerators = { a: { cycles, cyclesError, energyPj: 0, energyPjError: 0 } };
  return { step: 0, samples: 1, accelerators, sparsity: { W: 0, A: 0, E: 0, G: 0 } };
}

const total = (steps: readonly StepSummary[], seen: number) => estimateTotal(steps, seen, 'a', 'cycles');

/** All ways to take `m` of a list. */
function combinations<T>(list: readonly T[], m: number): T[][] {
  if (m === 0) return [[]];
  return list.flatMap((one, i) => combinations(list.slice(i + 1), m - 1).map((rest) => [one, ...rest]));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('estimateTotal', () => {
  it('is, over all possible samples, right on average, and so is its error squared', () => {
    const populations = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 7 });
    const law = fc.property(populations, fc.integer({ min: 2, max: 6 }), (population, wanted) => {
      const m = Math.min(wanted, population.length);
      const truth = population.reduce((sum, cycles) => sum + cycles, 0);
      const estimates = combinations(population, m).map((sample) =>
        total(
          sample.map((cycles) => step(cycles)),
          population.length,
        ),
      );
      const values = estimates.map(({ value }) => value);
      expect(mean(values)).toBeCloseTo(truth, 6);
      const spread = mean(values.map((value) => (value - truth) ** 2));
      expect(mean(estimates.map(({ error }) => (error as number) ** 2))).toBeCloseTo(spread, 4);
    });
    fc.assert(law, { numRuns: 60 });
  });

  it('agrees with a case by hand: 4 and 8 of 6 steps, with an image error of 1 each', () => {
    // 6/2 * 12 = 36; 36 * (1 - 1/3) / 2 * 8 + 3 * 2 = 102
    const { value, error } = total([step(4, 1), step(8, 1)], 6);
    expect(value).toBe(36);
    expect(error).toBeCloseTo(Math.sqrt(102), 12);
  });

  it('is exact without sampling, and admits what it cannot tell', () => {
    expect(total([step(4), step(8)], 2)).toEqual({ value: 12, error: 0 });
    expect(total([step(4)], 3)).toEqual({ value: 12, error: null });
    expect(total([step(4, null), step(8)], 2)).toEqual({ value: 12, error: null });
    expect(total([], 3)).toEqual({ value: 0, error: null });
    expect(total([], 0)).toEqual({ value: 0, error: 0 });
  });
});
