import {
  constantSchedule,
  cubicSchedule,
  type GradualMagnitudeOptions,
  gradualMagnitude,
  type HardwareAwareOptions,
  hardwareAware,
  keptCount,
  type LayerMasks,
  linearSchedule,
  methodFromConfig,
  oneShotSchedule,
  perLayer,
  polynomialSchedule,
  type Schedule,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
import { kernelInfo, kernelState, normal, rng, sum } from './kernel-info.js';

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

  it('counts steps from 1 under the profile tfmot, as a ramp, as a schedule and within a method by layer', () => {
    const ramp = { finalSparsity: 0.5, endStep: 4, frequency: 2, profile: 'tfmot' } as const;
    const schedule = polynomialSchedule(ramp);
    const methods = [gradualMagnitude(ramp), gradualMagnitude({ schedule }), hardwareAware({ schedule })];
    for (const method of [...methods, perLayer({ methods: { '*': methods[0] } })]) {
      for (let step = 0; step < 8; step++) expect(method.schedule(step)).toEqual(schedule(step + 1));
    }
    const constant = constantSchedule({ sparsity: 0.5, frequency: 100, profile: 'tfmot' });
    const { schedule: counted } = gradualMagnitude({ schedule: constant });
    expect([0, 98, 99, 100, 199].map((step) => counted(step).update)).toEqual([false, false, true, false, true]);
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
