import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  type AllocateOptions,
  type AllocationCostOptions,
  allocateRun,
  allocateSteps,
  allocationCost,
  hardwareCost,
  pruning,
} from 'tfjs-sparsity/callbacks';
import {
  acf,
  bernoulliBits,
  countBits,
  createAccelerator,
  denseArray,
  denseNest,
  getBit,
  type LayerTensors,
  network,
  onesBits,
  syntheticRecords,
} from 'tfjs-sparsity/hw';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { byLayer, gradualMagnitude, keptCount, mapAllocation, nm, type ScoredKernel, unstructured } from 'tfjs-sparsity/pruning';
import { describe, expect, it, vi } from 'vitest';
import { lastJobs } from '../../src/callbacks/allocate-run.js';
import { readRecordedRun } from '../../src/callbacks/recorded-run.js';
import { remaskedSteps } from '../../src/callbacks/remasked-steps.js';
import { costSteps } from '../../src/callbacks/replay-run.js';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { tinyData, tinyModel } from './tiny-run.js';

/** A training step of LeNet-5 with declared zeros, and its layers masked as such a run has them. */
function lenetStep(W: number, masked: readonly string[] = []) {
  const records = [...syntheticRecords(network('lenet5', { batch: 2 }), { seed: 3, sparsity: { W, A: 0.5 } })];
  return { step: 0, records, training: { slots: 2, masked } };
}

const names = lenetStep(0).records.map(({ layer }) => layer);

describe('weights masked anew', () => {
  /** A step of one layer whose recorded weights have a density; other ones backwards. */
  const stepOf = (density: number, seed: number) => {
    const rng = createRng(seed);
    const [inFeatures, outFeatures] = [7, 9];
    const [W, backwardW] = [0, 1].map(() => bernoulliBits([1, 1, 1, inFeatures, outFeatures], density, rng));
    const [A, E] = [inFeatures, outFeatures].map((features) => onesBits([2, 1, 1, 1, features]));
    const nest = denseNest({ batch: 2, inFeatures, outFeatures });
    const record = {
      layer: 'fc',
      use: 0,
      nest,
      W,
      backwardW,
      A,
      E,
      G: onesBits(W.shape),
      needsInputGradient: true,
      batchTotal: 2,
    };
    return { step: 4, records: [record as LayerTensors], training: { slots: 1, masked: [] as readonly string[] } };
  };
  const choiceOf = (more = {}) => ({
    ...{ layers: ['fc'], kernels: [], pattern: unstructured(), masked: true, rng: createRng(1), ...more },
  });
  const isWithin = (inner: LayerTensors['W'], outer: LayerTensors['W']) =>
    Array.from({ length: 63 }, (_, i) => !getBit(inner, i) || getBit(outer, i)).every(Boolean);

  it('have the asked count, keep what was recorded the longest, and lie in those of lower sparsity', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 0.99, noNaN: true }), { minLength: 2, maxLength: 2 }),
        fc.integer(),
        (density, sparsities, seed) => {
          const job = stepOf(density, seed);
          const remask = remaskedSteps([job], choiceOf());
          const [few, many] = sparsities.toSorted((a, b) => b - a).map((sparsity) => remask([sparsity])[0].records[0]);
          for (const side of ['W', 'backwardW'] as const) {
            const recorded = job.records[0][side];
            expect(countBits(few[side])).toBe(keptCount(63, Math.max(...sparsities)));
            expect(isWithin(few[side], many[side])).toBe(true);
            const fits = countBits(few[side]) <= countBits(recorded);
            expect(fits ? isWithin(few[side], recorded) : isWithin(recorded, few[side])).toBe(true);
          }
        },
      ),
    );
  });

  it('are those of the pattern where scores tell, both ways, and decide what gets a gradient', () => {
    const job = stepOf(0.5, 1);
    const info = { name: 'fc', kind: 'dense', shape: [7, 9], inputAxis: 0, outputAxis: 1 } as const;
    const rng = createRng('scores');
    const kernels: ScoredKernel[] = [{ info, scores: Float32Array.from({ length: 63 }, () => rng.uniform()) }];
    const [{ records, training }] = remaskedSteps([job], choiceOf({ kernels }))([0.7]);
    const mask = unstructured()(kernels[0].scores, info, 0.7);
    for (const bits of [records[0].W, records[0].backwardW, records[0].G as LayerTensors['W']]) {
      expect(Array.from(mask, (_, i) => Number(getBit(bits, i)))).toEqual([...mask]);
    }
    expect(training).toEqual({ slots: 1, masked: ['fc'] });
    const [master] = remaskedSteps(
      [{ ...job, training: { slots: 1, masked: ['fc', 'other'] } }],
      choiceOf({ masked: false }),
    )([0.7]);
    expect(master.records[0].G).toBe(job.records[0].G);
    expect(master.training.masked).toEqual(['other']);
  });
});

