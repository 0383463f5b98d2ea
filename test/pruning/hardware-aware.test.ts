import fc from 'fast-check';
import {
  blockRegulariser,
  constantSchedule,
  hardwareAware,
  methodFromConfig,
  oneShotSchedule,
  type PruningMethod,
  type RegulariserOptions,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, kernelState, normal, rng } from './kernel-info.js';

describe('hardwareAware', () => {
  const kernel = kernelState([3, -1, 0.25, 2], kernelInfo([4, 1]));
  /** What the proximal step does at a step of the training. */
  const at = (method: PruningMethod, step: number) =>
    method.proximal?.([kernel], { step, sparsity: method.schedule(step).sparsity, rng })[0];
  const shrunk = Float32Array.of(3, -0.5, 0, 2);
  const regulariser = { lambda: 0.5 };

  it('shrinks what is beyond the final budget until the ramp is at its end', () => {
    const method = hardwareAware({ finalSparsity: 0.5, beginStep: 5, endStep: 10, regulariser });
    expect([0, 5, 9].map((step) => at(method, step))).toEqual([shrunk, shrunk, shrunk]);
    expect([10, 11].map((step) => at(method, step))).toEqual([undefined, undefined]);
    expect(hardwareAware({ endStep: 10 }).proximal).toBeUndefined();
  });

  it('shrinks up to the shot of a one-shot schedule, by the budget that it leaves', () => {
    const method = hardwareAware({ schedule: oneShotSchedule({ sparsity: 0.5, step: 3 }), regulariser });
    expect([0, 2, 3, 99].map((step) => at(method, step))).toEqual([shrunk, shrunk, undefined, undefined]);
  });

  it('shrinks by the budget where a schedule of your own settles, and never where nothing more is to come', () => {
    const halves = (step: number) => ({ sparsity: Math.min(0.5, step / 8), update: true });
    const method = hardwareAware({ schedule: halves, regulariser });
    expect([0, 3, 4].map((step) => at(method, step))).toEqual([shrunk, shrunk, undefined]);
    expect(at(hardwareAware({ schedule: constantSchedule({ sparsity: 0.5 }), regulariser }), 0)).toBeUndefined();
  });

  it('shrinks until a schedule of your own settles, however late', () => {
    const slow = (step: number) => ({ sparsity: Math.min(5000, step) / 10_000, update: step % 100 === 0 });
    const method = hardwareAware({ schedule: slow, regulariser });
    expect([0, 4999, 5000].map((step) => at(method, step))).toEqual([shrunk, shrunk, undefined]);
  });

  it('refuses a regulariser under a schedule that does not settle at a sparsity', () => {
    const schedule = (step: number) => ({ sparsity: step / 100, update: true });
    expect(() => hardwareAware({ schedule, regulariser })).toThrow('settles at');
  });

  it('shrinks by the proximal step when no kind is named, and has no penalty then', () => {
    const method = hardwareAware({ endStep: 10, regulariser });
    expect(method.config.regulariser).toEqual({ kind: 'proximal', lambda: 0.5 });
    expect([method.proximal === undefined, method.penaltyGradient]).toEqual([false, undefined]);
  });

  it('shrinks whole blocks under a group lasso, without data all the way to exact zeros, and has no penalty then', () => {
    const options = { kind: 'group-lasso', lambda: 0.001 } as const;
    const method = hardwareAware({ finalSparsity: 0.5, endStep: 1000, regulariser: options });
    expect([method.config.regulariser, method.penaltyGradient]).toEqual([options, undefined]);
    // Two columns of norms 0.5 and 0.05, which lose 0.001 sqrt(2) a step: gone after 353.6 and 35.4 steps.
    let kernels = [kernelState([0.3, 0.03, 0.4, 0.04], kernelInfo([2, 2]))];
    const emptyAfter: (number | undefined)[] = [undefined, undefined];
    for (let step = 0; step < 600; step++) {
      const context = { step, sparsity: method.schedule(step).sparsity, rng };
      kernels = kernels.map((each, i) => ({ ...each, weights: method.proximal?.(kernels, context)[i] ?? each.weights }));
      const [{ weights }] = kernels;
      for (const column of [0, 1]) if (weights[column] === 0 && weights[column + 2] === 0) emptyAfter[column] ??= step + 1;
    }
    expect(emptyAfter).toEqual([354, 36]);
    expect([...kernels[0].weights]).toEqual([0, 0, 0, 0]);
    expect(method.proximal?.(kernels, { step: 1000, sparsity: 0.5, rng })).toEqual([undefined]);
  });
});

