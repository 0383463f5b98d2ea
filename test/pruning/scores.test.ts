import fc from 'fast-check';
import {
  acdc,
  adamFisherScore,
  gradientScore,
  gradualMagnitude,
  hardwareAware,
  type KernelState,
  momentumScore,
  movementScore,
  type Score,
  saliencyScore,
  sparsityOf,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, kernelState } from './kernel-info.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 });
const floats = (length: number) => fc.array(float, { minLength: length, maxLength: length }).map((all) => Float32Array.from(all));
/** A kernel with all that a score may need. */
const anyState = fc
  .integer({ min: 1, max: 20 })
  .chain((size) =>
    fc.record({ weights: floats(size), gradient: floats(size), m: floats(size), v: floats(size), state: floats(size) }),
  );
type AnyState = typeof anyState extends fc.Arbitrary<infer T> ? T : never;
const stateOf = ({ weights, gradient, m, v, state }: AnyState): KernelState => ({
  ...kernelState(weights, kernelInfo([weights.length, 1])),
  ...{ gradient, slots: { m, v: v.map(Math.abs) }, state },
});

const near = (got: Float32Array, expected: readonly number[]) => {
  expected.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 3);
  });
};

describe('scores that look at gradients, slots and states', () => {
  const references: readonly [Score, (at: AnyState, i: number) => number][] = [
    [gradientScore(), ({ gradient }, i) => Math.abs(gradient[i])],
    [saliencyScore(), ({ weights, gradient }, i) => Math.abs(weights[i] * gradient[i])],
    [momentumScore(), ({ m }, i) => Math.abs(m[i])],
    [adamFisherScore(), ({ weights, v }, i) => 0.5 * weights[i] ** 2 * Math.abs(v[i])],
    [movementScore(), ({ state }, i) => state[i]],
  ];

  it.each(references)('$config.name: is its formula, weight by weight, and writes to nothing', (score, reference) => {
    fc.assert(
      fc.property(anyState, (at) => {
        const before = JSON.stringify(at);
        const scores = score(stateOf(at));
        near(
          scores,
          Array.from(at.weights, (_, i) => reference(at, i)),
        );
        scores.fill(0);
        expect(JSON.stringify(at)).toBe(before);
      }),
    );
  });

  it('movement goes on from step to step, by hand: weights that move away from 0 score above 0', () => {
    const info = kernelInfo([3, 1]);
    const { accumulate } = movementScore();
    const first = accumulate?.({ ...kernelState([1, -2, 3], info), gradient: Float32Array.of(-0.5, -1, 0) }) as Float32Array;
    expect([...first]).toEqual([0.5, -2, 0]);
    const second = accumulate?.({ ...kernelState([2, 0, 3], info), gradient: Float32Array.of(-1, 9, 1), state: first });
    expect([...(second as Float32Array)]).toEqual([2.5, -2, -3]);
    expect([...first]).toEqual([0.5, -2, 0]);
  });

  it('take the slots that stand for the same: momentum of momentum and RMSProp, m of Adam and Adamax, v or rms', () => {
    const kernel = kernelState([2, 2], kernelInfo([2, 1]));
    const of = (score: Score, slots: Record<string, Float32Array>) => [...score({ ...kernel, slots })];
    expect(of(momentumScore(), { rms: Float32Array.of(9, 9), momentum: Float32Array.of(-1, 2) })).toEqual([1, 2]);
    expect(of(momentumScore(), { m: Float32Array.of(-1, 2), u: Float32Array.of(9, 9) })).toEqual([1, 2]);
    expect(of(adamFisherScore(), { rms: Float32Array.of(1, 3) })).toEqual([2, 6]);
    expect(() => of(momentumScore(), { accumulator: Float32Array.of(1, 1) })).toThrow(
      'momentumScore of layer kernel: got an optimizer with the slots accumulator, expected one that has momentum or m',
    );
    // The infinity norm of Adamax is no mean of squares.
    expect(() => of(adamFisherScore(), { m: Float32Array.of(1, 1), u: Float32Array.of(1, 1) })).toThrow(
      'expected one that has v or rms',
    );
  });

  it('say what is missing before the first step', () => {
    const kernel = kernelState([1, 2], kernelInfo([2, 1]));
    expect(() => gradientScore()(kernel)).toThrow('gradient of layer kernel: got none, expected that of the step just done');
    expect(() => saliencyScore()(kernel)).toThrow('gradient of layer kernel');
    expect(() => movementScore()(kernel)).toThrow('movement of layer kernel: got none');
    expect(() => momentumScore()(kernel)).toThrow('got an optimizer with the slots none');
  });
});

describe('methods with such a score', () => {
  const step = { step: 5, rng: createRng(0) };
  const ranks = { endStep: 10, score: movementScore() };
  const methods = [
    gradualMagnitude(ranks),
    hardwareAware(ranks),
    hardwareAware({ ...ranks, regulariser: { lambda: 0.1 } }),
    acdc({ sparsity: 0.5, endStep: 40, sparseSteps: 10, denseSteps: 5, score: movementScore() }),
  ];

  it.each(methods)('$name: needs what its score needs', (method) => {
    expect(method.needs).toEqual(['gradient', 'state']);
    expect(method.accumulate).toBeInstanceOf(Function);
    expect(gradualMagnitude({ endStep: 10 }).needs).toBeUndefined();
  });

  it('prune by it: of |w g| = 4, 1, 6, 2 the two highest stay', () => {
    const method = gradualMagnitude({ endStep: 10, score: saliencyScore() });
    const kernel = { ...kernelState([4, 1, -2, 1], kernelInfo([4, 1])), gradient: Float32Array.of(1, 1, 3, -2) };
    const [{ forward }] = method.updateMasks([kernel], { ...step, sparsity: 0.5 });
    expect([...(forward as Uint8Array)]).toEqual([1, 0, 1, 0]);
  });

  it('prune nothing at a target of 0, also where there is no gradient yet, and refuse to prune without one', () => {
    const method = gradualMagnitude({ endStep: 10, score: saliencyScore() });
    const kernel = kernelState([4, 1, -2, 1], kernelInfo([4, 1]));
    const at = (sparsity: number) => method.updateMasks([kernel], { ...step, step: 0, sparsity });
    expect(sparsityOf(at(0)[0].forward)).toBe(0);
    expect(() => at(0.5)).toThrow('Prune from step 1 on');
    // What has gone stays away at a target of 0 as at any other.
    const mask = Uint8Array.of(1, 0, 1, 1);
    const [{ forward }] = method.updateMasks([{ ...kernel, masks: { forward: mask, backward: mask, gradient: mask } }], {
      ...step,
      sparsity: 0,
    });
    expect(forward).toEqual(mask);
  });
});
