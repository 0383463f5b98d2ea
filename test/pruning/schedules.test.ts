import fc from 'fast-check';
import {
  constantSchedule,
  cubicSchedule,
  linearSchedule,
  oneShotSchedule,
  polynomialSchedule,
  type Schedule,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';

const updatesOf = (schedule: Schedule, steps: number) =>
  Array.from({ length: steps }, (_, step) => step).filter((step) => schedule(step).update);

const anyRamp = fc
  .record({
    low: fc.double({ min: 0, max: 0.99, noNaN: true }),
    high: fc.double({ min: 0, max: 0.99, noNaN: true }),
    beginStep: fc.nat(50),
    length: fc.integer({ min: 1, max: 60 }),
    frequency: fc.integer({ min: 1, max: 30 }),
    power: fc.double({ min: 0.25, max: 6, noNaN: true }),
  })
  .map(({ low, high, length, ...rest }) => ({
    ...rest,
    initialSparsity: Math.min(low, high),
    finalSparsity: Math.max(low, high),
    endStep: rest.beginStep + length,
  }));

describe('polynomialSchedule', () => {
  it('starts at the initial sparsity, ends at the final one, never falls, and holds both outside', () => {
    fc.assert(
      fc.property(anyRamp, (ramp) => {
        const schedule = polynomialSchedule(ramp);
        for (let step = 0; step <= ramp.beginStep; step++) expect(schedule(step).sparsity).toBe(ramp.initialSparsity);
        for (let step = ramp.endStep; step < ramp.endStep + 5; step++) expect(schedule(step).sparsity).toBe(ramp.finalSparsity);
        for (let step = 0; step < ramp.endStep; step++) {
          expect(schedule(step + 1).sparsity).toBeGreaterThanOrEqual(schedule(step).sparsity);
        }
      }),
    );
  });

  it('updates masks every frequency steps from the begin, at the end in any case, and nowhere else', () => {
    fc.assert(
      fc.property(anyRamp, (ramp) => {
        const expected = new Set([ramp.endStep]);
        for (let step = ramp.beginStep; step <= ramp.endStep; step += ramp.frequency) expected.add(step);
        expect(updatesOf(polynomialSchedule(ramp), ramp.endStep + 40)).toEqual([...expected].sort((a, b) => a - b));
      }),
    );
  });

  it('is Zhu and Gupta at hand-computed steps: 0.2 to 0.8 over 100 to 110', () => {
    const schedule = polynomialSchedule({ initialSparsity: 0.2, finalSparsity: 0.8, beginStep: 100, endStep: 110, frequency: 5 });
    expect([100, 102, 105, 110].map((step) => Number(schedule(step).sparsity.toFixed(9)))).toEqual([0.2, 0.4928, 0.725, 0.8]);
  });

  it('updates about twenty times when no frequency is given', () => {
    expect(updatesOf(polynomialSchedule({ finalSparsity: 0.9, endStep: 2000 }), 3000)).toHaveLength(21);
    expect(updatesOf(polynomialSchedule({ finalSparsity: 0.9, endStep: 3 }), 10)).toEqual([0, 1, 2, 3]);
  });

  it('runs a step ahead and counts updates from step 0 under the profile jaxpruner', () => {
    const schedule = polynomialSchedule({ finalSparsity: 0.5, beginStep: 5, endStep: 25, frequency: 10, profile: 'jaxpruner' });
    expect(updatesOf(schedule, 40)).toEqual([10, 20]);
    expect(schedule(24).sparsity).toBe(0.5);
    const step = polynomialSchedule({ finalSparsity: 0.5, beginStep: 20, endStep: 20, frequency: 10, profile: 'jaxpruner' });
    expect(updatesOf(step, 40)).toEqual([20]);
    expect(step(20).sparsity).toBe(0.5);
  });

  it('ends a step before its end under the profile pat, where the masks are frozen', () => {
    const ramp = { finalSparsity: 0.5, beginStep: 10, endStep: 100, profile: 'pat' } as const;
    const schedule = polynomialSchedule({ ...ramp, frequency: 40 });
    expect(updatesOf(schedule, 200)).toEqual([10, 50, 90, 99]);
    expect([10, 50, 98, 99, 100].map((step) => Number(schedule(step).sparsity.toFixed(9)))).toEqual([
      0, 0.414266118, 0.499994513, 0.5, 0.5,
    ]);
    expect(polynomialSchedule({ ...ramp, endStep: 11 })(10)).toEqual({ sparsity: 0.5, update: true });
  });

  it.each([
    ['a final sparsity of 1', { finalSparsity: 1, endStep: 10 }, 'finalSparsity'],
    ['a percentage', { finalSparsity: 90, endStep: 10 }, 'Write 90 % as 0.9'],
    ['NaN', { finalSparsity: Number.NaN, endStep: 10 }, 'finalSparsity'],
    ['a negative initial sparsity', { initialSparsity: -0.1, finalSparsity: 0.5, endStep: 10 }, 'initialSparsity'],
    ['a falling ramp', { initialSparsity: 0.6, finalSparsity: 0.5, endStep: 10 }, 'pruning goes up'],
    ['an end at the begin', { finalSparsity: 0.5, beginStep: 10, endStep: 10 }, 'a step after beginStep (10)'],
    ['half a step', { finalSparsity: 0.5, endStep: 10.5 }, 'endStep'],
    ['a negative begin', { finalSparsity: 0.5, beginStep: -1, endStep: 10 }, 'beginStep'],
    ['a frequency of 0', { finalSparsity: 0.5, endStep: 10, frequency: 0 }, 'frequency'],
    ['a power of 0', { finalSparsity: 0.5, endStep: 10, power: 0 }, 'power'],
    ['an unknown profile', { finalSparsity: 0.5, endStep: 10, profile: 'tfmod' as 'tfmot' }, 'Did you mean tfmot'],
  ])('refuses %s', (_, options, message) => {
    expect(() => polynomialSchedule(options)).toThrow(SparsityError);
    expect(() => polynomialSchedule(options)).toThrow(message);
  });
});

describe('cubicSchedule', () => {
  it('is the worked vector of the equation: 0, 0.549219, 0.83125, 0.935156, 0.95', () => {
    const schedule = cubicSchedule({ finalSparsity: 0.95, beginStep: 7, frequency: 10, updates: 4 });
    const values = [7, 17, 27, 37, 47].map((step) => schedule(step).sparsity);
    [0, 0.549219, 0.83125, 0.935156, 0.95].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 6);
    });
  });

  it('changes masks at t0 + k dt only', () => {
    expect(updatesOf(cubicSchedule({ finalSparsity: 0.95, beginStep: 7, frequency: 10, updates: 4 }), 100)).toEqual([
      7, 17, 27, 37, 47,
    ]);
  });

  it('refuses no updates', () => {
    expect(() => cubicSchedule({ finalSparsity: 0.5, frequency: 10, updates: 0 })).toThrow(SparsityError);
  });
});

