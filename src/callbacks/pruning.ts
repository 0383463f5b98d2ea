import { SparsityError } from '../errors.js';
import { type PrunableKernel, prunableKernels } from '../ops/index.js';
import type { KernelState, LayerMasks, PruningMethod, UpdateContext } from '../pruning/contracts.js';
import { createRng } from '../rng.js';
import { assertFinite } from './assert-finite.js';
import { type CallbackOptions, type Json, type RunState, resolveLogs, SparsityCallback } from './base-callback.js';

/** Options of {@link pruning}. */
export interface PruningOptions extends CallbackOptions {
  /**
   * Seed of methods that draw random numbers; each step's draws follow from it and the step alone.
   * @default 0
   */
  readonly seed?: number | string;
}

/** Sparsity of one kernel. */
export interface LayerSparsityRow {
  readonly layer: string;
  /** Elements of the kernel. */
  readonly weights: number;
  /** Elements that the forward mask keeps. */
  readonly kept: number;
  /** 1 - kept / weights. */
  readonly sparsity: number;
  /** Why the method leaves this kernel alone. */
  readonly skipped?: string;
}

/** A kernel that a method leaves as it is, and why. */
export interface PruningSkip {
  readonly layer: string;
  readonly reason: string;
}

/** The callback that {@link pruning} makes. */
export class Pruning extends SparsityCallback implements RunState {
  readonly key = 'pruning';
  override readonly place = -2;
  /** Kernels that the method does not prune, known from the begin of training. */
  skips: readonly PruningSkip[] = [];

  private all: readonly PrunableKernel[] = [];
  private kernels: readonly PrunableKernel[] = [];
  /** False from the begin of training, or of a restored state, to the first batch. */
  private inForce = false;
  private slotsBorn = false;
  private overall = 0;
  private readonly seed: number | string;

  constructor(
    readonly method: PruningMethod,
    options: PruningOptions = {},
  ) {
    super(options);
    this.seed = options.seed ?? 0;
  }

  override async onTrainBegin(): Promise<void> {
    const model = this.trainedModel();
    this.all = prunableKernels(model);
    if (this.all.length === 0) {
      throw new SparsityError({
        what: `model ${model.name}`,
        got: 'no prunable layer',
        expected: 'a masked layer at least',
        fix: 'train sparsify(model) instead, or build the model from maskedDense and maskedConv2d',
      });
    }
    const reasons = this.all.map((kernel) => this.method.skip(kernel.info));
    this.skips = this.all.flatMap(({ info }, i) => (reasons[i] ? [{ layer: info.name, reason: reasons[i] }] : []));
    this.kernels = this.all.filter((_, i) => !reasons[i]);
    if (this.kernels.length === 0) {
      throw new SparsityError({
        what: `pruning method ${this.method.name}`,
        got: this.skips.map(({ layer, reason }) => `${layer}: ${reason}`).join('; '),
        expected: 'a layer that it prunes',
        fix: 'change the skip rule of the method, or train without it',
      });
    }
    this.inForce = false;
    this.slotsBorn = false;
  }

  override async onBatchBegin(): Promise<void> {
    // Not at the begin of training: a checkpoint may put back weights, masks and step until the first batch.
    if (this.inForce) return;
    this.inForce = true;
    const { update, sparsity } = this.method.schedule(this.step);
    const masks = this.step === 0 && update ? this.newMasks(sparsity) : this.kernels.map((kernel) => kernel.masks);
    this.repack(masks);
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    const { loss } = await resolveLogs(logs);
    assertFinite(this.trainedModel(), this.step, loss);
    await super.onBatchEnd(batch, logs);
    const { update, sparsity } = this.method.schedule(this.step);
    this.regularise(sparsity);
    if (update) this.repack(this.newMasks(sparsity));
    else this.enforce();
    this.slotsBorn = true;
  }

  override async onEpochEnd(_epoch: number, logs?: object): Promise<void> {
    if (logs) Object.assign(logs, { sparsity: this.overall });
  }

