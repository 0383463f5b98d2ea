import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { SparsityError } from 'tfjs-sparsity';
import { type CostReport, hardwareCost, progress, pruning, replayRun } from 'tfjs-sparsity/callbacks';
import {
  type Accelerator,
  acf,
  countBits,
  createEstimator,
  denseArray,
  estimatorPresets,
  type PhaseWork,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { isTapWatching, prunableKernels, registerMaskedLayer, sparsify } from 'tfjs-sparsity/ops';
import { acdc, type PruningMethod, rigl } from 'tfjs-sparsity/pruning';
import { describe, expect, it, vi } from 'vitest';
import { expectNoLeak } from '../support/no-leak.js';
import { temporaryDirectory } from '../support/temporary.js';
import { randomMethod, tinyData, tinyModel } from './tiny-run.js';

/** An accelerator that cannot be rebuilt elsewhere: a cycle and a picojoule for each non-zero of the first operand, per real image. */
function counter(name = 'counter', execute?: (works: readonly PhaseWork[]) => void): Accelerator {
  const countsOf = (work: PhaseWork): WorkCounts => {
    const operand = work.kind === 'gemm' ? work.input : work.weights;
    const ones = operand.nonzeros.words.reduce((sum, word) => sum + word.toString(2).replaceAll('0', '').length, 0);
    const cycles = ones * (work.kind === 'gemm' ? work.imageScale : 1);
    return {
      layer: work.layer,
      phase: work.phase,
      cycles,
      units: 1,
      usefulUnitCycles: cycles,
      idleUnitCycles: {},
      macs: { dense: cycles, effectual: cycles, executed: cycles },
      idealCycles: cycles,
      actions: { look: cycles },
      dramBytes: { W: 0, A: 0, E: 0, G: 0 },
      decisions: { side: work.kind === 'update' ? `slots ${work.slots}, masked ${work.masked}` : 'input' },
    };
  };
  return {
    spec: { kind: 'counter', name },
    energyTable: { name: 'one', nodeNm: 45, source: 'test', actions: { look: { pj: 1, component: 'looking', source: 'test' } } },
    start: () => ({
      executeStep(works) {
        execute?.(works);
        return { works: works.map(countsOf) };
      },
      state: () => [],
    }),
  };
}

interface Run {
  readonly epochs?: number;
  readonly initialEpoch?: number;
  readonly validationData?: [tf.Tensor, tf.Tensor];
  readonly model?: tf.LayersModel;
}

async function train(callbacks: readonly object[], { model = tinyModel(), ...options }: Run = {}) {
  const { xs, ys } = tinyData();
  const args = { epochs: 1, batchSize: 4, shuffle: false, verbose: 0, ...options } as const;
  const { history } = await model
    .fit(xs, ys, { ...args, callbacks: callbacks as tf.Callback[] })
    .finally(() => tf.dispose([xs, ys]));
  return history as Record<string, number[]>;
}

/** A layer of one's own that multiplies by the halves of its kernel, one by one. */
class Halves extends tf.layers.Layer {
  static readonly className = 'Halves';
  private kernel!: tf.LayerVariable;

  override build([, inputs]: tf.Shape): void {
    this.kernel = this.addWeight('kernel', [inputs as number, 6], 'float32', tf.initializers.glorotUniform({ seed: 1 }));
    this.built = true;
  }

  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => tf.addN(tf.split(this.kernel.read(), 2, 1).map((half) => tf.matMul([x].flat()[0] as tf.Tensor, half))));
  }

  override computeOutputShape([batch]: tf.Shape): tf.Shape {
    return [batch as number, 3];
  }
}

/** How many samples the tiny data have. */
function tinyDataSamples(): number {
  const { xs, ys } = tinyData();
  const [samples] = xs.shape;
  tf.dispose([xs, ys]);
  return samples as number;
}

const rowsOf = (report: CostReport) => report.accelerators[0]?.rows ?? [];