describe('the cost of recorded steps at other sparsities', () => {
  it.each(['acf', 'dense-array', 'scnn'])(
    'is on %s that of the steps themselves at the sparsities that were recorded',
    async (name) => {
      const accelerator = createAccelerator(name);
      const jobs = [lenetStep(0.8, names), lenetStep(0.8, names)];
      const recorded = jobs[0].records.map(({ W }) => 1 - countBits(W) / W.shape.reduce((size, axis) => size * axis, 1));
      const { series } = await costSteps(jobs, [accelerator]);
      const mean = (of: 'cycles' | 'energyPj') =>
        series.reduce((sum, step) => sum + step.accelerators[accelerator.spec.name][of], 0) / 2;
      for (const [metric, expected] of [
        ['cycles', mean('cycles')],
        ['energy', mean('energyPj')],
        ['edp', mean('cycles') * mean('energyPj')],
      ] as const) {
        const cost = await allocationCost(jobs, { accelerator, metric }).cost(recorded);
        const { total, layers: own } = cost as { total: number; layers: readonly number[] };
        expect(total / expected).toBeCloseTo(1, 12);
        // The first-order change of a product at itself: twice the product.
        expect(own.reduce((sum, one) => sum + one, 0) / expected).toBeCloseTo(metric === 'edp' ? 2 : 1, 12);
      }
    },
  );

  it('falls with the sparsity of a layer, in the forward pass alone too, and leaves excluded layers as they are', async () => {
    const options: AllocationCostOptions = { accelerator: acf(), phases: 'forward', exclude: [names[0]] };
    const { layers: own, cost } = allocationCost([lenetStep(0)], options);
    expect(own.map(({ name }) => name)).toEqual(names.slice(1));
    const totals: number[] = [];
    for (const sparsity of [0, 0.5, 0.9]) {
      const found = await cost(own.map(() => sparsity));
      totals.push((found as { total: number }).total);
    }
    const all = (await allocationCost([lenetStep(0)], { accelerator: acf() }).cost(names.map(() => 0))) as { total: number };
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
    expect(new Set(totals).size).toBe(3);
    expect(all.total).toBeGreaterThan(2 * totals[0]);
  });

  it.each<[string, Partial<AllocationCostOptions>, RegExp]>([
    ['an unknown layer', { exclude: ['conv'] }, /layer of the recorded steps: got conv, expected names among/],
    ['no layer left', { exclude: names }, /layers of the recorded steps: got none to prune/],
    ['an unknown metric', { metric: 'joule' as 'edp' }, /metric: got joule, expected one of cycles, energy, edp/],
    ['an unknown phase', { phases: 'backward' as 'forward' }, /phases: got backward/],
    ['scores of another model', { kernels: [scoredKernel(names[0], 7)] }, /scores of layer .*: got 7, expected \d+, as recorded/],
    ['a pattern of no layer', { pattern: byLayer({ patterns: { 'fx*': unstructured() } }) }, /^patterns of .*: got fx\*, /],
    ['an unknown option', { costs: 1 } as object, /option of allocationCost: got costs/],
  ])('refuses %s', (_, options, message) => {
    expect(() => allocationCost([lenetStep(0)], { accelerator: denseArray(), ...options })).toThrow(message);
  });
});

