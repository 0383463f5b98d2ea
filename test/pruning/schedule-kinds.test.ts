import fc from 'fast-check';
import {
  cyclicalSchedule,
  exponentialSchedule,
  iterativeSchedule,
  lateSchedule,
  polynomialSchedule,
  type Schedule,
  stagedSchedule,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';

const steps = (count: number) => Array.from({ length: count }, (_, step) => step);
const updatesOf = (schedule: Schedule, count: number) => steps(count).filter((step) => schedule(step).update);
const sparsitiesOf = (schedule: Schedule, at: readonly number[]) => at.map((step) => schedule(step).sparsity);

const anySparsities = fc
  .tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 0.99, noNaN: true }))
  .map(([a, b]) => ({ initialSparsity: Math.min(a, b), finalSparsity: Math.max(a, b) }));

describe('exponentialSchedule and lateSchedule', () => {
  it('start and end where asked, never fall, and update at the same steps as a polynomial', () => {
    fc.assert(
      fc.property(
        anySparsities,
        fc.nat(20),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('default' as const, 'tfmot' as const, 'jaxpruner' as const),
        (sparsities, beginStep, length, frequency, profile) => {
          const ramp = { ...sparsities, beginStep, endStep: beginStep + length, frequency, profile };
          for (const schedule of [exponentialSchedule(ramp), lateSchedule(ramp)]) {
            const values = sparsitiesOf(schedule, steps(ramp.endStep + 3));
            if (profile !== 'jaxpruner') expect(values[beginStep]).toBe(ramp.initialSparsity);
            expect(values[ramp.endStep]).toBe(ramp.finalSparsity);
            for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1] - 1e-15);
            expect(updatesOf(schedule, ramp.endStep + 20)).toEqual(updatesOf(polynomialSchedule(ramp), ramp.endStep + 20));
          }
        },
      ),
    );
  });

  it('halve the density again and again, or rise as a square, at hand-computed steps', () => {
    expect(sparsitiesOf(exponentialSchedule({ finalSparsity: 0.9375, endStep: 40 }), [0, 10, 20, 30, 40])).toEqual([
      0, 0.5, 0.75, 0.875, 0.9375,
    ]);
    const late = lateSchedule({ initialSparsity: 0.25, finalSparsity: 0.75, endStep: 4 });
    expect(sparsitiesOf(late, [0, 1, 2, 3, 4, 9])).toEqual([0.25, 0.28125, 0.375, 0.53125, 0.75, 0.75]);
  });

  it('remove the same share of what is left at each step of an exponential', () => {
    const schedule = exponentialSchedule({ initialSparsity: 0.2, finalSparsity: 0.95, endStep: 12 });
    let density = 0.8;
    for (let step = 1; step <= 12; step++) {
      density *= (0.05 / 0.8) ** (1 / 12);
      expect(1 - schedule(step).sparsity).toBeCloseTo(density, 12);
    }
  });

  it.each([
    { finalSparsity: 1, endStep: 3 },
    { finalSparsity: 0.5, endStep: 0 },
    { finalSparsity: 0.5, endStep: 2.5 },
  ])('refuse %o', (options) => {
    expect(() => exponentialSchedule(options)).toThrow(SparsityError);
    expect(() => lateSchedule(options)).toThrow(SparsityError);
  });

  it('refuse a power of 0', () => {
    expect(() => lateSchedule({ finalSparsity: 0.5, endStep: 3, power: 0 })).toThrow('power: got 0');
  });
});

describe('cyclicalSchedule', () => {
  it('is the phases laid end to end, one entry a step', () => {
    fc.assert(
      fc.property(
        fc.nat(10),
        fc.nat(40),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (beginStep, length, sparseSteps, denseSteps) => {
          const endStep = beginStep + length;
          const phases: number[] = Array(beginStep).fill(0);
          while (phases.length < endStep) phases.push(...Array(sparseSteps).fill(0.5), ...Array(denseSteps).fill(0));
          phases.length = endStep;
          phases.push(0.5, 0.5, 0.5);
          const schedule = cyclicalSchedule({ sparsity: 0.5, beginStep, endStep, sparseSteps, denseSteps });
          expect(sparsitiesOf(schedule, steps(phases.length))).toEqual(phases);
          const changes = steps(phases.length).filter((step) => phases[step] !== (step === 0 ? 0 : phases[step - 1]));
          expect(updatesOf(schedule, phases.length)).toEqual(changes);
        },
      ),
    );
  });

  it('is dense to 2, sparse to 4, dense to 7, sparse from there, by hand', () => {
    const schedule = cyclicalSchedule({ sparsity: 0.8, beginStep: 2, endStep: 7, sparseSteps: 2, denseSteps: 5 });
    expect(sparsitiesOf(schedule, steps(9))).toEqual([0, 0, 0.8, 0.8, 0, 0, 0, 0.8, 0.8]);
    expect(updatesOf(schedule, 20)).toEqual([2, 4, 7]);
  });

  it.each([
    [{ sparseSteps: 0 }, 'sparseSteps'],
    [{ denseSteps: 1.5 }, 'denseSteps'],
    [{ beginStep: 11 }, 'beginStep (11) or later'],
    [{ sparsity: 1 }, 'sparsity'],
  ])('refuses %o', (options, message) => {
    const cycle = { sparsity: 0.5, endStep: 10, sparseSteps: 2, denseSteps: 2, ...options };
    expect(() => cyclicalSchedule(cycle)).toThrow(message);
  });
});