describe('hardwareCost()', () => {
  it('counts what an accelerator is given: works in forward order, the update with the slots of the optimizer', async () => {
    const steps: string[][] = [];
    const spy = counter('spy', (works) => steps.push(works.map(({ layer, phase }) => `${layer} ${phase}`)));
    const cost = hardwareCost({ accelerators: [spy] });
    await train([cost], { model: tinyModel('adam') });
    expect(steps.length).toBe(4);
    expect(steps[3]).toEqual([
      'conv forward',
      'hidden forward',
      'head forward',
      'head inputGradient',
      'head weightGradient',
      'hidden inputGradient',
      'hidden weightGradient',
      'conv weightGradient',
      'conv weightUpdate',
      'hidden weightUpdate',
      'head weightUpdate',
    ]);
    const report = await cost.report();
    expect(report.queue.workers).toBe(0);
    const conv = rowsOf(report)[0];
    expect(conv).toMatchObject({ layer: 'conv', phase: 'forward' });
    expect(conv?.cost.cycles).toBe(4 * 4 * 72); // every pixel of 4 steps of 4 images is non-zero
    expect(report.accelerators[0]?.decisions).toEqual({ side: { input: 32, 'slots 2, masked false': 12 } });
  });

  it('adds up: rows, series, totals and epoch logs tell the same cycles and energy', async () => {
    const cost = hardwareCost({ accelerators: [acf(), denseArray()], workers: 0 });
    const history = await train([pruning(randomMethod().method), cost], { epochs: 2 });
    const report = await cost.report();
    for (const { name, rows, total, cycles, energyPj, utilisation, idle } of report.accelerators) {
      expect(rows.reduce((sum, row) => sum + row.cost.cycles, 0)).toBe(cycles.value);
      expect(report.series.reduce((sum, step) => sum + (step.accelerators[name]?.cycles ?? 0), 0)).toBe(cycles.value);
      const [first = 0, second = 0] = history[`cycles_${name}`] ?? [];
      expect(4 * (first + second)).toBeCloseTo(cycles.value, 6);
      const [one = 0, two = 0] = history[`energy_${name}`] ?? [];
      expect((4 * (one + two)) / energyPj.value).toBeCloseTo(1, 12);
      expect(cycles.error).toBe(0);
      expect(history[`cycles_${name}_error`]).toBeUndefined();
      expect(utilisation + Object.values(idle).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(Object.values(total.byComponentPj).reduce((sum, pj) => sum + pj, 0) / total.energyPj).toBeCloseTo(1, 9);
    }
    const { acf: faster } = report.speedupOver('dense-array');
    expect(faster?.cycles).toBe((report.accelerators[1]?.cycles.value ?? 0) / (report.accelerators[0]?.cycles.value ?? 0));
    expect(faster?.energy).toBe((report.accelerators[1]?.energyPj.value ?? 0) / (report.accelerators[0]?.energyPj.value ?? 0));
    expect(() => report.speedupOver('gpu')).toThrow('one of acf, dense');
  });

  it('tells metrics of the whole run: samples, time and power, at 80 columns; none for a spec without a clock', async () => {
    const cost = hardwareCost({ accelerators: [denseArray(), counter()], workers: 0 });
    await train([cost]);
    const report = await cost.report();
    const [array, bare] = report.accelerators;
    const samples = report.series.reduce((sum, step) => sum + step.samples, 0);
    expect(samples).toBe(tinyDataSamples());
    expect(array?.metrics?.trainingSamplesPerSecond).toBeCloseTo((1e9 * samples) / (array?.total.cycles as number), 0);
    expect(array?.metrics?.inferenceSamplesPerSecond).toBeGreaterThan(array?.metrics?.trainingSamplesPerSecond as number);
    expect(bare?.metrics).toBeNull();
    expect(report.toTable()).toContain('modelled, training');
    expect(report.toTable()).toContain('mm2: dense-array 45 nm\n');
    for (const line of report.toTable().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('sees the zeros of the tensors: those of the masks in W, all of them in the series', async () => {
    const { method } = randomMethod({ schedule: (step) => ({ sparsity: 0.9, update: step === 0 }) });
    const [prune, cost] = [pruning(method), hardwareCost({ accelerators: [counter()] })];
    await train([cost, prune]);
    const report = await cost.report();
    for (const { sparsity } of report.series) {
      expect(sparsity.W).toBeCloseTo(prune.sparsity(), 12);
      expect(sparsity.G).toBeGreaterThanOrEqual(prune.sparsity());
      expect(sparsity.A).toBeGreaterThan(0);
    }
    expect(rowsOf(report).filter(({ phase }) => phase === 'weightUpdate')[0]?.decisions).toEqual({
      side: { 'slots 0, masked true': 4 },
    });
  });

  it('takes only those layers for masked that are', async () => {
    const { method } = randomMethod({ skip: ({ name }) => (name === 'head' ? 'dense' : undefined) });
    const cost = hardwareCost({ accelerators: [counter()] });
    await train([pruning(method), cost]);
    const updates = rowsOf(await cost.report()).filter(({ phase }) => phase === 'weightUpdate');
    expect(updates.map(({ layer, decisions }) => [layer, Object.keys(decisions.side ?? {})])).toEqual([
      ['conv', ['slots 0, masked true']],
      ['hidden', ['slots 0, masked true']],
      ['head', ['slots 0, masked false']],
    ]);
  });

  it('takes the masks of the step itself, and the whole gradient where the method looks at it', async () => {
    const steps: { wanted: number | 'all'; updated: number; masked: boolean }[] = [];
    const spy = counter('spy', (works) => {
      const own = works.filter(({ layer }) => layer === 'hidden');
      const [gradient, update] = ['weightGradient', 'weightUpdate'].map((phase) => own.find((work) => work.phase === phase));
      if (gradient?.kind !== 'gemm' || update?.kind !== 'update') throw new Error('no such works');
      const wanted = gradient.output ? countBits(gradient.output.nonzeros) : 'all';
      steps.push({ wanted, updated: countBits(update.weights.nonzeros), masked: update.masked });
    });
    const run = async (method: PruningMethod) => {
      steps.length = 0;
      await train([pruning(method), hardwareCost({ accelerators: [spy] })]);
      return steps.map(({ wanted, masked }) => [wanted === 'all', masked]);
    };
    // hidden has 512 weights. Weights grow after the steps 1 and 3, by the gradient of these steps.
    const grown = await run(rigl({ sparsity: 0.75, endStep: 100, frequency: 2 }));
    expect(grown).toEqual([false, true, false, true].map((whole) => [whole, true]));
    for (const { wanted, updated } of steps) {
      if (wanted !== 'all') expect(updated).toBe(wanted);
      expect(updated).toBeLessThanOrEqual(128);
    }
    // Sparse for two steps, dense for two.
    const phases = await run(acdc({ sparsity: 0.75, endStep: 4, sparseSteps: 2, denseSteps: 2 }));
    expect(phases).toEqual([
      [false, true],
      [false, true],
      [true, false],
      [true, false],
    ]);
  });

  it('takes the parts of a masked kernel for masked', async () => {
    registerMaskedLayer(Halves, { kernel: 'kernel' });
    const model = sparsify(
      tf.sequential({ layers: [tf.layers.flatten({ inputShape: [6, 6, 2] }), new Halves({ name: 'halves' })] }),
    );
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { method } = randomMethod({ schedule: (step) => ({ sparsity: 0.5, update: step === 0 }) });
    const cost = hardwareCost({ accelerators: [counter()] });
    await train([pruning(method), cost], { model });
    const updates = rowsOf(await cost.report()).filter(({ phase }) => phase === 'weightUpdate');
    expect(updates.map(({ layer, decisions }) => [layer, Object.keys(decisions.side ?? {})])).toEqual([
      ['halves[:][0:3]', ['slots 0, masked true']],
      ['halves[:][3:6]', ['slots 0, masked true']],
    ]);
    expect((await cost.report()).sample.unseenLayers).toEqual([]);
  });

  it('scales sampled steps to the run, and says how sure that is', async () => {
    const seen: number[] = [];
    const spy = counter('spy', () => seen.push(0));
    const cost = hardwareCost({ accelerators: [spy], every: 3 });
    const history = await train([cost], { epochs: 2 });
    expect(seen.length).toBe(3);
    const report = await cost.report();
    expect(report.series.map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(report.sample).toEqual({ steps: 8, sampledSteps: 3, every: 3, offset: 0, images: null, unseenLayers: [] });
    const costs = report.series.map((step) => step.accelerators.spy?.cycles ?? 0);
    const sum = costs.reduce((total, cycles) => total + cycles, 0);
    const variance = costs.reduce((total, cycles) => total + (cycles - sum / 3) ** 2, 0) / 2;
    expect(report.accelerators[0]?.cycles.value).toBeCloseTo((sum * 8) / 3, 9);
    expect(report.accelerators[0]?.cycles.error).toBeCloseTo(Math.sqrt(((64 * (1 - 3 / 8)) / 3) * variance), 9);
    expect(report.accelerators[0]?.total.cycles).toBeCloseTo((sum * 8) / 3, 9);
    const [first, second, third] = costs as [number, number, number];
    expect(history.cycles_spy).toEqual([expect.closeTo((first + second) / 2, 9), third]);
    expect(history.cycles_spy_error?.length).toBe(2); // NaN in an epoch of one sampled step, but there
  });

  it('draws the first sampled step from the seed', async () => {
    const offsets = Array.from({ length: 20 }, (_, seed) => hardwareCost({ accelerators: [counter()], every: 4, seed }));
    const first = await Promise.all(offsets.map(async (cost) => (await cost.report()).sample.offset));
    expect([...new Set(first)].sort()).toEqual([0, 1, 2, 3]);
  });

  it('scales sampled images to the batch, with an error from their spread', async () => {
    const [some, all] = [2, undefined].map((images) => hardwareCost({ accelerators: [counter()], images }));
    await train([some, all] as object[]);
    const [part, whole] = [await some?.report(), await all?.report()];
    const forward = (report: CostReport | undefined) => report?.accelerators[0]?.rows[0]?.cost.cycles;
    expect(forward(part)).toBe(forward(whole)); // the input has no zeros, so that any two images tell the cost of all
    const estimate = part?.accelerators[0]?.cycles;
    expect(estimate?.error).toBeGreaterThan(0);
    expect(Math.abs((estimate?.value ?? 0) - (whole?.accelerators[0]?.cycles.value ?? 0))).toBeLessThan(
      5 * (estimate?.error ?? 0),
    );
    const one = hardwareCost({ accelerators: [counter()], images: 1 });
    await train([one]);
    expect((await one.report()).accelerators[0]?.cycles.error).toBeNull(); // one image says nothing of the others
  });

  it('is not disturbed by validation, and gives the same bytes for the same run', async () => {
    const { xs, ys } = tinyData(8);
    const runs = [];
    for (const validationData of [undefined, [xs, ys] as [tf.Tensor, tf.Tensor]]) {
      const cost = hardwareCost({ accelerators: [acf(), denseArray()], workers: 0 });
      await train([cost, pruning(randomMethod().method)], { epochs: 2, ...(validationData ? { validationData } : {}) });
      runs.push(JSON.stringify(await cost.report()));
    }
    expect(runs[1]).toBe(runs[0]);
    tf.dispose([xs, ys]);
  });

  it('reports the same from a custom training loop', async () => {
    const [fitted, looped] = [hardwareCost({ accelerators: [counter()] }), hardwareCost({ accelerators: [counter()] })];
    await train([fitted]);
    const model = tinyModel();
    looped.attach(model);
    const { xs, ys } = tinyData();
    for (let i = 0; i < 4; i++) {
      const [x, y] = [xs.slice(4 * i, 4), ys.slice(4 * i, 4)];
      await model.trainOnBatch(x, y);
      await looped.endStep();
      tf.dispose([x, y]);
    }
    await looped.detach();
    expect(isTapWatching()).toBe(false);
    expect(JSON.stringify(await looped.report())).toBe(JSON.stringify(await fitted.report()));
    tf.dispose([xs, ys]);
  });

  it('goes on from a stored state: two halves report what the whole reports', async () => {
    const whole = hardwareCost({ accelerators: [counter()], every: 3 });
    await train([whole], { epochs: 2 });
    const model = tinyModel();
    const first = hardwareCost({ accelerators: [counter()], every: 3 });
    await train([first], { model });
    const second = hardwareCost({ accelerators: [counter()], every: 3 });
    second.restoreRunState(JSON.parse(JSON.stringify(await first.runState())));
    await train([second], { model, epochs: 2, initialEpoch: 1 });
    expect(JSON.stringify(await second.report())).toBe(JSON.stringify(await whole.report()));
    const other = hardwareCost({ accelerators: [counter('other')] });
    const state = await first.runState();
    expect(() => other.restoreRunState(state)).toThrow(
      /hardwareCost of the resumed run: got .*"other".*, expected as stored, .*"counter"/,
    );
    const rarer = hardwareCost({ accelerators: [counter()], every: 4 });
    expect(() => rarer.restoreRunState(state)).toThrow('got {"every":4}, expected as stored, {"every":3}');
  });

  it('takes the state in which a part of the run left the accelerators along, from fit to fit and through a checkpoint', async () => {
    const options = { accelerators: [acf({ reconfigurationCycles: 1000 })], images: 2, workers: 0 };
    const whole = hardwareCost(options);
    await train([whole], { epochs: 2 });
    const model = tinyModel();
    const [first, second] = [hardwareCost(options), hardwareCost(options)];
    await train([first], { model });
    second.restoreRunState(JSON.parse(JSON.stringify(await first.runState())));
    for (const cost of [second, first]) {
      const copy = model.getWeights().map((weight) => weight.clone());
      await train([cost], { model, epochs: 2, initialEpoch: 1 });
      model.setWeights(copy);
      tf.dispose(copy);
      expect(JSON.stringify(await cost.report())).toBe(JSON.stringify(await whole.report()));
    }
  });

  it('costs a model the same in sparse execution: frozen and shared layers, and no other model', async () => {
    const { dense } = tf.layers;
    const init = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
    const siamese = () => {
      const layers = [
        dense({ name: 'fc1', units: 16, activation: 'relu', inputShape: [16], trainable: false, ...init(1) }),
        dense({ name: 'fc2', units: 16, ...init(2) }),
      ];
      const [shared, inputs] = [tf.sequential({ layers }), [tf.input({ shape: [16] }), tf.input({ shape: [16] })]];
      const both = inputs.map((x) => shared.apply(x) as tf.SymbolicTensor);
      return tf.model({ inputs, outputs: tf.layers.average().apply(both) as tf.SymbolicTensor });
    };
    const [x, other, y] = [1, 2, 3].map((seed) => tf.randomNormal([8, 16], 0, 1, 'float32', seed)) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    const reports: CostReport[] = [];
    for (const execution of ['dense', 'sparse'] as const) {
      const [model, another] = [0, 1].map(() => sparsify(siamese(), { execution, breakEven: 0 })) as [
        tf.LayersModel,
        tf.LayersModel,
      ];
      for (const each of [model, another]) {
        each.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
        const mask = (size: number) => Uint8Array.from({ length: size }, (_, i) => Number(i % 5 === 0));
        for (const kernel of prunableKernels(each)) {
          const [forward, treatment] = [mask(256), { pruned: 'zero', slots: 'zero', decay: 0 } as const];
          kernel.repack({ forward, backward: forward, gradient: forward }, treatment);
        }
        await each.trainOnBatch([x, other], y); // lanes are taken at the second look at the same masks
      }
      const cost = hardwareCost({ accelerators: [counter(), acf()], workers: 0 });
      cost.attach(model);
      for (let step = 0; step < 2; step++) {
        await another.trainOnBatch([x, other], y);
        await model.trainOnBatch([x, other], y);
        await cost.endStep();
      }
      await cost.detach();
      reports.push(await cost.report());
    }
    const [inDense, inSparse] = reports.map((report) => report.toJSON());
    expect(inSparse?.sample.unseenLayers).toEqual([]);
    expect(inSparse?.accelerators).toEqual(inDense?.accelerators);
    tf.dispose([x, other, y]);
  });

  it('counts the forward pass of frozen layers, and their input gradient where an earlier layer is trained', async () => {
    const model = tinyModel();
    for (const name of ['hidden', 'head']) model.getLayer(name).trainable = false;
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const cost = hardwareCost({ accelerators: [counter()] });
    await train([cost], { model });
    const phases = (report: CostReport) => rowsOf(report).map(({ layer, phase }) => `${layer} ${phase}`);
    expect(phases(await cost.report())).toEqual([
      'conv forward',
      'conv weightGradient',
      'conv weightUpdate',
      'hidden forward',
      'hidden inputGradient',
      'head forward',
      'head inputGradient',
    ]);
    model.getLayer('conv').trainable = false;
    model.getLayer('head').trainable = true;
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const tail = hardwareCost({ accelerators: [counter()] });
    await train([tail], { model });
    expect(phases(await tail.report())).toEqual([
      'conv forward',
      'hidden forward',
      'head forward',
      'head weightGradient',
      'head weightUpdate',
    ]);
    expect((await tail.report()).sample.unseenLayers).toEqual([]);
  });

  it('counts products of two activations, forward and towards both factors, live and replayed', async () => {
    const input = tf.input({ shape: [6, 6, 2] });
    const rows = tf.layers.reshape({ targetShape: [6, 12] }).apply(input) as tf.SymbolicTensor;
    const dense = (name: string) => tf.layers.dense({ name, units: 3, activation: 'relu' }).apply(rows) as tf.SymbolicTensor;
    const scores = tf.layers.dot({ name: 'scores', axes: [2, 2] }).apply([dense('query'), dense('key')]);
    const flat = tf.layers.flatten().apply(scores) as tf.SymbolicTensor;
    const head = tf.layers.dense({ name: 'head', units: 3, activation: 'softmax' }).apply(flat) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: head });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    const record = join(await temporaryDirectory(), 'run.maps');
    const accelerators = [counter(), denseArray()];
    const cost = hardwareCost({ accelerators, record });
    await train([cost], { model });
    const report = await cost.report();
    const own = rowsOf(report).filter(({ layer }) => layer === 'scores/product');
    expect(own.map(({ phase }) => phase)).toEqual(['forward', 'inputGradient']);
    expect([...new Set(rowsOf(report).map(({ layer }) => layer))]).toEqual(['query', 'key', 'scores/product', 'head']);
    const macs = report.accelerators[1]?.rows
      .filter(({ layer }) => layer === 'scores/product')
      .map(({ cost: c }) => c.macs.dense);
    expect(macs).toEqual([16 * 6 * 6 * 3, 2 * 16 * 6 * 6 * 3]); // 16 images, 6 by 6 products of 3
    expect(report.sample.unseenLayers).toEqual([]);
    expect(JSON.stringify(await replayRun(record, { accelerators }))).toBe(JSON.stringify(report));
  });

  it('takes the tap off when training ends, when it throws, and when an accelerator fails', async () => {
    await train([hardwareCost({ accelerators: [counter()] })]);
    expect(isTapWatching()).toBe(false);
    const fail = { onBatchEnd: async () => Promise.reject(new Error('batch failed')) };
    await expect(train([hardwareCost({ accelerators: [counter()] }), fail])).rejects.toThrow('batch failed');
    expect(isTapWatching()).toBe(false);
    const broken = counter('broken', () => {
      throw new Error('no such unit');
    });
    const cost = hardwareCost({ accelerators: [broken] });
    await expect(train([cost])).rejects.toThrow('no such unit');
    expect(isTapWatching()).toBe(false);
    await expect(cost.report()).rejects.toThrow('no such unit');
  });

  it('adds up the passes over which gradients are accumulated, with one update', async () => {
    const model = tinyModel();
    model.getLayer('hidden').trainable = false;
    const { xs, ys } = tinyData(8);
    const optimizer = tf.train.sgd(0.1);
    const costOf = async (passes: number) => {
      const cost = hardwareCost({ accelerators: [denseArray()], workers: 0 });
      cost.attach(model, optimizer);
      for (let pass = 0; pass < passes; pass++) {
        tf.tidy(() => {
          const [x, y] = [xs, ys].map((t) => t.slice(pass * (8 / passes), 8 / passes));
          const loss = () => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor) as tf.Scalar;
          tf.variableGrads(
            loss,
            model.trainableWeights.map((weight) => weight.read() as tf.Variable),
          );
        });
      }
      await cost.endStep();
      const report = await cost.report();
      await cost.detach();
      const macs = rowsOf(report).map(({ layer, phase, cost: { macs } }) => `${layer} ${phase} ${macs.dense}`);
      return { macs, samples: report.series[0]?.samples };
    };
    const whole = await costOf(1);
    expect(whole.samples).toBe(8);
    expect(whole.macs).toContain('hidden inputGradient 4096'); // 8 images, 64 by 8
    expect(whole.macs).not.toContain('hidden weightGradient 4096');
    for (const passes of [2, 4]) expect(await costOf(passes)).toEqual(whole);
    tf.dispose([xs, ys]);
    model.dispose();
  });

  it('counts the slots of the optimizer of a custom loop, and asks for it', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const cost = hardwareCost({ accelerators: [counter()] });
    expect(() => cost.attach(model)).toThrow('optimizer: got none');
    expect(isTapWatching()).toBe(false);
    const optimizer = tf.train.adam(0.01);
    cost.attach(model, optimizer);
    tf.tidy(() => {
      optimizer.minimize(() => (model.apply(tf.ones([4, 3]), { training: true }) as tf.Tensor).sum().asScalar());
    });
    await cost.endStep();
    await cost.detach();
    expect((await cost.report()).accelerators[0]?.decisions).toEqual({ side: { input: 2, 'slots 2, masked false': 1 } });
    model.dispose();
    optimizer.dispose();
  });

  it('says so when no tensor came', async () => {
    const cost = hardwareCost({ accelerators: [counter()] });
    cost.attach(tinyModel());
    await expect(cost.endStep()).rejects.toThrow('tensors of step 0: got none');
    await cost.detach();
  });

  it.each([
    [{ accelerators: [] }, 'accelerators: got none'],
    [{ accelerators: [counter(), counter()] }, 'names counter, counter'],
    [{ accelerators: [counter()], every: 0 }, 'every: got 0'],
    [{ accelerators: [counter()], images: 1.5 }, 'images: got 1.5'],
    [{ accelerators: [counter()], workers: -1 }, 'workers: got -1'],
    [{}, /^hardwareCost\.accelerators: got undefined, expected a list of accelerators\. Pass \[acf\(\)/],
    [undefined, /^options of hardwareCost: got undefined, expected an object of accelerators, every/],
    [null, /^options of hardwareCost: got null, expected an object of accelerators, every/],
    [{ accelerators: 'acf' }, 'accelerators: got acf, expected a list'],
    [
      { accelerators: [acf(), createEstimator('a100-fp16')] },
      /accelerators: got the estimator a100-fp16, expected accelerators, which count cycles\. Record the run, .* compare --run run\.maps -a a100-fp16/,
    ],
    [
      { accelerators: [createEstimator({ ...estimatorPresets['a100-fp16'], name: 'mine' })] },
      'compare --run run.maps -a NAME, of a preset',
    ],
    [{ accelerators: ['acf'] }, "a name becomes an accelerator by createAccelerator('acf')"],
    [{ accelerators: [counter()], evry: 2 }, /^option of hardwareCost: got evry, expected one of .*Did you mean every/],
  ])('refuses wrong options: %#', (options, message) => {
    expect(() => hardwareCost(options as never)).toThrow(SparsityError);
    expect(() => hardwareCost(options as never)).toThrow(message);
  });

  it('records the run: replayed, it gives the bytes of the live report, also when fit was called twice', async () => {
    const record = join(await temporaryDirectory(), 'run.maps');
    const accelerators = [acf(), denseArray()];
    const cost = hardwareCost({ accelerators, workers: 0, every: 2, images: 2, seed: 3, record });
    const model = tinyModel('adam');
    const callbacks = [pruning(randomMethod().method), cost];
    for (const epochs of [1, 2]) {
      await train(callbacks, { model, epochs });
      expect(JSON.stringify(await replayRun(record, { accelerators }))).toBe(JSON.stringify(await cost.report()));
    }
    const other = await replayRun(record, { accelerators: [acf({ name: 'small', rows: 8 })] });
    expect(other.accelerators[0]?.cycles.value).toBeGreaterThan((await cost.report()).accelerators[0]?.cycles.value ?? 0);
  });

  it('records without an accelerator, and stops training with one message when it cannot', async () => {
    const record = join(await temporaryDirectory(), 'run.maps');
    await train([hardwareCost({ accelerators: [], record })]);
    expect((await replayRun(record, { accelerators: [denseArray()] })).sample.steps).toBe(4);
    await expect(train([hardwareCost({ accelerators: [], record: '/dev/full' })])).rejects.toThrow('no space left on the disk');
    expect(isTapWatching()).toBe(false);
  });

  it('prints a table of at most 80 columns with every layer and accelerator', async () => {
    const cost = hardwareCost({ accelerators: [acf(), denseArray()], workers: 0, every: 2, images: 2 });
    await train([cost], { epochs: 2 });
    const table = (await cost.report()).toTable();
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const text of ['modelled', 'acf', 'dense-array', 'conv', 'hidden', 'head', '+-']) expect(table).toContain(text);
  });

  it('prints what is not known yet as such, and columns apart', async () => {
    const table = (await hardwareCost({ accelerators: [denseArray()], workers: 0 }).report()).toTable();
    expect(table).not.toContain('NaN');
    expect(table).toMatch(/^dense-array +0 +0J +0\.0 % +- +-$/m);
    expect(table).toMatch(/^resources +units +DRAM B\/cycle +SRAM KB +bits +GHz +energy$/m);
  });

  it('leaves no tensors over 200 steps, together with the other callbacks, a plain object and early stopping', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const model = tinyModel('adam');
    const { xs, ys } = tinyData(8);
    const callbacks = [
      { onBatchEnd: async () => {} },
      progress(),
      hardwareCost({ accelerators: [acf()], workers: 0, every: 10 }),
      tf.callbacks.earlyStopping({ monitor: 'loss', patience: 100 }),
      pruning(randomMethod().method),
    ];
    await train(callbacks, { model }); // slots and masks are born
    await expectNoLeak(async () => {
      await train(callbacks, { model, epochs: 50, validationData: [xs, ys] });
    });
    tf.dispose([xs, ys]);
    log.mockRestore();
  });
});
