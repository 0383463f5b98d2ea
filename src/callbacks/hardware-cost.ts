import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { attachTap, type PrunableKernel, packOp, prunableKernels, type TensorTap } from '../ops/index.js';
import { namedSlots } from '../ops/optimizer-slots.js';
import { trainingStep } from '../ops/training-step.js';
import { createRng } from '../rng.js';
import { type Json, type RunState, SparsityCallback } from './base-callback.js';
import { checkSettings } from './check-settings.js';
import type { CostTotals, StepSummary } from './cost-engine.js';
import { type CostHost, openCostHost } from './cost-host.js';
import { CostQueue } from './cost-queue.js';
import { type CostReport, costReport } from './cost-report.js';
import { estimateTotal } from './estimate-total.js';
import { checkOptions, type HardwareCostOptions } from './hardware-cost-options.js';
import { RunRecorder } from './run-recorder.js';
import { StepRecords } from './step-records.js';

/** The callback that {@link hardwareCost} makes. */
export class HardwareCost extends SparsityCallback implements RunState {
  readonly key = 'hardwareCost';
  override readonly place = -1;

  private readonly every: number;
  private readonly offset: number;
  private tap: TensorTap | undefined;
  private optimizer: tf.Optimizer | undefined;
  private tapped: tf.LayersModel | undefined;
  private kernels: readonly PrunableKernel[] = [];
  /** Names of the model's layers that the tap looks for, in the order of the forward pass. */
  private layers: readonly string[] = [];
  private stepRecords = new StepRecords([]);
  private host: Promise<CostHost> | undefined;
  private recorder: RunRecorder | undefined;
  private seen = 0;
  private series: StepSummary[] = [];
  /** Sums of the parts of the run whose host is closed. */
  private sums: CostTotals = {};
  private epochBegin = { seen: 0, sampled: 0 };
  private readonly queue = new CostQueue((summary) => this.series.push(summary));

  constructor(private readonly options: HardwareCostOptions) {
    super(options);
    checkOptions(options);
    this.every = options.every ?? 1;
    this.offset = options.seed === undefined ? 0 : createRng(`${options.seed}/hardwareCost`).integer(this.every);
  }

  override async onTrainBegin(): Promise<void> {
    await this.detach();
    this.attach(this.trainedModel());
  }

  override async onEpochBegin(): Promise<void> {
    this.epochBegin = { seen: this.seen, sampled: this.series.length };
  }

  override async onBatchBegin(): Promise<void> {
    // Early, so that workers load while the step runs; not before, since a checkpoint may put sums back until the first batch.
    this.open();
    await this.openRecord();
  }

  override async onBatchEnd(): Promise<void> {
    await this.endStep();
  }

  override async onEpochEnd(_epoch: number, logs?: object): Promise<void> {
    await this.queue.drain();
    if (logs) Object.assign(logs, this.epochMeans());
  }

  override async onTrainEnd(): Promise<void> {
    await this.detach();
  }

  override async release(): Promise<void> {
    await this.detach();
  }

  /**
   * Begins to watch a model: for custom training loops; `fit` does it by itself.
   *
   * @param optimizer the one of the loop, whose slots are counted. @default that with which the model was compiled
   * @throws SparsityError where there is none.
   */
  attach(model: tf.LayersModel, optimizer: tf.Optimizer | undefined = model.optimizer): void {
    if (!optimizer) {
      const fix = 'pass the one of the loop: cost.attach(model, optimizer)';
      throw new SparsityError({ what: 'hardwareCost: optimizer', got: 'none', expected: "the loop's, or a compiled model", fix });
    }
    this.tap?.detach();
    this.tapped = model;
    this.optimizer = optimizer;
    this.kernels = prunableKernels(model);
    this.stepRecords = new StepRecords(this.kernels);
    this.tap = attachTap(model, {
      onOp: (op) => this.stepRecords.add(packOp(op, this.options.images)),
      isWanted: () => this.isSampled(),
    });
    this.layers = this.tap.layers;
  }

  /**
   * Ends an optimizer step: what the tap saw since the last one goes to the accelerators, of all passes over which gradients were
   * accumulated. Waits when they lag too far behind.
   */
  async endStep(): Promise<void> {
    const sampled = this.isSampled();
    const { stepRecords, step } = this;
    const recorder = await this.openRecord();
    this.stepRecords = new StepRecords(this.kernels);
    this.step += 1;
    this.seen += 1;
    if (!sampled) return;
    const records = stepRecords.inOrder(this.layers);
    if (records.length === 0) {
      throw new SparsityError({
        what: `tensors of step ${step}`,
        got: 'none',
        expected: 'a backward pass through the attached model',
        fix: 'call endStep after the optimizer step of the attached model, and fit a model with dense or convolution layers',
      });
    }
    const job = { step, records, samples: stepRecords.samples(), training: { slots: this.slots(), ...stepRecords.training() } };
    // First, since the maps change hands on their way to a worker.
    await recorder?.append(job);
    await this.queue.submit(await this.open(), job);
  }

  /** Stops watching, waits for the accelerators and lets the workers go. Safe to call twice. */
  async detach(): Promise<void> {
    this.tap?.detach();
    this.tap = undefined;
    try {
      await this.closeRecord();
    } finally {
      await this.closeHost();
    }
  }

