import {
  globalAllocation,
  gradualMagnitude,
  hardwareAware,
  type KernelState,
  keptCount,
  type LayerMasks,
  nm,
  type PruningMethod,
  sparsityOf,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, masksFor, normal, rng, sum } from './kernel-info.js';

/** Weights after a step that moves every weight, as the method's declaration leaves them. */
function moved(weights: Float32Array, { gradient, forward }: LayerMasks): Float32Array {
  return weights.map((w, i) => (gradient?.[i] === 0 ? w : w + 0.3 * rng.normal()) * (forward?.[i] ?? 1));
}

const monotone: readonly [string, PruningMethod][] = [
  ['gradualMagnitude', gradualMagnitude({ endStep: 10 })],
  ['gradualMagnitude over layers', gradualMagnitude({ endStep: 10, allocation: globalAllocation() })],
  ['hardwareAware by rows', hardwareAware({ endStep: 10 })],
  ['hardwareAware by N:M groups', hardwareAware({ endStep: 10, block: { kind: 'nm', m: 8 } })],
  ['hardwareAware by mass of lanes', hardwareAware({ endStep: 10, block: { kind: 'lanes', width: 16 }, budgets: 'mass' })],
];

describe.each(monotone)('%s', (_, method) => {
  it('reaches each sparsity exactly, and no weight returns, while the weights move', () => {
    let weights: Float32Array = normal(30 * 20);
    let masks: LayerMasks | undefined;
    for (const sparsity of [0, 0.1, 0.35, 0.36, 0.36, 0.7, 0.9, 0.95]) {
      const next = masksFor(method, weights, [30, 20], sparsity, masks);
      const mask = next.forward ?? new Uint8Array(600).fill(1);
      expect(sum(mask)).toBe(keptCount(600, sparsity));
      const before = masks?.forward;
      if (before) expect(mask.every((bit, i) => bit <= before[i])).toBe(true);
      masks = next;
      weights = moved(weights, masks);
    }
  });

  it('masks forward pass, input gradient and weight gradient alike, and is dense at sparsity 0', () => {
    const weights = normal(64);
    const masks = masksFor(method, weights, [8, 8], 0.5);
    expect(masks.backward).toBe(masks.forward);
    expect(masks.gradient).toBe(masks.forward);
    expect(masksFor(method, weights, [8, 8], 0)).toEqual({ forward: null, backward: null, gradient: null });
    expect([method.pruned, method.slots, method.decay]).toEqual(['zero', 'zero', 0]);
  });

  it('keeps a pruned weight out even when it is asked for less sparsity than there is', () => {
    const first = masksFor(method, normal(64), [8, 8], 0.75);
    expect(masksFor(method, normal(64), [8, 8], 0.5, first).forward).toEqual(first.forward);
  });

  it('starts dense', () => {
    expect(method.schedule(0)).toEqual({ sparsity: 0, update: true });
    expect(method.schedule(10)).toEqual({ sparsity: 0.9, update: true });
  });
});

describe('gradualMagnitude', () => {
  it('does not touch what it is given', () => {
    const weights = Float32Array.of(1, -2, 3, -4);
    const masks: LayerMasks = { forward: Uint8Array.of(1, 1, 0, 1), backward: null, gradient: null };
    masksFor(gradualMagnitude({ endStep: 10 }), weights, [2, 2], 0.5, masks);
    expect(weights).toEqual(Float32Array.of(1, -2, 3, -4));
    expect(masks.forward).toEqual(Uint8Array.of(1, 1, 0, 1));
  });

  it('prunes by hand: of [1, -2, 3, -4] at one half -2 and 1 go; a pruned 3 stays away', () => {
    const method = gradualMagnitude({ endStep: 10 });
    expect(masksFor(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5).forward).toEqual(Uint8Array.of(0, 0, 1, 1));
    const masks: LayerMasks = { forward: Uint8Array.of(1, 1, 0, 1), backward: null, gradient: null };
    expect(masksFor(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5, masks).forward).toEqual(Uint8Array.of(0, 1, 0, 1));
  });

  it('takes what a score of the user returns by value, whatever its type', () => {
    const [before, weights] = [normal(64), normal(64)];
    const masksBy = (numbers: (magnitudes: Float32Array) => unknown) => {
      const score = ({ weights: w }: KernelState) => numbers(w.map(Math.abs)) as Float32Array;
      const method = gradualMagnitude({ endStep: 10, score, allocation: globalAllocation({ profile: 'jaxpruner' }) });
      const first = masksFor(method, before, [8, 8], 0.5);
      return [first, masksFor(method, weights, [8, 8], 0.75, first)];
    };
    const expected = masksBy((magnitudes) => magnitudes);
    expect(masksBy((magnitudes) => Float64Array.from(magnitudes))).toEqual(expected);
    expect(masksBy((magnitudes) => Array.from(magnitudes))).toEqual(expected);
  });

  it('lets a weight return and keeps gradients and slots dense when it regrows', () => {
    const method = gradualMagnitude({ endStep: 10, power: 1, regrow: true });
    const masks: LayerMasks = { forward: Uint8Array.of(1, 1, 0, 1), backward: null, gradient: null };
    const next = masksFor(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5, masks);
    expect(next.forward).toEqual(Uint8Array.of(0, 0, 1, 1));
    expect(next.gradient).toBeNull();
    expect([method.pruned, method.slots]).toEqual(['zero', 'keep']);
  });

  it('freezes an N:M pattern once it is there', () => {
    const method = gradualMagnitude({ endStep: 10, pattern: nm({ n: 2, m: 4 }) });
    const first = masksFor(method, normal(64), [8, 8], 0.1);
    expect(sparsityOf(first.forward)).toBe(0.5);
    expect(masksFor(method, normal(64), [8, 8], 0.9, first).forward).toEqual(first.forward);
  });

  it('leaves layers named in exclude dense, and says so', () => {
    const method = gradualMagnitude({ endStep: 10, exclude: ['kernel'] });
    expect(method.skip(kernelInfo([2, 2]))).toBe('excluded by name');
    expect(method.skip({ ...kernelInfo([2, 2]), name: 'other' })).toBeUndefined();
  });
});
