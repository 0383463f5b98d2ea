import fc from 'fast-check';
import {
  bdwp,
  type Config,
  constantSchedule,
  cubicSchedule,
  type GradualMagnitudeOptions,
  globalAllocation,
  gradualMagnitude,
  type HardwareAwareOptions,
  hardwareAware,
  isNm,
  keptCount,
  type LayerMasks,
  linearSchedule,
  methodFromConfig,
  nm,
  oneShotSchedule,
  type PruningMethod,
  packMask,
  polynomialSchedule,
  type Schedule,
  sparsityOf,
  uniformAllocation,
  unpackMask,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
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

describe('a schedule of any kind', () => {
  const schedules: readonly [string, Schedule][] = [
    ['polynomial', polynomialSchedule({ finalSparsity: 0.75, endStep: 8, frequency: 2 })],
    ['linear', linearSchedule({ finalSparsity: 0.75, beginStep: 2, endStep: 6 })],
    ['cubic', cubicSchedule({ finalSparsity: 0.5, frequency: 2, updates: 3 })],
    ['constant', constantSchedule({ sparsity: 0.75, beginStep: 3, frequency: 4 })],
    ['one-shot', oneShotSchedule({ sparsity: 0.5, step: 4 })],
    ['of your own', (step) => ({ sparsity: step < 5 ? 0.25 : 0.5, update: step === 1 || step === 5 })],
  ];

  it.each(schedules)('decides when and how much gradualMagnitude and hardwareAware prune: %s', (_, schedule) => {
    for (const method of [gradualMagnitude({ schedule }), hardwareAware({ schedule })]) {
      let masks: LayerMasks | undefined;
      for (let step = 0; step < 12; step++) {
        const state = method.schedule(step);
        expect(state).toEqual(schedule(step));
        if (!state.update) continue;
        const context = { step, sparsity: state.sparsity, rng };
        [masks] = method.updateMasks([kernelState(normal(64), kernelInfo([8, 8]), masks)], context);
        expect(sum(masks.forward ?? new Uint8Array(64).fill(1))).toBe(keptCount(64, state.sparsity));
      }
      expect(masks?.forward).toBeDefined();
    }
  });

  it.each(schedules.slice(0, -1))('goes into the config, and comes out of it again: %s', (_, schedule) => {
    for (const { config } of [gradualMagnitude({ schedule }), hardwareAware({ schedule, regulariser: { lambda: 0.1 } })]) {
      expect(config.schedule).toEqual(schedule.config);
      const again = methodFromConfig(JSON.parse(JSON.stringify(config)));
      expect(again.config).toEqual(config);
      for (let step = 0; step < 12; step++) expect(again.schedule(step)).toEqual(schedule(step));
    }
  });

  it.each([
    ['linear', { finalSparsity: 0.5, endStep: 8 }, linearSchedule({ finalSparsity: 0.5, endStep: 8 })],
    ['cubic', { finalSparsity: 0.5, frequency: 2, updates: 4 }, cubicSchedule({ finalSparsity: 0.5, frequency: 2, updates: 4 })],
  ])('is made from plain data under its name %s', (name, options, schedule) => {
    const made = methodFromConfig({ name: 'gradual', schedule: { name, ...options } });
    for (let step = 0; step < 12; step++) expect(made.schedule(step)).toEqual(schedule(step));
  });

  it('is called custom in the config when it is your own, of which no method can be made', () => {
    const { config } = gradualMagnitude({ schedule: () => ({ sparsity: 0.5, update: true }) });
    expect(config.schedule).toEqual({ name: 'custom' });
    expect(() => methodFromConfig(config)).toThrow('It was a function of your own');
  });

  const schedule = constantSchedule({ sparsity: 0.5 });
  it.each<[string, object, string]>([
    ['a ramp beside it', { schedule, finalSparsity: 0.9, endStep: 10 }, 'got a schedule and finalSparsity, endStep'],
    ['neither', {}, 'expected a schedule, or endStep of a ramp'],
    ['a ramp without an end', { finalSparsity: 0.9 }, 'got finalSparsity without endStep'],
    ['plain data', { schedule: { name: 'constant', sparsity: 0.5 } }, 'methodFromConfig'],
  ])('is refused with %s', (_, options, message) => {
    expect(() => gradualMagnitude(options as GradualMagnitudeOptions)).toThrow(SparsityError);
    expect(() => gradualMagnitude(options as GradualMagnitudeOptions)).toThrow(message);
    expect(() => hardwareAware(options as HardwareAwareOptions)).toThrow(message);
  });

  it('is one of two forms of the options, also for the type checker', () => {
    // @ts-expect-error: a schedule and an option of the ramp
    expect(() => gradualMagnitude({ schedule, endStep: 10 })).toThrow(SparsityError);
    // @ts-expect-error: neither of the two
    expect(() => hardwareAware({ block: { kind: 'row' } })).toThrow(SparsityError);
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
