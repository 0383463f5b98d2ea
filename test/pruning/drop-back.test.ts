import fc from 'fast-check';
import { dropBack, keptCount, type LayerMasks } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, normal } from './kernel-info.js';

type Options = Parameters<typeof dropBack>[0];

/** Weights and masks after each of some optimizer steps that move the weights as given, in the order in which training asks the method. */
function train(begin: Float32Array, moves: readonly Float32Array[], options: Options) {
  const method = dropBack(options);
  const info = kernelInfo([begin.length, 1]);
  let weights = begin;
  let masks: LayerMasks | undefined;
  let state: Float32Array | undefined;
  return moves.map((move, step) => {
    const context = { step: step + 1, sparsity: method.schedule(step + 1).sparsity, rng: createRng(0) };
    state = method.accumulate?.({ info, weights, masks, state });
    const moved = weights.map((weight, i) => weight + move[i]);
    const next = method.proximal?.({ info, weights: moved, masks, state }, context) ?? moved;
    [masks] = method.updateMasks([{ info, weights: next, masks, state }], context);
    weights = next.map((weight, i) => (masks?.forward?.[i] === 0 ? 0 : weight));
    return { weights, forward: masks?.forward };
  });
}

/** The obvious way: what is left of the beginning shrinks, a sort finds what moved farthest, the rest goes back. */
function slowly(begin: Float32Array, moves: readonly Float32Array[], tracked: number, decay: number): Float32Array[] {
  let initial = begin;
  let weights = begin;
  return moves.map((move, step) => {
    if (step > 0) initial = initial.map((value) => (Math.abs(Math.fround(value * decay)) < 1e-8 ? 0 : value * decay));
    const moved = weights.map((weight, i) => weight + move[i]);
    const distance = (i: number) => Math.fround(Math.abs(moved[i] - initial[i]));
    const order = Array.from(moved.keys()).sort((a, b) => distance(b) - distance(a) || a - b);
    const stay = new Set(order.slice(0, tracked));
    weights = moved.map((weight, i) => (stay.has(i) ? weight : initial[i]));
    return weights;
  });
}

describe('dropBack', () => {
  it('trains as sorting and putting back does, while initial weights fade and behind', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.5, 0.8), fc.constantFrom(1, 0.9, 0.01), (sparsity, initialDecay) => {
        const begin = normal(20);
        const moves = Array.from({ length: 12 }, () => normal(20).map((value) => value / 10));
        const actual = train(begin, moves, { sparsity, initialDecay });
        const expected = slowly(begin, moves, keptCount(20, sparsity), initialDecay);
        expect(actual.map(({ weights }) => weights)).toEqual(expected);
      }),
    );
  });

  it('keeps nothing but tracked weights once all have faded, and exactly 0 elsewhere; any may return', () => {
    const moves = Array.from({ length: 30 }, () => normal(20));
    const steps = train(normal(20), moves, { sparsity: 0.7, initialDecay: 0.01 });
    const late = steps.slice(8);
    for (const { weights, forward } of late) {
      expect(weights.filter((weight) => weight !== 0)).toHaveLength(6);
      expect(weights.every((weight, i) => Object.is(weight, 0) === (forward?.[i] === 0))).toBe(true);
    }
    expect(new Set(late.map(({ forward }) => forward?.join(''))).size).toBeGreaterThan(1);
    expect(steps[0].forward).toBeNull();
  });

  it('tracks the one weight of [1, -2, 4, 8] that is farthest from half of its beginning, and puts the others back to that', () => {
    const moves = [Float32Array.of(0.5, 0.25, 0, 0), Float32Array.of(0, 0.25, 0.125, 0)];
    const steps = train(Float32Array.of(1, -2, 4, 8), moves, { sparsity: 0.75, initialDecay: 0.5 });
    expect(steps[0].weights).toEqual(Float32Array.of(1.5, -2, 4, 8));
    // Half of what they began with: 0.5, -1, 2, 4. Distances are 1, 0.75, 2.125 and 4.
    expect(steps[1].weights).toEqual(Float32Array.of(0.5, -1, 2, 8));
  });

  it('is dense for the first step, and refuses what is no fraction', () => {
    const { schedule, needs, slots } = dropBack({ sparsity: 0.8 });
    expect([0, 1, 2].map(schedule)).toEqual([0, 0.8, 0.8].map((sparsity, i) => ({ sparsity, update: i > 0 })));
    expect([needs, slots]).toEqual([['state'], 'keep']);
    expect(() => dropBack({ sparsity: 1 })).toThrow('sparsity: got 1');
    expect(() => dropBack({ initialDecay: 1.1 })).toThrow('initialDecay: got 1.1');
  });
});