  /**
   * What the run cost so far. Waits until every step is through.
   *
   * @throws SparsityError when an accelerator failed, or a worker broke down.
   */
  async report(): Promise<CostReport> {
    await this.queue.drain();
    const totals = this.host ? await (await this.host).totals() : this.sums;
    const [first] = Object.values(totals);
    const sample = {
      steps: this.seen,
      sampledSteps: this.series.length,
      every: this.every,
      offset: this.offset,
      images: this.options.images ?? null,
      unseenLayers: first ? this.layers.filter((layer) => !first.rows.some((row) => row.layer === layer)) : [],
    };
    return costReport(this.options.accelerators, totals, [...this.series], sample, { ...this.queue.statistics });
  }

  async runState(): Promise<Json> {
    await this.queue.drain();
    const sums = this.host ? await (await this.host).totals() : this.sums;
    // Only for its type: all of it is plain data already.
    return { settings: this.settings(), step: this.step, seen: this.seen, series: this.series, sums } as unknown as Json;
  }

  restoreRunState(state: Json): void {
    const { settings, step, seen, series, sums } = state as unknown as {
      settings: Json;
      step: number;
      seen: number;
      series: StepSummary[];
      sums: CostTotals;
    };
    checkSettings('hardwareCost', this.settings(), settings);
    this.step = step;
    this.seen = seen;
    this.series = [...series];
    this.sums = sums;
  }

  private settings(): Json {
    const accelerators = this.options.accelerators.map(({ spec }) => spec);
    return JSON.parse(
      JSON.stringify({ accelerators, every: this.every, offset: this.offset, images: this.options.images ?? null }),
    );
  }

  /** Means per step of the epoch; NaN where no step of it was sampled. */
  private epochMeans(): Record<string, number> {
    const series = this.series.slice(this.epochBegin.sampled);
    const steps = this.seen - this.epochBegin.seen;
    const sampling = this.every > 1 || this.options.images !== undefined;
    const means = this.options.accelerators.flatMap(({ spec }) =>
      Object.entries({ cycles: 'cycles', energy: 'energyPj' } as const).flatMap(([name, of]) => {
        const { value, error } = estimateTotal(series, steps, spec.name, of);
        const key = `${name}_${spec.name}`;
        const mean = [key, series.length === 0 ? Number.NaN : value / steps] as const;
        return sampling ? [mean, [`${key}_error`, error === null ? Number.NaN : error / steps] as const] : [mean];
      }),
    );
    return Object.fromEntries(means);
  }

  private open(): Promise<CostHost> {
    if (!this.host) {
      this.host = openCostHost(this.options.accelerators, this.sums, this.options.workers);
      this.host.catch(() => {}); // reported where it is awaited
    }
    return this.host;
  }

  /** The record, open for the step to come; undefined where none is kept. */
  private async openRecord(): Promise<RunRecorder | undefined> {
    const { record, images = null } = this.options;
    if (record === undefined) return undefined;
    const { every, offset, layers, step, seen } = this;
    const [begin, settings] = [step - seen, { every, offset, images, layers }];
    // A run none of whose steps was sampled yet is not in the file.
    const goesOn = this.series.length > 0;
    this.recorder ??= await (goesOn
      ? RunRecorder.open(record, step, settings, begin)
      : RunRecorder.open(record, begin, settings));
    return this.recorder;
  }

  private async closeHost(): Promise<void> {
    const { host } = this;
    if (!host) return;
    this.host = undefined;
    const open = await host;
    try {
      await this.queue.drain();
      this.sums = await open.totals();
    } finally {
      open.close();
    }
  }

  private async closeRecord(): Promise<void> {
    const { recorder } = this;
    this.recorder = undefined;
    try {
      await recorder?.end(this.step);
    } finally {
      await recorder?.close();
    }
  }

  private isSampled(): boolean {
    return this.step % this.every === this.offset;
  }

  /** Slots per weight, counted on the first trained variable: after the first step they are there. */
  private slots(): number {
    const variable = trainingStep(() => this.tapped?.trainableWeights[0]?.read() as tf.Variable | undefined);
    return this.optimizer && variable ? namedSlots(this.optimizer, variable).length : 0;
  }
}

/**
 * Projects what the run would cost on accelerators, from the real tensors of its steps: cycles and energy, modelled. The maps of
 * non-zeros of each step go to worker threads (web workers in a browser) through a bounded queue that makes training wait when it is
 * full, and never drops a step; each epoch waits for its own results.
 *
 * Epoch logs gain `cycles_<name>` and `energy_<name>`, means per step of the epoch, in cycles and picojoule; with `every` or `images`
 * also `cycles_<name>_error` and `energy_<name>_error`, the standard errors of these means. Sums of a report are scaled from the sampled
 * steps and images to the whole run; its decisions, its series and the fractions of zeros are of the sample. A report of a resumed run
 * includes the first part. `record` keeps the maps, so that {@link replayRun} tells what the same run costs elsewhere. Frozen layers cost
 * their forward pass and, where earlier layers are trained, their input gradient.
 *
 * @throws SparsityError for wrong options, from `fit` when an accelerator fails or the record cannot be written.
 * @example
 * ```ts
 * const cost = hardwareCost({accelerators: [acf(), denseArray()], every: 4});
 * await model.fit(xs, ys, {callbacks: [cost]});
 * console.log((await cost.report()).toTable());
 * ```
 * In a custom loop:
 * ```ts
 * const cost = hardwareCost({accelerators: [acf()]});
 * const optimizer = tf.train.adam(0.001);
 * cost.attach(model, optimizer);
 * for (let step = 0; step < 3; step++) {
 *   optimizer.minimize(() => tf.losses.softmaxCrossEntropy(ys, model.apply(xs, {training: true}) as tf.Tensor) as tf.Scalar);
 *   await cost.endStep();
 * }
 * await cost.detach();
 * ```
 */
export function hardwareCost(options: HardwareCostOptions): HardwareCost {
  return new HardwareCost(options);
}
