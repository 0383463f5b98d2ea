import fc from 'fast-check';
import {
  bdwp,
  biMask,
  gradualMagnitude,
  isNm,
  type LayerMasks,
  methodFromConfig,
  nm,
  oneShot,
  oneShotSchedule,
  type PruningMethod,
  polynomialSchedule,
  sdwp,
  sparsityOf,
  ste,
  topKast,
  transposableMask,
  unstructured,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, kernelState, masksFor, normal, sum } from './kernel-info.js';

const W = Float32Array.of(
  ...[0.9, -0.1, 0.4, 0.3],
  ...[0.2, 0.8, -0.6, 0.1],
  ...[-0.5, 0.7, 0.05, -0.2],
  ...[0.1, -0.3, 0.25, 0.6],
);
const rows = (mask: Uint8Array | null) => [0, 1, 2, 3].map((row) => mask?.subarray(4 * row, 4 * row + 4).join(''));
const shapes = fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 }));
const ones = (mask: Uint8Array | null) => sum(mask as Uint8Array);

/** The masks at a step of a training. */
const masksAt = (method: PruningMethod, step: number, weights: Float32Array, shape: readonly number[]): LayerMasks =>
  method.updateMasks([kernelState(weights, kernelInfo(shape))], {
    ...{ step, sparsity: method.schedule(step).sparsity, rng: createRng(step) },
  })[0];

describe('ste', () => {
  it('uses one mask both ways and gives every weight a gradient, with any pattern', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(unstructured(), nm({ n: 1, m: 4 })), (shape, pattern) => {
        const weights = normal(shape[0] * shape[1]);
        const masks = masksFor(ste({ pattern, sparsity: 0.75 }), weights, shape, 0.75);
        expect(masks.forward).toEqual(pattern(weights.map(Math.abs), kernelInfo(shape), 0.75));
        expect(masks.backward).toBe(masks.forward);
        expect(masks.gradient).toBeNull();
      }),
    );
  });

  it('makes the 2:4 mask of the worked kernel, and another one once a weight has grown', () => {
    const method = ste({ pattern: nm({ n: 2, m: 4 }), sparsity: 0.5 });
    expect(rows(masksAt(method, 0, W, [4, 4]).forward)).toEqual(['1011', '0110', '1100', '0001']);
    const grown = W.map((weight, i) => (i === 12 ? 0.7 : weight));
    expect(rows(masksAt(method, 1, grown, [4, 4]).forward)).toEqual(['1011', '0110', '0100', '1001']);
  });

  it('trains dense before it begins, and updates at its frequency', () => {
    const method = ste({ beginStep: 4, frequency: 3 });
    expect([3, 4, 5, 7].map((step) => method.schedule(step).update)).toEqual([false, true, false, true]);
    expect(masksFor(method, W, [4, 4], 0)).toEqual({ forward: null, backward: null, gradient: null });
    expect(() => ste({ sparsity: 1 })).toThrow('sparsity: got 1');
  });

  it('follows a schedule of any kind, which its config has in place of its own options, by steps that count from 0', () => {
    const ramp = { finalSparsity: 0.75, beginStep: 1, endStep: 5, frequency: 2, power: 1 };
    const method = ste({ schedule: polynomialSchedule(ramp) });
    expect([0, 1, 3, 5, 7].map((step) => method.schedule(step))).toEqual([
      { sparsity: 0, update: false },
      { sparsity: 0, update: true },
      { sparsity: 0.375, update: true },
      { sparsity: 0.75, update: true },
      { sparsity: 0.75, update: false },
    ]);
    expect(sparsityOf(masksFor(method, W, [4, 4], 0.375).forward as Uint8Array)).toBe(0.375);
    expect(method.config).toMatchObject({ name: 'ste', schedule: { name: 'polynomial', ...ramp } });
    for (const option of ['sparsity', 'beginStep', 'frequency']) expect(method.config).not.toHaveProperty(option);
    const counted = ste({ schedule: polynomialSchedule({ ...ramp, profile: 'tfmot' }) });
    expect(counted.schedule(0)).toEqual({ sparsity: 0, update: true });
    expect(methodFromConfig(method.config).config).toEqual(method.config);
  });

  it('refuses a schedule beside the options that it stands for, and one to another sparsity than that of an N:M pattern', () => {
    const schedule = polynomialSchedule({ finalSparsity: 0.75, endStep: 5 });
    expect(() => ste({ schedule, beginStep: 0, sparsity: 0.75 })).toThrow(
      'schedule: got a schedule and sparsity, beginStep, expected a schedule or the options of constantSchedule',
    );
    expect(() => ste({ schedule, pattern: nm({ n: 2, m: 4 }) })).toThrow('schedule: got 0.75, expected 0.5');
    ste({ schedule, pattern: nm({ n: 1, m: 4 }) });
  });
});