describe('hardwareAware with a penalty', () => {
  const info = kernelInfo([3, 4]);
  const block = { kind: 'lanes', width: 2, axis: 'output' } as const;
  const ramp = { finalSparsity: 0.5, endStep: 10, block };
  const gradientAt = (method: PruningMethod, weights: Float32Array, step = 0) =>
    method.penaltyGradient?.(kernelState(weights, info), { step, sparsity: method.schedule(step).sparsity, rng });

  const [lambda, beta] = [0.3, 0.25];
  const surrogate = blockRegulariser({ block, lambda, sparsity: 0.5 });
  const penalties: readonly [RegulariserOptions, (weights: Float32Array) => number][] = [
    [{ kind: 'surrogate', lambda, beta }, (weights) => surrogate.surrogate(weights, info, beta).value],
  ];

  describe.each(penalties)('%o', (options, penalty) => {
    const method = hardwareAware({ ...ramp, regulariser: options });

    it('has the gradient of the penalty, by finite differences', () => {
      // Sixty-fourths, so that a step in float32 is exact; away from 0, where |w| has no derivative.
      const anyWeight = fc
        .tuple(fc.integer({ min: 8, max: 128 }), fc.constantFrom(-1, 1))
        .map(([size, sign]) => (sign * size) / 64);
      fc.assert(
        fc.property(fc.array(anyWeight, { minLength: 12, maxLength: 12 }), (values) => {
          const weights = Float32Array.from(values);
          const gradient = gradientAt(method, weights);
          const step = 2 ** -10;
          weights.forEach((weight, i) => {
            const [above, below] = [weight + step, weight - step].map((moved) => penalty(weights.with(i, moved)));
            const bend = above + below - 2 * penalty(weights);
            if (Math.abs(bend) > 8e-6) return; // a kink: the block is at its budget
            expect(gradient?.[i]).toBeCloseTo((above - below) / (2 * step), 2);
          });
        }),
      );
    });

    it('leaves pruned weights without a gradient', () => {
      const weights = Float32Array.of(1, 0, 0, 0, 0.5, -0.5, 0, 1, 0, 0, 2, -1);
      const gradient = gradientAt(method, weights);
      expect(weights.every((weight, i) => weight !== 0 || gradient?.[i] === 0)).toBe(true);
      expect(gradient?.some((value) => value !== 0)).toBe(true);
    });

    it('works until the ramp is at its end, by no proximal step', () => {
      const weights = normal(12);
      expect([0, 9, 10, 11].map((step) => gradientAt(method, weights, step) !== undefined)).toEqual([true, true, false, false]);
      expect(method.proximal).toBeUndefined();
    });

    it('is made again from its config', () => {
      const again = methodFromConfig(JSON.parse(JSON.stringify(method.config)));
      const weights = normal(12);
      expect(again.config).toEqual(method.config);
      expect(gradientAt(again, weights)).toEqual(gradientAt(method, weights));
    });
  });

  it('draws a block to its budget: of two weights the greater stays, the lesser goes', () => {
    const method = hardwareAware({ ...ramp, regulariser: { kind: 'surrogate', lambda: 0.01, beta: 0.25 } });
    let weights: Float32Array = Float32Array.of(1, 0.25, 1, 0.25, 1, 0.25, 1, 0.25, 1, 0.25, 1, 0.25);
    for (let step = 0; step < 200; step++) {
      const gradient = gradientAt(method, weights) ?? new Float32Array(12);
      weights = weights.map((weight, i) => weight - 0.1 * gradient[i]);
    }
    expect(weights.filter((_, i) => i % 2 === 0).every((weight) => weight > 0.9)).toBe(true);
    expect(weights.filter((_, i) => i % 2 === 1).every((weight) => weight < 0.1)).toBe(true);
  });

  it.each<[RegulariserOptions, string]>([
    [{ kind: 'surogate' as 'surrogate', lambda: 1 }, 'Did you mean surrogate'],
    [{ kind: 'surrogate', lambda: 1, beta: 0 }, 'regulariser.beta'],
    [{ kind: 'surrogate', lambda: -1 }, 'lambda'],
    [{ kind: 'group-lasso', lambda: -1 }, 'lambda'],
    [{ lambda: 1, gamma: 0.5 }, 'gamma'],
    ...[false, 0, Number.NaN, '', null, true].map((none): [never, string] => [none as never, 'options of regulariser: got']),
  ])('refuses %o', (options, message) => {
    expect(() => hardwareAware({ ...ramp, regulariser: options })).toThrow(message);
  });
});
