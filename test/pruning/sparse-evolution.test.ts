import fc from 'fast-check';
import {
  erdosRenyiAllocation,
  type KernelState,
  keptCount,
  type LayerMasks,
  randomScore,
  sparseEvolution,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, kernelState, normal, sum } from './kernel-info.js';

const layers = [
  { ...kernelInfo([6, 8]), name: 'a' },
  { ...kernelInfo([3, 3, 4, 8]), name: 'b' },
];
const weightsOf = () => layers.map(({ shape }) => normal(shape.reduce((a, b) => a * b, 1)));
const statesOf = (weights: Float32Array[], masks: readonly (LayerMasks | undefined)[]): KernelState[] =>
  layers.map((info, i) => kernelState(weights[i], info, masks[i]));
const context = (step: number, sparsity: number) => ({ step, sparsity, rng: createRng(`evolution/${step}`) });

describe('sparseEvolution', () => {
  it('begins with the counts of its allocation and never changes them, while the topology does', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.3, max: 0.95, noNaN: true }), (sparsity) => {
        const method = sparseEvolution({ sparsity, endStep: 400, anneal: 'constant' });
        const weights = weightsOf();
        let masks = method.updateMasks(statesOf(weights, []), context(0, sparsity));
        const scored = layers.map((info, i) => ({ info, scores: weights[i] }));
        const sparsities = erdosRenyiAllocation()(scored, sparsity);
        const counts = sparsities.map((s, i) => keptCount(weights[i].length, s));
        const first = masks;
        for (const step of [100, 200]) {
          expect(masks.map(({ forward }) => sum(forward as Uint8Array))).toEqual(counts);
          masks = method.updateMasks(statesOf(weights, masks), context(step, sparsity));
        }
        expect(masks.map(({ forward }) => sum(forward as Uint8Array))).toEqual(counts);
        if (counts[1] > 10) expect(masks[1].forward).not.toEqual(first[1].forward);
      }),
      { numRuns: 30 },
    );
  });

  it('drops the lowest of the kept by hand: of |4|, |1|, |3| and |2| a half goes, and two others come', () => {
    const info = kernelInfo([1, 8]);
    const mask = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
    const kernel = kernelState([4, -1, 3, 2, 0, 0, 0, 0], info, { forward: mask, backward: mask, gradient: mask });
    const method = sparseEvolution({ sparsity: 0.5, initial: 0.5, anneal: 'constant', endStep: 200 });
    // Draws for the six that are not kept, in order: 0.03, 0.31, 0.09, 0.52, 0.84, 0.97.
    const [{ forward, gradient }] = method.updateMasks([kernel], context(105, 0.5));
    expect(Array.from(forward as Uint8Array)).toEqual([1, 0, 1, 0, 0, 0, 1, 1]);
    // 0.99, 0.20, 0.57, 0.87, 0.57, 0.53: the first has just gone, and comes back.
    const [{ forward: other }] = method.updateMasks([kernel], context(103, 0.5));
    expect(Array.from(other as Uint8Array)).toEqual([1, 1, 1, 0, 0, 1, 0, 0]);
    expect(gradient).toBe(forward);
  });

  it('leaves a layer empty to which the allocation gives a sparsity of 1, at the first step and later', () => {
    const method = sparseEvolution({ sparsity: 0.5, endStep: 400, allocation: () => [1, 0.5] });
    const weights = weightsOf();
    let masks = method.updateMasks(statesOf(weights, []), context(0, 0.5));
    for (const step of [100, 200]) {
      expect(masks.map(({ forward }) => sum(forward as Uint8Array))).toEqual([0, 144]);
      masks = method.updateMasks(statesOf(weights, masks), context(step, 0.5));
    }
    expect(masks.map(({ forward }) => sum(forward as Uint8Array))).toEqual([0, 144]);
  });

  it('draws at the first step, at the sparsity asked for, also where the model has masks; later it does not ask for one', () => {
    let asked = 0;
    const half = () => {
      asked++;
      return [0.5, 0.5];
    };
    const method = sparseEvolution({ sparsity: 0.5, endStep: 400, allocation: half });
    const [weights, drawn] = [weightsOf(), method.updateMasks(statesOf(weightsOf(), []), context(0, 0.5))];
    const full = layers.map(({ shape }) => new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1));
    const had = full.map((mask) => ({ forward: mask, backward: mask, gradient: mask }));
    expect(method.updateMasks(statesOf(weights, had), context(0, 0.5))).toEqual(drawn);
    method.updateMasks(statesOf(weights, drawn), context(100, 0.5));
    expect(asked).toBe(2);
  });

  it('makes the same masks from the same draws, whatever the names of the layers, and others for equal layers', () => {
    const method = sparseEvolution({ endStep: 400 });
    const states = statesOf(weightsOf(), []);
    const made = method.updateMasks(states, context(0, 0.8));
    const renamed = states.map((state) => ({ ...state, info: { ...state.info, name: `${state.info.name}_1` } }));
    expect(method.updateMasks(renamed, context(0, 0.8))).toEqual(made);
    const [one, other] = method.updateMasks([states[1], states[1]], context(0, 0.8));
    expect(one.forward).not.toEqual(other.forward);
  });

  it('updates every frequency steps up to the end', () => {
    const { schedule } = sparseEvolution({ sparsity: 0.8, frequency: 50, endStep: 100 });
    expect([0, 50, 75, 100, 150].map((step) => schedule(step).update)).toEqual([true, true, false, true, false]);
  });

  it('keeps its first masks up to beginStep, and exchanges from there on', () => {
    const { schedule } = sparseEvolution({ sparsity: 0.8, beginStep: 75, frequency: 50, endStep: 180 });
    const updates = Array.from({ length: 300 }, (_, step) => step).filter((step) => schedule(step).update);
    expect(updates).toEqual([0, 75, 125, 175]);
    expect([0, 50, 75, 300].map((step) => schedule(step).sparsity)).toEqual([0.8, 0.8, 0.8, 0.8]);
    expect(() => sparseEvolution({ beginStep: 11, endStep: 10 })).toThrow('endStep: got 10, expected beginStep (11) or later');
  });

  it('refuses a sparsity of 1 and a fraction above 1', () => {
    expect(() => sparseEvolution({ sparsity: 1, endStep: 10 })).toThrow('sparsity: got 1');
    expect(() => sparseEvolution({ initial: 2, endStep: 10 })).toThrow('initial: got 2');
  });
});

describe('randomScore', () => {
  const [a, b] = statesOf(weightsOf(), []);

  it('depends on the seed and the place of the kernel, and on nothing else', () => {
    const again = { info: { ...a.info, name: 'built again' }, masks: undefined, weights: a.weights.map((weight) => weight + 1) };
    expect(randomScore({ seed: 1 })(a)).toEqual(randomScore({ seed: 1 })(again));
    expect(randomScore({ seed: 1 })(a)).not.toEqual(randomScore({ seed: 2 })(a));
    expect(randomScore()(b, 1).subarray(0, 8)).not.toEqual(randomScore()(a, 0).subarray(0, 8));
  });

  it('is spread evenly from 0 to 1', () => {
    const scores = randomScore()(kernelState(new Float32Array(20_000), kernelInfo([100, 200])));
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    for (let k = 0; k < 10; k++) {
      const share = scores.filter((score) => Math.floor(score * 10) === k).length / scores.length;
      expect(Math.abs(share - 0.1)).toBeLessThan(0.01);
    }
  });
});