describe('sdwp', () => {
  it('masks the backward weights alone, as bdwp does', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const weights = normal(shape[0] * shape[1]);
        const masks = masksFor(sdwp({ n: 1, m: 4 }), weights, shape, 0.75);
        expect([masks.forward, masks.gradient]).toEqual([null, null]);
        expect(masks.backward).toEqual(masksFor(bdwp({ n: 1, m: 4 }), weights, shape, 0.75).backward);
      }),
    );
    expect(rows(masksFor(sdwp(), W, [4, 4], 0.5).backward)).toEqual(['1010', '0110', '1100', '0101']);
    expect(sdwp().skip(kernelInfo([8, 3]))).toBe('3 output channels are fewer than m = 4');
    expect(sdwp().skip(kernelInfo([3, 8]))).toBeUndefined();
    expect(() => sdwp({ n: 4 })).toThrow('less than m = 4');
  });
});

describe('bdwp with an N:M weight update', () => {
  it('gives a gradient to the greatest along the input axis, and has no groups that say there is no such mask', () => {
    const method = bdwp({ n: 2, m: 4, weightUpdate: { n: 3, m: 4 } });
    const { forward, gradient } = masksFor(method, W, [4, 4], 0.5);
    expect(rows(gradient)).toEqual(['1011', '1110', '1101', '0111']);
    expect(gradient?.every((bit, i) => bit >= (forward as Uint8Array)[i])).toBe(true);
    expect([method.groups, bdwp({ n: 2, m: 4 }).groups]).toEqual([
      undefined,
      { n: 2, m: 4, forward: 'input', backward: 'output' },
    ]);
    expect(() => bdwp({ weightUpdate: { n: 9, m: 8 } })).toThrow('1 to m = 8');
    for (const none of [false, 0, Number.NaN, '', null, true]) {
      expect(() => bdwp({ weightUpdate: none as never })).toThrow('options of weightUpdate: got');
    }
  });
});