describe('iterativeSchedule', () => {
  it('holds the sparsity within a round, reaches the final one after the last, and updates after each round only', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        (stepsPerEpoch, epochsPerRound, rounds) => {
          const schedule = iterativeSchedule({ finalSparsity: 0.75, stepsPerEpoch, epochsPerRound, rounds });
          const perRound = stepsPerEpoch * epochsPerRound;
          const last = rounds * perRound;
          expect(updatesOf(schedule, last + 3 * perRound)).toEqual(steps(rounds).map((round) => (round + 1) * perRound));
          for (let step = 0; step < last; step++) {
            expect(schedule(step).sparsity).toBe(schedule(step - (step % perRound)).sparsity);
          }
          expect(sparsitiesOf(schedule, [last - perRound, last, last + 1000])[1]).toBe(0.75);
          expect(schedule(Number.MAX_SAFE_INTEGER).sparsity).toBe(0.75);
        },
      ),
    );
  });

  it('prunes after epochs 1 to 500 of 001 and fine-tunes to epoch 1000, half way at epoch 250 along a line', () => {
    const schedule = iterativeSchedule({ finalSparsity: 0.75, stepsPerEpoch: 4, power: 1 });
    const updates = updatesOf(schedule, 4000);
    expect(updates).toHaveLength(500);
    expect(updates.at(-1)).toBe(2000);
    expect(sparsitiesOf(schedule, [3, 4, 1000, 2000, 3999])).toEqual([0, 0.75 * (1 - 499 / 500), 0.375, 0.75, 0.75]);
  });

  it('refuses no rounds and epochs without steps', () => {
    expect(() => iterativeSchedule({ finalSparsity: 0.5, stepsPerEpoch: 4, rounds: 0 })).toThrow('rounds: got 0');
    expect(() => iterativeSchedule({ finalSparsity: 0.5, stepsPerEpoch: 0 })).toThrow('stepsPerEpoch: got 0');
  });
});

describe('stagedSchedule', () => {
  it('has the sparsity of the last stage that has begun', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        (begins, stream) => {
          const stages = begins.sort((a, b) => a - b).map((step) => ({ step, sparsity: stream.next().value as number }));
          const schedule = stagedSchedule({ stages });
          let sparsity = 0;
          for (const step of steps(35)) {
            const begun = stages.find((stage) => stage.step === step);
            if (begun) sparsity = begun.sparsity;
            expect(schedule(step)).toEqual({ sparsity, update: begun !== undefined });
          }
        },
      ),
    );
  });

  it('is 0, then 0.5 from step 2, then 0.75 from step 4, by hand', () => {
    const schedule = stagedSchedule({
      stages: [
        { step: 2, sparsity: 0.5 },
        { step: 4, sparsity: 0.75 },
      ],
    });
    expect(sparsitiesOf(schedule, steps(6))).toEqual([0, 0, 0.5, 0.5, 0.75, 0.75]);
    expect(updatesOf(schedule, 9)).toEqual([2, 4]);
  });

  it.each([
    [[], 'one stage at least'],
    [
      [
        { step: 2, sparsity: 0.5 },
        { step: 2, sparsity: 0.6 },
      ],
      'a step after stages[0].step (2)',
    ],
    [[{ step: -1, sparsity: 0.5 }], 'stages[0].step'],
    [[{ step: 1, sparsity: 1 }], 'stages[0].sparsity'],
  ])('refuses %o', (stages, message) => {
    expect(() => stagedSchedule({ stages })).toThrow(message);
  });
});
