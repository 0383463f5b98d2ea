import fc from 'fast-check';
import {
  dropBack,
  gradualMagnitude,
  hardwareAware,
  type LayerMasks,
  type PruningMethod,
  perLayer,
  rigl,
  sdgp,
  sparseTrain,
  srSte,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { kernelInfo, normal, rng } from './kernel-info.js';

const names = ['conv1', 'conv2', 'fc1', 'out'];
const none: LayerMasks = { forward: null, backward: null, gradient: null };
const kernels = names.map((name) => ({ info: { ...kernelInfo([8, 4]), name }, weights: normal(32), masks: { ...none } }));
const pairs = srSte({ n: 2, m: 4, beginStep: 3 });
const ramp = gradualMagnitude({ finalSparsity: 0.8, endStep: 8, frequency: 4 });
const both = perLayer({ methods: { '*': ramp, 'conv*': pairs, conv2: ramp } });

describe('perLayer', () => {
  it('law: at any step a layer has the masks that its own method makes for the layers of its name, or those it had', () => {
    const rules = { conv1: pairs, conv2: ramp, fc1: ramp, out: ramp };
    const ordered = perLayer({ methods: { conv1: pairs, '/^/': ramp } });
    fc.assert(
      fc.property(fc.nat(12), (step) => {
        const context = { step, sparsity: ordered.schedule(step).sparsity, rng };
        const masks = ordered.updateMasks(kernels, context);
        kernels.forEach((kernel, i) => {
          const method = rules[names[i] as keyof typeof rules];
          const { update, sparsity } = method.schedule(step);
          if (update) expect(masks[i]).toEqual(method.updateMasks([kernel], { ...context, sparsity })[0]);
          else expect(masks[i]).toBe(kernel.masks);
          expect(ordered.treatmentOf?.(kernel.info)).toMatchObject({ pruned: method.pruned, slots: method.slots });
        });
      }),
    );
  });

  it('has the mean of the sparsities, and an update where one has: [0, 0.5] and the ramp by hand', () => {
    expect([0, 2, 3, 4, 8].map((step) => both.schedule(step).update)).toEqual([true, false, true, true, true]);
    // 0.8 (1 - (1 - 4 / 8)^3) = 0.7, twice, and 0.5.
    expect(both.schedule(4).sparsity).toBeCloseTo(1.9 / 3, 12);
    expect([both.pruned, both.slots, both.decay, both.needs]).toEqual(['zero', 'zero', 0, undefined]);
  });

  it('leaves layers dense that it does not name or whose method skips them, and says so', () => {
    const some = perLayer({ methods: { 'conv*': pairs, fc1: gradualMagnitude({ endStep: 2, exclude: ['fc1'] }) } });
    const reasons = names.map((name) => some.skip({ ...kernelInfo([name === 'conv2' ? 3 : 8, 4]), name }));
    expect(reasons).toEqual([
      undefined,
      '3 input channels are fewer than m = 4',
      'excluded by name',
      'no method is named for it',
    ]);
  });

  it('hands the state, the proximal step, the penalty and the thinning of a layer to its own method', () => {
    const regulariser = { kind: 'surrogate', lambda: 0.1 } as const;
    const penalised = hardwareAware({ endStep: 8, regulariser });
    const rest = { conv1: dropBack({ sparsity: 0.5 }), fc1: penalised, out: sdgp() };
    const method = perLayer({ methods: { ...rest, conv2: rigl({ endStep: 9 }) } });
    expect(method.needs).toEqual(['state', 'gradient']);
    const states = kernels.map((kernel) => method.accumulate?.(kernel));
    expect(states.map((state) => state?.length)).toEqual([32, 0, 0, 0]);
    const moved = kernels.map((kernel, i) => ({ ...kernel, weights: normal(32), state: states[i] }));
    const context = { step: 1, sparsity: 0.1, rng };
    const own = (part: PruningMethod) => ({ ...context, sparsity: part.schedule(1).sparsity });
    expect(method.proximal?.(moved, context)).toEqual([
      rest.conv1.proximal?.([moved[0]], own(rest.conv1))[0],
      undefined,
      undefined,
      undefined,
    ]);
    const penalty = penalised.penaltyGradient?.(moved[2], own(penalised));
    expect(moved.map((kernel) => method.penaltyGradient?.(kernel, context))).toEqual([undefined, undefined, penalty, undefined]);
    expect(moved.map(({ info }) => Object.keys(method.thin?.(info, context) ?? {}))).toEqual([[], [], [], ['backwardE']]);
  });

  it('has methods of one kind draw apart', () => {
    const noisy = () => sparseTrain({ pruningRate: 0.5 });
    const method = perLayer({ methods: { conv1: noisy(), conv2: noisy() } });
    const errors = normal(64);
    const [first, second] = kernels.map(({ info }) => method.thin?.(info, { step: 0, sparsity: 0, rng })?.E?.(errors, [1, 64]));
    expect(first).not.toEqual(second);
  });

  it('refuses what is no record of methods', () => {
    for (const methods of [[], {}, null, 'gradual']) expect(() => perLayer({ methods } as never)).toThrow(/^methods: got /);
    expect(() => perLayer({ methods: { conv1: {} as never } })).toThrow('method of conv1: got {}, expected a pruning method');
    expect(() => perLayer({ methods: { '/(/': ramp } })).toThrow('methods: got /(/');
  });
});
