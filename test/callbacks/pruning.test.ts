import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { maskedDense, optimizerSlots, prunableKernels } from 'tfjs-sparsity/ops';
import {
  acdc,
  byLayer,
  constantSchedule,
  dropBack,
  type GradualMagnitudeOptions,
  gradualMagnitude,
  hardwareAware,
  type KernelState,
  mapAllocation,
  movementScore,
  nm,
  oneShot,
  type Pattern,
  type PruningMethod,
  perLayer,
  sdgp,
  sdwp,
  sparseTrain,
  srSte,
  ste,
  unstructured,
  wholeBlocks,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it, vi } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { randomMethod, tinyData, tinyModel } from './tiny-run.js';

const optimizers: Record<string, () => tf.Optimizer> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.1, 0.9),
  adagrad: () => tf.train.adagrad(0.1),
  adadelta: () => tf.train.adadelta(0.1),
  adam: () => tf.train.adam(0.01),
  adamax: () => tf.train.adamax(0.01),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.5),
};

/** Values and slots of the three kernels, with their masks. */
function kernelsOf(model: tf.LayersModel) {
  return prunableKernels(model).map((kernel) => {
    const layer = model.getLayer(kernel.info.name);
    const variable = layer.weights[0]?.read() as tf.Variable;
    const slots = optimizerSlots(model.optimizer, variable).map((slot) => slot.dataSync());
    return {
      mask: kernel.masks.forward ?? new Uint8Array(kernel.readKernel().length).fill(1),
      values: kernel.readKernel(),
      slots,
    };
  });
}

async function train(model: tf.LayersModel, callbacks: unknown[], options: Partial<tf.ModelFitArgs> = {}) {
  const { xs, ys } = tinyData();
  const args = { epochs: 1, batchSize: 4, shuffle: false, verbose: 0, ...options } as const;
  const history = await model.fit(xs, ys, { ...args, callbacks: callbacks as tf.Callback[] });
  tf.dispose([xs, ys]);
  return history.history as Record<string, number[]>;
}

/** Runs `check` after every step, behind the pruning callback. */
const behind = (check: () => void) => ({ onBatchEnd: async () => check() });