  /** Fraction of zeros in the forward masks of all prunable kernels together, skipped ones included. */
  sparsity(): number {
    return this.overall;
  }

  /** Sparsity of each prunable kernel's forward mask. */
  layerSparsity(): LayerSparsityRow[] {
    return this.all.map(({ info, masks }) => {
      const weights = info.shape.reduce((product, size) => product * size, 1);
      const kept = masks.forward ? masks.forward.reduce((sum, bit) => sum + bit, 0) : weights;
      const skipped = this.skips.find(({ layer }) => layer === info.name)?.reason;
      return { layer: info.name, weights, kept, sparsity: 1 - kept / weights, ...(skipped ? { skipped } : {}) };
    });
  }

  runState(): Json {
    return { method: this.method.name, config: JSON.parse(JSON.stringify(this.method.config)), seed: this.seed, step: this.step };
  }

  restoreRunState(state: Json): void {
    const { step, ...stored } = state as { [key: string]: Json };
    const { step: _, ...here } = this.runState() as { [key: string]: Json };
    if (canonical(stored) !== canonical(here)) {
      throw new SparsityError({
        what: 'pruning of the resumed run',
        got: canonical(here),
        expected: `as stored, ${canonical(stored)}`,
        fix: 'resume with the method, options and seed of the first run, or start a new run',
      });
    }
    this.step = step as number;
    this.inForce = false;
  }

  private newMasks(sparsity: number): readonly LayerMasks[] {
    return this.method.updateMasks(this.kernels.map(stateOf), this.context(sparsity));
  }

  private repack(masks: readonly LayerMasks[]): void {
    const { optimizer } = this.trainedModel();
    this.kernels.forEach((kernel, i) => {
      kernel.repack(masks[i] as LayerMasks, this.method, optimizer);
    });
    const rows = this.layerSparsity();
    const total = (of: 'kept' | 'weights') => rows.reduce((sum, row) => sum + row[of], 0);
    this.overall = 1 - total('kept') / total('weights');
  }

  /** A method's proximal step, right after the optimizer's. */
  private regularise(sparsity: number): void {
    if (!this.method.proximal) return;
    for (const kernel of this.kernels) {
      const values = this.method.proximal(stateOf(kernel), this.context(sparsity));
      if (values) kernel.writeKernel(values);
    }
  }

  /** Between updates pruned weights stay 0 by themselves once gradient and slots are 0; in all other cases they are made 0 again. */
  private enforce(): void {
    if (this.method.pruned !== 'zero') return;
    const { optimizer } = this.trainedModel();
    for (const kernel of this.kernels) {
      const still = this.slotsBorn && this.method.slots === 'zero' && kernel.masks.gradient !== null;
      if (kernel.masks.forward && !still) kernel.enforce(optimizer);
    }
  }

  private context(sparsity: number): UpdateContext {
    return { step: this.step, sparsity, rng: createRng(`${this.seed}/pruning/${this.step}`) };
  }
}

/**
 * Prunes a model while it is fitted: masks are made when the method's schedule says so, right after the optimizer's step, and pruned
 * weights and slots are kept as the method declares. The model's layers must be masked ones (`sparsify`). Adds `sparsity` to the epoch
 * logs. Stops training with one error as soon as the loss or a weight is not finite.
 *
 * @throws SparsityError from `fit`: nothing to prune in the model, divergence; from `restoreRunState`: another method or options.
 * @example
 * ```ts
 * const model = sparsify(denseModel);
 * model.compile({optimizer: 'adam', loss: 'meanSquaredError'});
 * await model.fit(xs, ys, {callbacks: [pruning(gradualMagnitude({finalSparsity: 0.9, endStep: 200}))]});
 * ```
 */
export function pruning(method: PruningMethod, options: PruningOptions = {}): Pruning {
  return new Pruning(method, options);
}

function stateOf(kernel: PrunableKernel): KernelState {
  return { info: kernel.info, weights: kernel.readKernel(), masks: kernel.masks };
}

/** JSON with sorted keys, so that equal data gives equal text. */
function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: Json) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
  );
}
