import fc from 'fast-check';
import { dropBack, keptCount, type LayerMasks, uniformAllocation } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, normal } from './kernel-info.js';

type Options = Parameters<typeof dropBack>[0];

type Kernels = readonly Float32Array[];

/** Weights and masks of some kernels after each of some optimizer steps that move them as given, in the order in which training asks the method. */
function trainAll(begin: Kernels, moves: readonly Kernels[], options: Options) {
  const method = dropBack(options);
  const infos = begin.map(({ length }) => kernelInfo([length, 1]));
  let weights = begin;
  let masks: readonly (LayerMasks | undefined)[] = begin.map(() => undefined);
  let states: readonly (Float32Array | undefined)[] = begin.map(() => undefined);
  const seen = (values: Kernels) => infos.map((info, k) => ({ info, weights: values[k], masks: masks[k], state: states[k] }));
  return moves.map((move, step) => {
    const context = { step: step + 1, sparsity: method.schedule(step + 1).sparsity, rng: createRng(0) };
    states = seen(weights).map((kernel) => method.accumulate?.(kernel));
    const moved = weights.map((values, k) => values.map((weight, i) => weight + move[k][i]));
    const next = method.proximal?.(seen(moved), context) ?? [];
    const after = moved.map((values, k) => next[k] ?? values);
    masks = method.updateMasks(seen(after), context);
    weights = after.map((values, k) => values.map((weight, i) => (masks[k]?.forward?.[i] === 0 ? 0 : weight)));
    return weights.map((values, k) => ({ weights: values, forward: masks[k]?.forward }));
  });
}

/** {@link trainAll} of one kernel. */
function train(begin: Float32Array, moves: Kernels, options: Options) {
  return trainAll(
    [begin],
    moves.map((move) => [move]),
    options,
  ).map(([kernel]) => kernel);
}

/** The obvious way: what is left of the beginning shrinks, a sort finds what moved farthest, the rest goes back. */
function slowly(begin: Float32Array, moves: Kernels, tracked: number, decay: number): Float32Array[] {
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

  it('ranks the weights of all layers together, as those of one layer are, whenever each has faded', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 0.9, 0.01), fc.constantFrom(1, 1e-6, 0), (initialDecay, scale) => {
        // One weight of each moves so far that none of the two is left without.
        const sizes = [[0, 12] as const, [12, 20] as const];
        const begin = normal(20).map((value, i) => (i < 12 ? value : scale * value + 0));
        const moves = Array.from({ length: 9 }, () => normal(20).map((value, i) => (i === 0 || i === 12 ? 5 : value / 10)));
        const parts = (values: Float32Array) => sizes.map(([from, to]) => values.slice(from, to));
        const actual = trainAll(parts(begin), moves.map(parts), { sparsity: 0.7, initialDecay });
        const expected = slowly(begin, moves, 6, initialDecay).map(parts);
        expect(actual.map((kernels) => kernels.map(({ weights }) => weights))).toEqual(expected);
      }),
    );
  });

  it('tracks two weights of one layer and one of another where these have moved farthest, one of each by a uniform allocation', () => {
    const begin = [Float32Array.of(1, 1), Float32Array.of(2, 2)];
    const moves = [[Float32Array.of(3, 4), Float32Array.of(0.5, 1)]];
    const weights = (options: Options) => trainAll(begin, moves, options)[0].map((kernel) => [...kernel.weights]);
    expect(weights({ sparsity: 0.25 })).toEqual([[4, 5], [2, 3]]); // biome-ignore format: one line
    expect(weights({ sparsity: 0.5, allocation: uniformAllocation() })).toEqual([[1, 5], [2, 3]]); // biome-ignore format: one line
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
    expect(() => dropBack({ initialDecay: '0.5' as unknown as number })).toThrow('initialDecay: got 0.5');
  });
});
