import { constantSchedule, hardwareAware, oneShotSchedule, type PruningMethod } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, kernelState, rng } from './kernel-info.js';

describe('hardwareAware', () => {
  const kernel = kernelState([3, -1, 0.25, 2], kernelInfo([4, 1]));
  /** What the proximal step does at a step of the training. */
  const at = (method: PruningMethod, step: number) =>
    method.proximal?.(kernel, { step, sparsity: method.schedule(step).sparsity, rng });
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

  it('refuses a regulariser under a schedule that does not settle at a sparsity', () => {
    const schedule = (step: number) => ({ sparsity: step / 100, update: true });
    expect(() => hardwareAware({ schedule, regulariser })).toThrow('settles at');
  });
});
