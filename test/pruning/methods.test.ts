import fc from 'fast-check';
import {
  bdwp,
  type Config,
  globalAllocation,
  gradualMagnitude,
  hardwareAware,
  isNm,
  keptCount,
  type LayerMasks,
  methodFromConfig,
  nm,
  type PruningMethod,
  packMask,
  sparsityOf,
  uniformAllocation,
  unpackMask,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { kernelInfo, kernelState, sum } from './kernel-info.js';

const rng = createRng('methods');
const normal = (size: number) => Float32Array.from({ length: size }, () => rng.normal());
const only = (method: PruningMethod, weights: Float32Array, shape: readonly number[], sparsity: number, masks?: LayerMasks) =>
  method.updateMasks([kernelState(weights, kernelInfo(shape), masks)], { step: 0, sparsity, rng })[0];

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
      const next = only(method, weights, [30, 20], sparsity, masks);
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
    const masks = only(method, weights, [8, 8], 0.5);
    expect(masks.backward).toBe(masks.forward);
    expect(masks.gradient).toBe(masks.forward);
    expect(only(method, weights, [8, 8], 0)).toEqual({ forward: null, backward: null, gradient: null });
    expect([method.pruned, method.slots, method.decay]).toEqual(['zero', 'zero', 0]);
  });

  it('keeps a pruned weight out even when it is asked for less sparsity than there is', () => {
    const first = only(method, normal(64), [8, 8], 0.75);
    expect(only(method, normal(64), [8, 8], 0.5, first).forward).toEqual(first.forward);
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
    only(gradualMagnitude({ endStep: 10 }), weights, [2, 2], 0.5, masks);
    expect(weights).toEqual(Float32Array.of(1, -2, 3, -4));
    expect(masks.forward).toEqual(Uint8Array.of(1, 1, 0, 1));
  });

  it('prunes by hand: of [1, -2, 3, -4] at one half -2 and 1 go; a pruned 3 stays away', () => {
    const method = gradualMagnitude({ endStep: 10 });
    expect(only(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5).forward).toEqual(Uint8Array.of(0, 0, 1, 1));
    const masks: LayerMasks = { forward: Uint8Array.of(1, 1, 0, 1), backward: null, gradient: null };
    expect(only(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5, masks).forward).toEqual(Uint8Array.of(0, 1, 0, 1));
  });

  it('lets a weight return and keeps gradients and slots dense when it regrows', () => {
    const method = gradualMagnitude({ endStep: 10, power: 1, regrow: true });
    const masks: LayerMasks = { forward: Uint8Array.of(1, 1, 0, 1), backward: null, gradient: null };
    const next = only(method, Float32Array.of(1, -2, 3, -4), [2, 2], 0.5, masks);
    expect(next.forward).toEqual(Uint8Array.of(0, 0, 1, 1));
    expect(next.gradient).toBeNull();
    expect([method.pruned, method.slots]).toEqual(['zero', 'keep']);
  });

  it('freezes an N:M pattern once it is there', () => {
    const method = gradualMagnitude({ endStep: 10, pattern: nm({ n: 2, m: 4 }) });
    const first = only(method, normal(64), [8, 8], 0.1);
    expect(sparsityOf(first.forward)).toBe(0.5);
    expect(only(method, normal(64), [8, 8], 0.9, first).forward).toEqual(first.forward);
  });

  it('leaves layers named in exclude dense, and says so', () => {
    const method = gradualMagnitude({ endStep: 10, exclude: ['kernel'] });
    expect(method.skip(kernelInfo([2, 2]))).toBe('excluded by name');
    expect(method.skip({ ...kernelInfo([2, 2]), name: 'other' })).toBeUndefined();
  });
});