function scoredKernel(name: string, weights: number): ScoredKernel {
  const info = { name, kind: 'dense', shape: [weights, 1], inputAxis: 0, outputAxis: 1 } as const;
  return { info, scores: new Float32Array(weights).fill(1) };
}

describe('cost-driven sparsities of recorded steps', () => {
  const options: Omit<AllocateOptions, 'accelerator'> = { sparsity: 0.8, step: 0.1, range: [0, 0.9] };

  it('differ from accelerator to accelerator, the same at each call', async () => {
    const [fabric, outer, again] = await Promise.all(
      ['acf', 'scnn', 'acf'].map((name) => allocateSteps([lenetStep(0)], { ...options, accelerator: createAccelerator(name) })),
    );
    expect(fabric.overallSparsity).toBeCloseTo(0.8, 4);
    expect(outer.overallSparsity).toBe(fabric.overallSparsity);
    expect(fabric.map.sparsities).not.toEqual(outer.map.sparsities);
    expect(JSON.stringify(again)).toBe(JSON.stringify(fabric));
    for (const one of [fabric, outer]) {
      expect(Object.keys(one.map.sparsities)).toEqual(names);
      expect(one.cost).toBeLessThan(one.startCost);
      expect(one.evaluations).toBeLessThan(12);
    }
  });

  it('cost no more on their accelerator than the same sparsity in every layer', async () => {
    for (const name of ['acf', 'balanced']) {
      const accelerator = createAccelerator(name);
      const { cost: own, layers: chosen } = await allocateSteps([lenetStep(0)], { ...options, accelerator });
      const uniform = await allocationCost([lenetStep(0)], { accelerator }).cost(chosen.map(() => 0.8));
      expect(own).toBeLessThan((uniform as { total: number }).total);
    }
  });

  it('print as a table of 80 columns with the trace, whatever counts', async () => {
    for (const metric of ['cycles', 'energy', 'edp'] as const) {
      const report = await allocateSteps([lenetStep(0)], { costReduction: 0.3, step: 0.1, accelerator: acf(), metric });
      const lines = report.toTable().split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      for (const name of names) expect(lines.some((line) => line.startsWith(`${name} `))).toBe(true);
      expect(report.toTable()).toMatch(/asked for 30\.0 % less, found 3\d\.\d % less at sparsity \d+\.\d %/);
      expect(JSON.parse(JSON.stringify(report))).toEqual(report.toJSON());
      const last = report.trace.at(-1);
      expect(report.map.sparsities[last?.layer as string]).toBe(last?.sparsity);
    }
  });

  it('say so where the target is out of reach, and refuse unknown options', async () => {
    // The dense array gains nothing from zeros.
    const report = await allocateSteps([lenetStep(0)], { costReduction: 0.5, step: 0.5, accelerator: denseArray() });
    expect(report.reached).toBe(false);
    expect(report.toTable()).toContain('NOT REACHED, at most');
    const misspelt = { accelerator: denseArray(), costReductions: 0.5 } as unknown as AllocateOptions;
    await expect(allocateSteps([lenetStep(0)], misspelt)).rejects.toThrow(/got costReductions, .*Did you mean costReduction/);
  });

  it('come from the record of a run, and train to what they say', async () => {
    const record = join(await temporaryDirectory(), 'run.maps');
    await expectNoLeak(async () => {
      const { xs, ys } = tinyData();
      const optimizer = tf.train.sgd(0.05);
      const model = tinyModel(optimizer);
      const train = (callback: object) =>
        model.fit(xs, ys, { epochs: 2, batchSize: 8, verbose: 0, callbacks: [callback as tf.Callback] });
      await train(hardwareCost({ accelerators: [], record, workers: 0 }));
      const kernels = prunableKernels(model).map((kernel) => ({ info: kernel.info, scores: kernel.readKernel().map(Math.abs) }));
      const accelerator = acf();
      const report = await allocateRun(record, { accelerator, kernels, per: 'score', sparsity: 0.75, lastSteps: 2 });
      expect(report).toMatchObject({ accelerator: 'acf', steps: 2, masks: 'scores', target: { sparsity: 0.75 } });
      const finalSparsity = report.overallSparsity;
      const prune = pruning(gradualMagnitude({ finalSparsity, endStep: 2, allocation: mapAllocation(report.map) }));
      await train(prune);
      expect(prune.sparsity()).toBeCloseTo(finalSparsity, 12);
      for (const { layer, kept, weights } of prune.layerSparsity()) {
        expect(kept).toBe(keptCount(weights, report.map.sparsities[layer]));
      }
      model.dispose();
      optimizer.dispose();
      tf.dispose([xs, ys]);
    });
  });

  it('are of whole kernels, also of those that are cut before they are multiplied', async () => {
    const record = join(await temporaryDirectory(), 'gru.maps');
    await expectNoLeak(async () => {
      const [xs, ys] = [tf.randomNormal([8, 3, 4], 0, 1, 'float32', 1), tf.zeros([8, 2])];
      const initial = (seed: number) => tf.initializers.glorotNormal({ seed });
      const gru = { name: 'gru', units: 4, inputShape: [3, 4], kernelInitializer: initial(1), recurrentInitializer: initial(2) };
      const dense = tf.sequential({
        layers: [tf.layers.gru(gru), tf.layers.dense({ name: 'head', units: 2, kernelInitializer: initial(3) })],
      });
      const model = sparsify(dense);
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const train = (callback: object) => model.fit(xs, ys, { verbose: 0, callbacks: [callback as tf.Callback] });
      await train(hardwareCost({ accelerators: [], record, workers: 0 }));
      const accelerator = denseArray();
      const allocation = await allocateRun(record, { accelerator, metric: 'energy', sparsity: 0.5 });
      const kernels = ['gru/kernel', 'gru/recurrent', 'head'];
      expect(Object.keys(allocation.map.sparsities).sort()).toEqual(kernels);
      expect(allocation.map.unnamed).toBe(0);
      const { jobs } = await readRecordedRun(record);
      const { layers, cost } = allocationCost(await lastJobs(jobs(), 1), { accelerator, metric: 'energy' });
      const sizes = Object.fromEntries(prunableKernels(model).map(({ info }) => [info.name, info.shape[0] * info.shape[1]]));
      expect(Object.fromEntries(layers.map(({ name, weights }) => [name, weights]))).toEqual(sizes);
      const { total, layers: own } = (await cost(layers.map(() => 0.5))) as Exclude<Awaited<ReturnType<typeof cost>>, number>;
      expect(own.reduce((sum, each) => sum + each, 0)).toBeCloseTo(total, 3);
      const prune = pruning(
        gradualMagnitude({
          finalSparsity: allocation.overallSparsity,
          endStep: 1,
          frequency: 1,
          allocation: mapAllocation(allocation.map),
        }),
      );
      await train(prune);
      for (const { layer, kept, weights } of prune.layerSparsity()) {
        expect(kept).toBe(keptCount(weights, allocation.map.sparsities[layer]));
      }
      for (const each of [dense, model]) each.dispose();
      model.optimizer.dispose();
      tf.dispose([xs, ys]);
    });
  });

  it('take patterns, and refuse a record that is none', async () => {
    const kernels = lenetStep(0).records.map(({ layer, W }) =>
      scoredKernel(
        layer,
        W.shape.reduce((size, axis) => size * axis, 1),
      ),
    );
    const pattern = vi.fn(unstructured());
    await allocateSteps([lenetStep(0)], { ...options, accelerator: denseArray(), kernels, pattern });
    expect(pattern).toHaveBeenCalled();
    const halves = allocateSteps([lenetStep(0)], { ...options, accelerator: denseArray(), kernels, pattern: nm({ n: 2, m: 4 }) });
    await expect(halves).rejects.toThrow(/pattern on layer conv1: got sparsity 0\.49\d+ whatever is asked for/);
    await expect(allocateRun('none.maps', { ...options, accelerator: denseArray() })).rejects.toThrow(
      /none.maps: got no such file/,
    );
    const none = { ...options, accelerator: denseArray(), lastSteps: 0 };
    await expect(allocateRun('none.maps', none)).rejects.toThrow(/lastSteps: got 0/);
  });
});