describe('linearSchedule', () => {
  it('is the ramp S (t + 1) / Epochs of Algorithm 1, after each epoch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (epochs, stepsPerEpoch, S) => {
          const schedule = linearSchedule({ finalSparsity: S, endStep: epochs * stepsPerEpoch, frequency: stepsPerEpoch });
          for (let epoch = 0; epoch < epochs; epoch++) {
            const state = schedule((epoch + 1) * stepsPerEpoch);
            expect(state.update).toBe(true);
            expect(state.sparsity).toBeCloseTo((S * (epoch + 1)) / epochs, 12);
          }
        },
      ),
    );
  });
});

describe('constantSchedule and oneShotSchedule', () => {
  it('hold one sparsity from the begin on, and update in their window', () => {
    const schedule = constantSchedule({ sparsity: 0.5, beginStep: 10, endStep: 14, frequency: 2 });
    expect([9, 10, 1000].map((step) => schedule(step).sparsity)).toEqual([0, 0.5, 0.5]);
    expect(updatesOf(schedule, 30)).toEqual([10, 12, 14]);
    expect(updatesOf(constantSchedule({ sparsity: 0.5 }), 30)).toHaveLength(30);
    const absolute = constantSchedule({ sparsity: 0.5, beginStep: 5, frequency: 10, profile: 'jaxpruner' });
    expect(updatesOf(absolute, 25)).toEqual([10, 20]);
  });

  it('shoot once', () => {
    const schedule = oneShotSchedule({ sparsity: 0.5, step: 3 });
    expect(updatesOf(schedule, 30)).toEqual([3]);
    expect([2, 3, 4].map((step) => schedule(step).sparsity)).toEqual([0, 0.5, 0.5]);
  });

  it.each([
    { sparsity: 1 },
    { sparsity: 0.5, beginStep: 3, endStep: 2 },
    { sparsity: 0.5, frequency: 0 },
    { sparsity: 0.5, beginStep: 0.5 },
  ])('refuse %o', (options) => {
    expect(() => constantSchedule(options)).toThrow(SparsityError);
  });
});