describe('pruning()', () => {
  it.each(Object.entries(optimizers))('zero: weights and slots are exactly 0 after every step under %s', async (_, make) => {
    const model = tinyModel(make());
    let zeros = 0;
    const check = () => {
      for (const { mask, values, slots } of kernelsOf(model)) {
        for (const [i, bit] of mask.entries()) {
          if (bit) continue;
          zeros++;
          if (values[i] !== 0 || !slots.every((slot) => slot[i] === 0)) throw new Error(`not zero at ${i}`);
        }
      }
    };
    const prune = pruning(randomMethod({ schedule: (step) => ({ sparsity: 0.5, update: step % 3 === 0 }) }).method);
    await train(model, [prune, behind(check)], { epochs: 2 });
    expect(zeros).toBeGreaterThan(100);
    expect(prune.step).toBe(8);
    model.dispose();
  });

  it.each([
    ['an unmasked gradient', { gradient: false }],
    ['slots that are kept', { slots: 'keep' }],
  ] as const)('zero: weights are exactly 0 after every step with %s', async (_, options) => {
    const model = tinyModel(tf.train.momentum(0.1, 0.9));
    const check = () => {
      for (const { mask, values } of kernelsOf(model))
        expect(values.every((value, i) => mask[i] === 1 || value === 0)).toBe(true);
    };
    const { method } = randomMethod({ ...options, schedule: (step) => ({ sparsity: 0.5, update: step === 2 }) });
    await train(model, [pruning(method), behind(check)], { epochs: 2 });
    model.dispose();
  });

  it('asks for masks before the first forward pass and after the steps that the schedule names', async () => {
    const model = tinyModel();
    const { method, asked } = randomMethod({ schedule: (step) => ({ sparsity: step / 10, update: step % 2 === 0 }) });
    await train(model, [pruning(method)], { epochs: 1 });
    expect(asked).toEqual([
      { step: 0, sparsity: 0, hadMasks: false },
      { step: 2, sparsity: 0.2, hadMasks: true },
      { step: 4, sparsity: 0.4, hadMasks: true },
    ]);
    model.dispose();
  });

  it('dense-master: stored weights stay dense while the operands obey masks made anew after each update', async () => {
    const model = tinyModel();
    const { method, asked } = randomMethod({
      pruned: 'dense-master',
      slots: 'keep',
      gradient: false,
      backward: true,
      schedule: () => ({ sparsity: 0.75, update: true }),
    });
    const history = await train(model, [pruning(method)]);
    expect(asked.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    for (const kernel of prunableKernels(model)) expect(kernel.readKernel().filter((value) => value === 0).length).toBe(0);
    expect(history.sparsity?.[0]).toBeCloseTo(0.75, 1);
    model.dispose();
  });

  it('puts the sparsity of all prunable kernels into the epoch logs, and tells why a kernel was skipped', async () => {
    const model = tinyModel();
    const { method } = randomMethod({ skip: ({ name }) => (name === 'conv' ? 'first layer' : undefined) });
    const prune = pruning(method);
    const history = await train(model, [prune], { epochs: 2 });
    expect(prune.skips).toEqual([{ layer: 'conv', reason: 'first layer' }]);
    const rows = prune.layerSparsity();
    expect(rows.map(({ layer, weights, skipped }) => [layer, weights, skipped])).toEqual([
      ['conv', 72, 'first layer'],
      ['hidden', 512, undefined],
      ['head', 24, undefined],
    ]);
    const kept = rows.reduce((sum, row) => sum + row.kept, 0);
    expect(history.sparsity?.[1]).toBeCloseTo(1 - kept / 608, 12);
    expect(rows[0]?.sparsity).toBe(0);
    model.dispose();
  });

  it('takes a proximal step right after the optimizer, before masks are made', async () => {
    const model = tinyModel(tf.train.sgd(0)); // only the proximal step changes weights
    const initial = prunableKernels(model).map((kernel) => kernel.readKernel());
    const seen: Float32Array[][] = [];
    const { method } = randomMethod({
      pruned: 'dense-master',
      schedule: (step) => ({ sparsity: 0, update: step > 0 }),
      proximal: (kernels) =>
        kernels.map(({ weights, info }) => (info.name === 'head' ? weights.map((value) => value / 2) : undefined)),
    });
    const watched: typeof method = {
      ...method,
      updateMasks(kernels, context) {
        seen.push(kernels.map(({ weights }) => weights));
        return method.updateMasks(kernels, context);
      },
    };
    await train(model, [pruning(watched)]);
    const [conv, hidden, head] = initial as [Float32Array, Float32Array, Float32Array];
    const halved = (times: number) => [conv, hidden, head.map((value) => value / 2 ** times)];
    expect(seen).toEqual([halved(1), halved(2), halved(3), halved(4)]);
    model.dispose();
  });

  it('refuses no method, an excluded name that no layer has, and centered RMSProp, which is NaN without gradient', async () => {
    expect(() => pruning(undefined as unknown as PruningMethod)).toThrow('got undefined, expected a pruning method');
    expect(() => pruning(randomMethod().method, { sed: 7 } as never)).toThrow('option of pruning: got sed, expected one of seed');
    for (const seed of [Number.NaN, null, {}]) {
      expect(() => pruning(randomMethod().method, { seed } as never)).toThrow(/^seed: got .*expected a number or text/);
    }
    const model = tinyModel();
    const method = gradualMagnitude({ endStep: 4, exclude: ['heat'] });
    await expect(train(model, [pruning(method)])).rejects.toThrow(/got heat, expected names among conv, hidden, head.*head/);
    model.compile({ optimizer: tf.train.rmsprop(0.01, 0.9, 0.5, undefined, true), loss: 'meanSquaredError' });
    await expect(train(model, [pruning(randomMethod().method)])).rejects.toThrow('centered RMSProp');
    model.dispose();
  });

  it('takes patterns of excluded names, and refuses one that no layer fits', async () => {
    const model = tinyModel();
    const excluding = (exclude: string[]) => pruning(gradualMagnitude({ finalSparsity: 0.5, endStep: 4, exclude }));
    const callback = excluding(['h*', '/^c.nv$/']);
    await expect(train(model, [callback])).rejects.toThrow('conv: excluded by name; hidden: excluded by name; head');
    const some = excluding(['*d*n']);
    await train(model, [some]);
    expect(some.skips).toEqual([{ layer: 'hidden', reason: 'excluded by name' }]);
    await expect(train(model, [excluding(['h*', 'pool*'])])).rejects.toThrow(
      /got pool\*, expected names among conv, hidden, head/,
    );
    model.dispose();
  });

  it('prunes layers by methods of their own as one callback for each method does, bit for bit', async () => {
    const [pairs, ramp] = [
      (exclude: string[]) => srSte({ n: 2, m: 4, decay: 0.1, exclude }),
      (exclude: string[]) => gradualMagnitude({ finalSparsity: 0.8, endStep: 3, frequency: 2, exclude }),
    ];
    const trained = async (callbacks: unknown[]) => {
      const model = tinyModel(tf.train.adam(0.01));
      await train(model, callbacks);
      const kernels = prunableKernels(model).map((kernel) => ({ values: kernel.readKernel(), masks: kernel.masks }));
      model.dispose();
      return kernels;
    };
    const method = perLayer({ methods: { hidden: pairs([]), '*': ramp([]) } });
    const apart = await trained([pruning(pairs(['conv', 'head'])), pruning(ramp(['hidden']))]);
    expect(await trained([pruning(method)])).toEqual(apart);
    const misspelt = perLayer({ methods: { 'hide*': pairs([]), '*': ramp([]) } });
    await expect(trained([pruning(misspelt)])).rejects.toThrow(
      /^methods of pruning method per-layer: got hide\*, .*Did you mean hidden/,
    );
    const idle = perLayer({ methods: { head: pairs([]), '*': ramp([]), conv: srSte({ n: 2, m: 4 }) } });
    await expect(trained([pruning(idle)])).rejects.toThrow(
      /^methods of pruning method per-layer: got conv, where conv: 2 input channels are fewer than m = 4, expected a layer that its method prunes/,
    );
  });

  it('refuses at once a name in a pattern or an allocation that no pruned layer has, long before masks are made', async () => {
    const model = tinyModel();
    const methodOf = (options: Pick<GradualMagnitudeOptions, 'pattern' | 'allocation' | 'exclude'>) =>
      gradualMagnitude({ schedule: constantSchedule({ sparsity: 0.5, beginStep: 1000 }), ...options });
    const patterned = (name: string) => byLayer({ patterns: { [name]: nm({ n: 1, m: 2 }) } });
    const trained = (options: Parameters<typeof methodOf>[0]) => train(model, [pruning(methodOf(options))]);
    await expect(trained({ pattern: patterned('con*k') })).rejects.toThrow(
      /^patterns of pruning method gradual: got con\*k, expected names among conv, hidden, head\. Did you mean conv/,
    );
    const nested = byLayer({ patterns: {}, otherwise: patterned('heat') });
    await expect(trained({ pattern: nested })).rejects.toThrow(/^patterns of .*: got heat, .*Did you mean head/);
    const allocation = mapAllocation({ sparsities: { 'h*': 0.5, conf: 0.5 } });
    await expect(trained({ allocation })).rejects.toThrow(/^sparsities of pruning method gradual: got conf, /);
    const excluded = { pattern: patterned('conv'), exclude: ['conv'] };
    await expect(trained(excluded)).rejects.toThrow(/got conv, expected names among hidden, head\./);
    const taken = mapAllocation({ sparsities: { '*': 0.5, 'h*': 0.8 } });
    await expect(trained({ allocation: taken })).rejects.toThrow(/^sparsities of .*: got h\*, .* hidden goes to \*\. /);
    const both = byLayer({ patterns: { 'c*': unstructured(), conv: nm({ n: 1, m: 2 }) } });
    await expect(trained({ pattern: both })).rejects.toThrow(/^patterns of .*: got c\*, .* conv goes to conv\. /);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await trained({ pattern: patterned('con*'), allocation: mapAllocation({ sparsities: { '/^h/': 0.5 } }) });
    warn.mockRestore();
    model.dispose();
  });

  it('refuses at once a layer that the pattern of its method does not fit, long before masks are made', async () => {
    const model = tinyModel();
    const late = constantSchedule({ sparsity: 0.5, beginStep: 1000 });
    const refused = async (method: PruningMethod, message: string) => {
      const steps = vi.fn();
      await expect(train(model, [pruning(method), behind(steps)])).rejects.toThrow(message);
      expect(steps).not.toHaveBeenCalled();
    };
    const pairs = nm({ n: 2, m: 4, profile: 'jaxpruner' });
    const thrice = 'axis input of conv: got 2, expected a multiple of m = 4';
    await refused(gradualMagnitude({ schedule: late, pattern: pairs }), thrice);
    await refused(oneShot({ step: 1000, pattern: pairs }), thrice);
    await refused(ste({ beginStep: 1000, pattern: pairs }), thrice);
    const blocks = wholeBlocks({ sides: [{ axis: 'input', width: 2 }], profile: 'tfmot' });
    const phases = { sparsity: 0.5, beginStep: 1000, endStep: 1000, sparseSteps: 1, denseSteps: 1 };
    await refused(acdc({ ...phases, pattern: blocks }), 'kernel conv: got [3,3,2,4], expected two axes, as tfmot wants');
    const third = gradualMagnitude({ schedule: late, pattern: nm({ n: 2, m: 4, axis: 3 }) });
    await refused(perLayer({ methods: { conv: third, 'h*': third } }), 'axis of hidden: got 3, expected input, output, window');
    const block = { kind: 'lanes', width: 2, axis: 2 } as const;
    await refused(hardwareAware({ schedule: late, block }), 'axis of hidden: got 2');
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await train(model, [pruning(gradualMagnitude({ schedule: late, pattern: pairs, exclude: ['conv'] }))]);
    warn.mockRestore();
    model.dispose();
  });

  it('refuses masks of your own that are no Uint8Array of 0 and 1', async () => {
    const model = tinyModel();
    const schedule = constantSchedule({ sparsity: 0.5 });
    const pattern = ((scores: Float32Array) => new Float32Array(scores.length)) as unknown as Pattern;
    await expect(train(model, [pruning(gradualMagnitude({ schedule, pattern }))])).rejects.toThrow(
      /^mask of layer conv: got Float32Array, expected a Uint8Array of 0 and 1\./,
    );
    const [kernel] = prunableKernels(model);
    const mask = new Uint8Array(kernel.readKernel().length).fill(255);
    const treatment = { pruned: 'zero', slots: 'zero', decay: 0 } as const;
    expect(() => kernel.repack({ forward: mask, backward: mask, gradient: mask }, treatment)).toThrow(
      /^mask of layer conv: got 255, expected a Uint8Array of 0 and 1\./,
    );
    model.dispose();
  });

  it('refuses at once names in a method by layer that none of its own layers has, and a method that no layer goes to', async () => {
    const model = tinyModel();
    const schedule = constantSchedule({ sparsity: 0.5, beginStep: 1000 });
    const ramp = (options: Pick<GradualMagnitudeOptions, 'pattern' | 'allocation' | 'exclude'> = {}) =>
      gradualMagnitude({ schedule, ...options });
    const trained = (methods: Parameters<typeof perLayer>[0]['methods']) => train(model, [pruning(perLayer({ methods }))]);
    const patterned = (name: string) => ramp({ pattern: byLayer({ patterns: { [name]: nm({ n: 1, m: 2 }) } }) });
    await expect(trained({ 'h*': patterned('conv'), '*': ramp() })).rejects.toThrow(
      /^patterns of pruning method per-layer: got conv, expected names among hidden, head\./,
    );
    await expect(trained({ conv: ramp(), '*': ramp({ exclude: ['conv'] }) })).rejects.toThrow(
      /^exclude of pruning method per-layer: got conv, expected names among hidden, head\./,
    );
    const allocation = mapAllocation({ sparsities: { hidden: 0.5 } });
    await expect(trained({ head: ramp({ allocation }), '*': ramp() })).rejects.toThrow(
      /^sparsities of pruning method per-layer: got hidden, expected names among head\./,
    );
    const inner = perLayer({ methods: { conv: ramp(), head: ramp() } });
    await expect(trained({ 'h*': inner, conv: ramp() })).rejects.toThrow(
      /^methods of pruning method per-layer: got conv, expected names among hidden, head\./,
    );
    await expect(trained({ '*': ramp(), 'h*': srSte() })).rejects.toThrow(
      /^methods of pruning method per-layer: got h\*, expected one that layers are left to: hidden goes to \*\. .*turn them round/,
    );
    await expect(trained({ 'c*': srSte(), conv: ramp() })).rejects.toThrow(/got c\*, .* conv goes to conv\./);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await trained({ 'h*': patterned('head'), '*': ramp({ allocation: mapAllocation({ sparsities: { conv: 0.5 } }) }) });
    warn.mockRestore();
    model.dispose();
  });

  it.each(['map', 'by-layer', 'per-layer'])(
    'takes a method of the user whose config has the name %s and other options',
    async (name) => {
      const model = tinyModel();
      await train(model, [pruning({ ...randomMethod().method, config: { name } })]);
      model.dispose();
    },
  );

  it('refuses to go on with the states of scores in another model', async () => {
    const callback = pruning(gradualMagnitude({ finalSparsity: 0.5, endStep: 8, score: movementScore() }));
    const [model, other] = [tinyModel(), tf.sequential({ layers: [tf.layers.flatten({ inputShape: [6, 6, 2] })] })];
    other.add(maskedDense({ units: 3 }));
    other.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await train(model, [callback]);
    await expect(train(other, [callback])).rejects.toThrow('method gradual: got 216, expected as before, 72, 512, 24');
    await train(model, [callback]);
    for (const each of [model, other]) each.dispose();
  });

  it('refuses another model than before, whose sparsity would be that of a schedule that has ended, but for a restored state', async () => {
    const method = gradualMagnitude({ finalSparsity: 0.75, endStep: 4, frequency: 1 });
    const callback = pruning(method);
    const [model, other] = [tinyModel(), tinyModel()];
    await train(model, [callback]);
    await expect(train(other, [callback])).rejects.toThrow('Make a new pruning(...) for each model');
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    await expectNoLeak(async () => {
      await train(model, [callback]);
    });
    expect(callback.step).toBe(8);
    callback.restoreRunState(pruning(method).runState());
    const { sparsity } = await train(other, [callback]);
    expect(sparsity?.[0]).toBeCloseTo(0.75);
    for (const each of [model, other]) each.dispose();
  });

  it('adds the gradient of a penalty to the step to come, and nothing behind it', async () => {
    const penaltyGradient = ({ weights, info }: KernelState) => (info.name === 'head' ? weights.map((_, i) => i + 1) : undefined);
    const run = async (options: Partial<PruningMethod>, slots: 'zero' | 'keep') => {
      const model = tinyModel(tf.train.sgd(0.5));
      const method = randomMethod({
        slots,
        gradient: slots === 'zero',
        schedule: () => ({ sparsity: 0, update: false }),
        ...options,
      });
      const { xs, ys } = tinyData(4);
      await expectNoLeak(async () => {
        await model.fit(xs, ys, { batchSize: 4, verbose: 0, callbacks: [pruning(method.method)] });
      });
      tf.dispose([xs, ys]);
      const values = prunableKernels(model).map((kernel) => kernel.readKernel());
      model.dispose();
      return values;
    };
    for (const slots of ['zero', 'keep'] as const) {
      const [plain, penalised] = [await run({}, slots), await run({ penaltyGradient }, slots)];
      penalised.forEach((values, layer) => {
        const moved = (i: number) => (layer === 2 ? 0.5 * (i + 1) : 0);
        values.forEach((value, i) => {
          expect(value).toBeCloseTo((plain[layer]?.[i] as number) - moved(i), 4);
        });
      });
    }
  });

  it('warns when training ends before the last sparsity of the schedule, and only then', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const [endStep, warnings] of [
      [4, 0],
      [40, 1],
    ] as const) {
      const model = tinyModel();
      await train(model, [pruning(gradualMagnitude({ finalSparsity: 0.8, endStep }))]);
      expect(warn.mock.calls.filter(([text]) => String(text).includes('before the 0.8000 of the schedule'))).toHaveLength(
        warnings,
      );
      model.dispose();
    }
    warn.mockRestore();
  });

  it('warns when nothing has been pruned or thinned, whatever the schedule says, and only then', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const missed = { sparsity: 0.9, beginStep: 1, endStep: 3, frequency: 10, profile: 'jaxpruner' } as const;
    const masked = 'at a target sparsity of 0.9000, and no weight is masked';
    const thinned = 'thinned an operand';
    for (const [method, warning] of [
      [gradualMagnitude({ finalSparsity: 0.9, endStep: 3, frequency: 10, profile: 'tfmot' }), masked],
      [gradualMagnitude({ schedule: constantSchedule({ sparsity: 0.9, frequency: 10, profile: 'tfmot' }) }), masked],
      [gradualMagnitude({ schedule: constantSchedule(missed) }), masked],
      [dropBack(), masked],
      [sdgp({ beginStep: 4 }), thinned],
      [sparseTrain({ beginStep: 4 }), thinned],
      [sdgp({ beginStep: 3 }), undefined],
      [sparseTrain({ beginStep: 3 }), undefined],
      [dropBack({ initialDecay: 0 }), undefined],
      [dropBack({ initialDecay: 1 }), undefined],
      // Its forward masks are all ones.
      [sdwp({ n: 1, m: 2 }), undefined],
      [gradualMagnitude({ finalSparsity: 0, endStep: 3 }), undefined],
    ] as const) {
      const model = tinyModel();
      await train(model, [pruning(method)]);
      const texts = warn.mock.calls.splice(0).map(([text]) => String(text));
      expect(texts).toEqual(warning ? [expect.stringContaining(`pruning: training ended after step 4 `)] : []);
      if (warning) expect(texts[0]).toContain(warning);
      model.dispose();
    }
    warn.mockRestore();
  });

  it('says what to do about a model without masked layers, and about a method that prunes none of them', async () => {
    const dense = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [6, 6, 2] }), tf.layers.dense({ units: 3 })] });
    dense.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    await expect(train(dense, [pruning(randomMethod().method)])).rejects.toThrow('sparsify(model)');
    const model = tinyModel();
    const none = randomMethod({ skip: () => 'too small' });
    await expect(train(model, [pruning(none.method)])).rejects.toThrow('conv: too small; hidden: too small');
    for (const each of [dense, model]) each.dispose();
  });

  it('goes on from a stored state as if it had never stopped', async () => {
    const whole = tinyModel();
    await train(whole, [pruning(randomMethod().method, { seed: 5 })], { epochs: 2 });

    const first = tinyModel();
    const before = pruning(randomMethod().method, { seed: 5 });
    await train(first, [before]);
    const state = JSON.parse(JSON.stringify(before.runState()));
    const second = tinyModel();
    second.setWeights(first.getWeights());
    for (const [i, kernel] of prunableKernels(first).entries()) {
      prunableKernels(second)[i]?.repack(kernel.masks, { pruned: 'zero', slots: 'zero', decay: 0 });
    }
    const after = pruning(randomMethod().method, { seed: 5 });
    after.restoreRunState(state);
    await train(second, [after]);
    expect(after.step).toBe(8);
    const values = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);
    expect(values(second)).toEqual(values(whole));
    for (const each of [whole, first, second]) each.dispose();
  });

  it('refuses the state of another method, other options or another seed', () => {
    const state = pruning(randomMethod().method).runState();
    const other = (config: object, seed = 0) => pruning(randomMethod({ config: { name: 'random', ...config } }).method, { seed });
    other({ finalSparsity: 0.5 }).restoreRunState(state);
    expect(() => other({ finalSparsity: 0.9 }).restoreRunState(state)).toThrow('Resume with the options of the first run');
    expect(() => other({ finalSparsity: 0.5 }, 1).restoreRunState(state)).toThrow('"seed":1');
  });

  it('leaves no tensors over 200 steps, with validation data', async () => {
    const model = tinyModel(tf.train.adam(0.001));
    const { xs, ys } = tinyData(8);
    const prune = pruning(randomMethod().method);
    await train(model, [prune], { validationData: [xs, ys] }); // slots and masks are born
    await expectNoLeak(async () => {
      await train(model, [prune], { epochs: 50, validationData: [xs, ys] });
    });
    expect(prune.step).toBe(204);
    tf.dispose([xs, ys]);
    model.dispose();
  });
});