describe('biMask with permutations', () => {
  const shape = [16, 16];
  const options = { n: 2, m: 4, permutations: 12, frequency: 10, seed: 3 };

  it('keeps at least as many weights as in their own order, within the forward mask, N:M in some order of the outputs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), (step) => {
        const weights = normal(256);
        const [plain, permuted] = [biMask(options), biMask({ ...options, permutations: 0 })]
          .reverse()
          .map((method) => masksAt(method, step, weights, shape));
        expect(ones(permuted.backward)).toBeGreaterThanOrEqual(ones(plain.backward));
        expect(permuted.forward).toEqual(plain.forward);
        expect(permuted.backward?.every((bit, i) => bit <= (plain.forward as Uint8Array)[i])).toBe(true);
        const rng = createRng(`3/permutations/0/${Math.floor(step / 10)}`);
        const orders = Array.from({ length: 12 }, () => rng.permutation(16));
        const inOrder = (order: ArrayLike<number>) =>
          Float32Array.from({ length: 256 }, (_, i) => permuted.backward?.[i - (i % 16) + order[i % 16]] as number);
        const isOne = [Array.from({ length: 16 }, (_, i) => i), ...orders].some((order) =>
          isNm(inOrder(order), kernelInfo(shape), { n: 2, m: 4, axis: 'output' }),
        );
        expect(isOne).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('finds the order that keeps all four weights where their own, in which two meet in each group, keeps two', () => {
    const weights = Float32Array.of(...[1, 2, 0, 0], ...[0, 0, 1, 2]);
    const method = (permutations: number) => biMask({ n: 1, m: 2, permutations });
    const kept = (permutations: number) => ones(masksAt(method(permutations), 0, weights, [2, 4]).backward);
    expect([kept(0), kept(20)]).toEqual([2, 4]);
  });

  it('orders outputs that come first as those that come last', () => {
    const weights = normal(48);
    const turned = weights.map((_, i) => weights[(i % 6) * 8 + Math.floor(i / 6)]); // [6, 8] as [8, 6]
    const info = { ...kernelInfo([8, 6]), inputAxis: 1, outputAxis: 0 };
    const at = { step: 0, sparsity: 0.5, rng: createRng(0) };
    const [masks] = biMask(options).updateMasks([{ info, weights: turned, masks: undefined }], at);
    const back = masks.backward?.map((_, i, mask) => mask[(i % 8) * 6 + Math.floor(i / 8)]);
    expect(back).toEqual(masksAt(biMask(options), 0, weights, [6, 8]).backward);
  });

  it('draws other orders every ten steps, the same for a seed, and refuses what is no count', () => {
    const weights = normal(256);
    const at = (step: number, seed = 3) => masksAt(biMask({ ...options, seed }), step, weights, shape).backward;
    expect(at(9)).toEqual(at(0));
    expect([at(10), at(20), at(30)].some((mask) => mask?.join() !== at(0)?.join())).toBe(true);
    expect([at(0, 4), at(0, 5)].some((mask) => mask?.join() !== at(0)?.join())).toBe(true);
    expect(() => biMask({ permutations: -1 })).toThrow('permutations: got -1');
    expect(() => biMask({ frequency: 0 })).toThrow('frequency: got 0');
  });
});

describe('transposableMask', () => {
  it('is N:M along both axes, with a dense gradient or none for what is masked', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom('zero' as const, 'dense-master' as const), (shape, pruned) => {
        const masks = masksFor(transposableMask({ pruned }), normal(shape[0] * shape[1]), shape, 0.5);
        const info = kernelInfo(shape);
        for (const axis of ['input', 'output'] as const) {
          expect(isNm(masks.forward as Uint8Array, info, { n: 2, m: 4, axis })).toBe(true);
        }
        expect(masks.backward).toBe(masks.forward);
        expect(masks.gradient).toBe(pruned === 'zero' ? masks.forward : null);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps 4.65 of the worked kernel by the best search and 4.5 by the greedy one', () => {
    const kept = (search: 'best' | 'greedy') => {
      const { forward } = masksFor(transposableMask({ search }), W, [4, 4], 0.5);
      return sum(W.map((weight, i) => Math.abs(weight) * (forward as Uint8Array)[i]));
    };
    expect(kept('best')).toBeCloseTo(4.65, 6);
    expect(kept('greedy')).toBeCloseTo(4.5, 6);
  });

  it('makes the mask of weights that stay 0 once, and refuses to decay them', () => {
    const [zero, master] = [transposableMask({ pruned: 'zero', beginStep: 3 }), transposableMask({ frequency: 2 })];
    expect([2, 3, 4].map((step) => zero.schedule(step).update)).toEqual([false, true, false]);
    expect([zero.slots, zero.decay, master.slots, master.decay]).toEqual(['zero', 0, 'keep', 2e-4]);
    expect([0, 1, 2].map((step) => master.schedule(step).update)).toEqual([true, false, true]);
    expect(() => transposableMask({ pruned: 'zero', decay: 0.1 })).toThrow('decay: got 0.1');
    expect(() => transposableMask({ pruned: 'dense' as 'zero' })).toThrow('pruned: got dense');
  });
});

describe('topKast', () => {
  it('trains the greatest weights, those in use among them, and uses the very greatest', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const weights = normal(shape[0] * shape[1]);
        const { forward, backward, gradient } = masksFor(
          topKast({ sparsity: 0.75, gradientSparsity: 0.25 }),
          weights,
          shape,
          0.75,
        );
        expect(backward).toBe(forward);
        expect(gradient?.every((bit, i) => bit >= (forward as Uint8Array)[i])).toBe(true);
        for (const mask of [forward, gradient] as Uint8Array[]) {
          const least = Math.min(...weights.filter((_, i) => mask[i] === 1).map(Math.abs));
          expect(weights.every((weight, i) => mask[i] === 1 || Math.abs(weight) <= least)).toBe(true);
        }
        expect(Math.abs(sparsityOf(gradient) - 0.25)).toBeLessThanOrEqual(0.5 / weights.length + 1e-9);
      }),
    );
  });

  it('penalises candidates by the inverse of the density: 0.1 w and 0.1 / 0.25 w', () => {
    const { penaltyGradient } = topKast({ sparsity: 0.75, penalty: 0.1 });
    const forward = Uint8Array.of(1, 0, 0, 0);
    const kernel = kernelState([4, -2, 1, 0], kernelInfo([4, 1]), { forward, backward: forward, gradient: null });
    const context = { step: 1, sparsity: 0.75, rng: createRng(0) };
    const penalty = Array.from(penaltyGradient?.(kernel, context) as Float32Array);
    [0.4, -0.8, 0.4, 0].forEach((value, i) => {
      expect(penalty[i]).toBeCloseTo(value, 6);
    });
    expect(penaltyGradient?.({ ...kernel, masks: undefined }, context)).toBeUndefined();
    expect(topKast({ penalty: 0 }).penaltyGradient).toBeUndefined();
  });

  it('trains half of the weights, or all that are in use where these are more', () => {
    expect([0.4, 0.5, 0.8].map((sparsity) => topKast({ sparsity }).config.gradientSparsity)).toEqual([0.4, 0.5, 0.5]);
  });

  it('refuses more weights in use than are trained, and a negative penalty', () => {
    expect(() => topKast({ sparsity: 0.5, gradientSparsity: 0.6 })).toThrow('gradientSparsity: got 0.6');
    expect(() => topKast({ penalty: -1 })).toThrow('penalty: got -1');
  });
});

describe('oneShot', () => {
  it('makes the masks of gradualMagnitude under a one-shot schedule', () => {
    const weights = normal(64);
    const gradual = gradualMagnitude({ schedule: oneShotSchedule({ sparsity: 0.8, step: 5 }) });
    const method = oneShot({ sparsity: 0.8, step: 5 });
    for (const step of [0, 4, 5, 6]) {
      expect(method.schedule(step)).toEqual(gradual.schedule(step));
      expect(masksAt(method, step, weights, [8, 8])).toEqual(masksAt(gradual, step, weights, [8, 8]));
    }
    expect(ones(masksAt(method, 5, weights, [8, 8]).forward)).toBe(13);
    expect(() => oneShot({ step: 0.5 })).toThrow('step: got 0.5');
  });
});