describe('allocations', () => {
  const kernels = [
    { info: kernelInfo([1, 4]), scores: Float32Array.of(0.1, 0.9, 0.2, 0.5) },
    { info: kernelInfo([1, 2]), scores: Float32Array.of(7, 8) },
    { info: kernelInfo([1, 2]), scores: Float32Array.of(0, 0) },
  ];

  it('give all layers the same, or all weights one threshold', () => {
    expect(uniformAllocation()(kernels, 0.5)).toEqual([0.5, 0.5, 0.5]);
    expect(globalAllocation()(kernels, 0.5)).toEqual([0.75, 0, 0.5]);
    expect(globalAllocation()(kernels, 0.25)).toEqual([0.25, 0, 0.5]);
  });

  it('empty a layer whose scores are all low under the profile jaxpruner only', () => {
    const low = [kernels[1], { info: kernelInfo([1, 4]), scores: Float32Array.of(1, 2, 3, 4) }];
    expect(globalAllocation({ profile: 'jaxpruner' })(low, 0.7)).toEqual([0, 1]);
    expect(globalAllocation()(low, 0.7)).toEqual([0.5, 0.75]);
    const method = gradualMagnitude({ endStep: 10, allocation: globalAllocation({ profile: 'jaxpruner' }) });
    const states = low.map(({ info, scores }) => kernelState(scores, info));
    const masks = method.updateMasks(states, { step: 0, sparsity: 0.7, rng });
    expect(masks.map(({ forward }) => forward && [...forward])).toEqual([null, [0, 0, 0, 0]]);
  });

  it('keep in all layers together exactly the count, one in each at least', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.float({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 30 }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.constantFrom('none' as const, 'l2' as const),
        (layers, sparsity, normalise) => {
          const scored = layers.map((values) => ({ info: kernelInfo([1, values.length]), scores: Float32Array.from(values) }));
          const kept = globalAllocation({ normalise })(scored, sparsity).map((s, i) => keptCount(layers[i].length, s));
          expect(sum(kept)).toBe(Math.max(layers.length, keptCount(layers.flat().length, sparsity)));
          expect(Math.min(...kept)).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('hardwareAware', () => {
  it('shrinks what is beyond the final budget during the ramp only', () => {
    const method = hardwareAware({ finalSparsity: 0.5, beginStep: 5, endStep: 10, regulariser: { lambda: 0.5 } });
    const kernel = kernelState([3, -1, 0.25, 2], kernelInfo([4, 1]));
    const at = (step: number) => method.proximal?.(kernel, { step, sparsity: 0.1, rng });
    expect(at(5)).toEqual(Float32Array.of(3, -0.5, 0, 2));
    expect([at(4), at(11)]).toEqual([undefined, undefined]);
    expect(hardwareAware({ endStep: 10 }).proximal).toBeUndefined();
  });
});

describe('bdwp', () => {
  // A worked example of a dense layer at 2:4.
  const weights = Float32Array.of(0.9, -0.1, 0.4, 0.3, 0.2, 0.8, -0.6, 0.1, -0.5, 0.7, 0.05, -0.2, 0.1, -0.3, 0.25, 0.6);

  it('makes both masks of the worked example from the same dense weights', () => {
    const { forward, backward, gradient } = only(bdwp({ n: 2, m: 4 }), weights, [4, 4], 0.5);
    expect(forward).toEqual(Uint8Array.of(1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1));
    expect(backward).toEqual(Uint8Array.of(1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1));
    expect(gradient).toBeNull();
  });

  it('is N:M along the reduction axis of each pass, for convolutions too, and forgets earlier masks', () => {
    const shape = [3, 3, 12, 20];
    const first = only(bdwp(), normal(2160), shape, 0.75);
    const next = only(bdwp(), normal(2160), shape, 0.75, first);
    const info = kernelInfo(shape);
    expect(isNm(next.forward as Uint8Array, info, { n: 2, m: 8, axis: 'input' })).toBe(true);
    expect(isNm(next.backward as Uint8Array, info, { n: 2, m: 8, axis: 'output' })).toBe(true);
    expect(isNm(next.forward as Uint8Array, info, { n: 2, m: 8, axis: 'output' })).toBe(false);
    // 8 + 4 inputs keep 2 + 2 of 12; 8 + 8 + 4 outputs keep 6 of 20.
    expect(sum(next.forward as Uint8Array)).toBe((2160 * 4) / 12);
    expect(sum(next.backward as Uint8Array)).toBe((2160 * 6) / 20);
    expect((next.forward as Uint8Array).some((bit, i) => bit > (first.forward as Uint8Array)[i])).toBe(true);
  });

  it('makes masks before the first step and after every one', () => {
    const { schedule } = bdwp({ n: 1, m: 4 });
    expect([0, 1, 777].map(schedule)).toEqual(Array(3).fill({ sparsity: 0.75, update: true }));
    expect(bdwp({ beginStep: 9 }).schedule(8).update).toBe(false);
  });

  it('says why it leaves a kernel dense', () => {
    const { skip } = bdwp({ exclude: ['last'] });
    expect(skip(kernelInfo([3, 3, 3, 16]))).toBe('3 input channels are fewer than m = 8');
    expect(skip(kernelInfo([16, 4]))).toBe('4 output channels are fewer than m = 8');
    expect(skip(kernelInfo([3, 3, 16, 1], 'depthwiseConv2d'))).toContain('depthwise');
    expect(skip({ ...kernelInfo([16, 16]), name: 'last' })).toBe('excluded by name');
    expect(skip(kernelInfo([8, 10]))).toBeUndefined();
  });

  it.each([
    [{ n: 8 }, 'less than m = 8'],
    [{ n: 9 }, '1 to m = 8'],
    [{ decay: -1 }, 'decay'],
    [{ beginStep: 0.5 }, 'beginStep'],
  ])('refuses %o', (options, message) => {
    expect(() => bdwp(options)).toThrow(message);
  });
});

describe('methodFromConfig', () => {
  const configs: readonly Config[] = [
    gradualMagnitude({ endStep: 10, pattern: nm({ n: 1, m: 4, axis: -1 }), allocation: globalAllocation({ normalise: 'l2' }) })
      .config,
    gradualMagnitude({ endStep: 10, regrow: true, exclude: ['a'], power: 1, profile: 'tfmot' }).config,
    hardwareAware({ endStep: 10, block: { kind: 'lanes', width: 16 }, budgets: 'mass', regulariser: { lambda: 0.1 } }).config,
    bdwp({ n: 1, m: 16, decay: 0 }).config,
  ];

  it.each(configs)('makes the method again from its own config, by way of JSON: $name', (config) => {
    const again = methodFromConfig(JSON.parse(JSON.stringify(config)));
    expect(again.config).toEqual(config);
    expect(again.name).toBe(config.name);
    expect(again.proximal !== undefined).toBe(config.regulariser !== undefined);
  });

  it('makes the same masks', () => {
    const method = hardwareAware({ endStep: 10, block: { kind: 'nm', m: 8 } });
    const weights = normal(256);
    expect(only(methodFromConfig(method.config), weights, [16, 16], 0.8)).toEqual(only(method, weights, [16, 16], 0.8));
  });

  it.each([
    [{ name: 'gradua', endStep: 10 }, 'Did you mean gradual'],
    [{ name: 'bdwp', M: 8 }, 'Did you mean'],
    [{ name: 'gradual', endstep: 10 }, 'Did you mean endStep'],
    [{ name: 'bdwp', finalSparsity: 0.9 }, 'pruning method bdwp: got finalSparsity'],
    [{ name: 'gradual', endStep: 10, pattern: { name: 'nm', n: 2, m: 4, axes: 0 } }, 'Did you mean axis'],
    [{ name: 'gradual', endStep: 10, finalSparsity: 90 }, 'in [0, 1)'],
    [{ name: 'toString' }, 'one of gradual'],
  ])('refuses %o', (config, message) => {
    expect(() => methodFromConfig(config)).toThrow(message);
  });
});

describe('packMask', () => {
  it('is undone by unpackMask, at an eighth of the size', () => {
    fc.assert(
      fc.property(fc.uint8Array({ max: 1, maxLength: 40 }), (mask) => {
        const packed = packMask(mask);
        expect(packed).toHaveLength(Math.ceil(mask.length / 8));
        expect(unpackMask(packed, mask.length)).toEqual(mask);
      }),
    );
  });

  it('puts the first weight into the highest bit', () => {
    expect(packMask(Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 1, 1))).toEqual(Uint8Array.of(177, 128));
    expect(() => unpackMask(Uint8Array.of(177), 9)).toThrow('2 for 9 weights');
  });
});

describe('sparsityOf', () => {
  it('counts zeros in masks and weights, and takes null for ones', () => {
    expect([sparsityOf(Uint8Array.of(1, 0, 0, 1)), sparsityOf(Float32Array.of(0, -0, 0, 2)), sparsityOf(null)]).toEqual([
      0.5, 0.75, 0,
    ]);
    expect(sparsityOf(new Uint8Array(0))).toBe(0);
  });
});
