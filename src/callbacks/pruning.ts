import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { type PrunableKernel, type PrunedTreatment, prunableKernels } from '../ops/index.js';
import { checkSeed } from '../pruning/check.js';
import type { KernelState, LayerMasks, PruningMethod, UpdateContext } from '../pruning/contracts.js';
import { sameMasks } from '../pruning/same-masks.js';
import { createRng } from '../rng.js';
import { type CallbackOptions, type Json, type RunState, type RunStateData, SparsityCallback } from './base-callback.js';
import { checkSettings } from './check-settings.js';
import { type LayerSparsityRow, layerSparsity, overallSparsity, type PruningSkip } from './layer-sparsity.js';
import { checkNames, checkOptimizer, checkPrunable, checkPruned } from './method-checks.js';
import { MethodNeeds } from './method-needs.js';
import { shortfall } from './pruning-shortfall.js';
import { SameModel } from './same-model.js';

/** Options of {@link pruning}. */
export interface PruningOptions extends CallbackOptions {
  /**
   * Seed of methods that draw random numbers; each step's draws follow from it and the step alone.
   * @default 0
   */
  readonly seed?: number | string;
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
  private hasThinned = false;
  private readonly sameModel = new SameModel();
  private overall = 0;
  /** `overall` is that of groups, which keep equally many weights at every step. */
  private inGroups = false;
  private readonly seed: number | string;
  private readonly needs: MethodNeeds;

  constructor(
    readonly method: PruningMethod,
    options: PruningOptions = {},
  ) {
    super(options);
    if (typeof method?.updateMasks !== 'function') {
      const fix = 'pass pruning(gradualMagnitude({finalSparsity: 0.9, endStep: 2000}))';
      throw new SparsityError({ what: 'pruning', got: String(method), expected: 'a pruning method', fix });
    }
    checkOptionNames('pruning', options, { seed: true, model: true });
    const { seed = 0 } = options;
    checkSeed(seed);
    this.seed = seed;
    this.needs = new MethodNeeds(method);
  }

  override async onTrainBegin(): Promise<void> {
    const model = this.trainedModel();
    this.all = prunableKernels(model);
    checkPrunable(model, this.all);
    const reasons = this.all.map((kernel) => this.method.skip(kernel.info));
    this.skips = this.all.flatMap(({ info }, i) => (reasons[i] ? [{ layer: info.name, reason: reasons[i] }] : []));
    this.kernels = this.all.filter((_, i) => !reasons[i]);
    checkPruned(this.method, this.kernels, this.skips);
    checkNames(this.method, this.all, this.kernels, this.skips);
    for (const { info } of this.kernels) this.method.check?.(info);
    checkOptimizer(this.method, model.optimizer);
    this.needs.checkOptimizer(model.optimizer);
    this.inForce = false;
    this.slotsBorn = false;
  }

  override async onBatchBegin(): Promise<void> {
    const { update, sparsity } = this.method.schedule(this.step);
    if (!this.inForce) {
      // Not at the begin of training: a checkpoint may put back weights, masks and step until the first batch.
      this.needs.checkStates(this.kernels);
      this.sameModel.check(this.trainedModel(), this.step);
      this.inForce = true;
      if (this.step === 0 && update) this.repack(this.newMasks(sparsity));
      else this.resume(sparsity);
    }
    this.penalise(sparsity);
    this.needs.beforeStep(this.kernels, this.step);
    this.thin(sparsity);
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await super.onBatchEnd(batch, logs);
    const { update, sparsity } = this.method.schedule(this.step);
    this.needs.afterStep(this.kernels);
    this.regularise(sparsity);
    if (update) this.update(sparsity);
    else for (const kernel of this.kernels) this.enforce(kernel);
    this.slotsBorn = true;
    this.needs.release(this.kernels);
  }

  override async onTrainEnd(): Promise<void> {
    await this.release();
    if (this.trainedModel().stopTraining) return;
    const isIdle = this.inForce && !this.hasThinned;
    const left = shortfall(this.method, { step: this.step, overall: this.overall, kernels: this.kernels, isIdle });
    if (left) console.warn(`pruning: training ended after step ${this.step} ${left}`);
  }

  override async release(): Promise<void> {
    for (const kernel of this.kernels) {
      kernel.addToGradient(undefined);
      kernel.thinOperands(undefined);
    }
    this.needs.release(this.kernels);
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
    return layerSparsity(this.all, this.skips);
  }

  runState(): RunStateData {
    return { ...this.settings(), step: this.step, ...this.needs.runState() };
  }

  restoreRunState(state: RunStateData): void {
    const { step, scoreStates, ...stored } = state as { [key: string]: RunStateData };
    checkSettings('pruning', this.settings(), stored as Json);
    this.step = step as number;
    this.needs.restoreRunState(scoreStates as readonly Float32Array[] | undefined);
    this.inForce = false;
    this.sameModel.forget();
  }

  /** What may not differ between the parts of a run. */
  private settings(): { readonly [key: string]: Json } {
    return { method: this.method.name, config: JSON.parse(JSON.stringify(this.method.config)), seed: this.seed };
  }

  /** A kernel, the `i`th, with what the method needs to see of it after a step. */
  private readonly seen = (kernel: PrunableKernel, i: number): KernelState => ({
    ...stateOf(kernel),
    ...this.needs.of(kernel, i, this.trainedModel().optimizer),
  });

  private newMasks(sparsity: number): readonly LayerMasks[] {
    return this.method.updateMasks(this.kernels.map(this.seen), this.context(sparsity));
  }

  private update(sparsity: number): void {
    const { groups } = this.method;
    if (groups && sparsity > 0) this.regroup(groups, sparsity);
    else this.repack(this.newMasks(sparsity), (masks, kernel) => masks !== kernel.masks);
  }

  private regroup(groups: NonNullable<PruningMethod['groups']>, sparsity: number): void {
    const { optimizer } = this.trainedModel();
    const context = this.context(sparsity);
    for (const kernel of this.kernels) {
      const masksOf = (weights: Float32Array) =>
        this.method.updateMasks([{ info: kernel.info, weights, masks: undefined }], context)[0] as LayerMasks;
      kernel.regroup(groups, masksOf, this.method, optimizer);
    }
    if (!this.inGroups) this.measure();
    this.inGroups = true;
  }

  /** Puts the masks that are there in force again: in the form that they had, on which the last bits of what follows depend. */
  private resume(sparsity: number): void {
    const masks = this.kernels.map((kernel) => kernel.masks);
    const { groups } = this.method;
    this.inGroups = false;
    // Weights that were set from outside since then have other masks.
    const follow = (expected: readonly LayerMasks[]) => masks.every((of, i) => sameMasks(of, expected[i] as LayerMasks));
    if (groups && sparsity > 0 && follow(this.newMasks(sparsity))) this.regroup(groups, sparsity);
    else this.repack(masks);
  }

  /** Puts masks in force; a kernel whose masks are not new is only kept at 0. */
  private repack(
    masks: readonly LayerMasks[],
    areNew: (masks: LayerMasks, kernel: PrunableKernel) => boolean = () => true,
  ): void {
    const { optimizer } = this.trainedModel();
    this.kernels.forEach((kernel, i) => {
      const own = masks[i] as LayerMasks;
      if (areNew(own, kernel)) kernel.repack(own, this.treatmentOf(kernel), optimizer);
      else this.enforce(kernel);
    });
    this.inGroups = false;
    this.measure();
  }

  private measure(): void {
    this.overall = overallSparsity(this.layerSparsity());
  }

  /** A method's proximal step, right after the optimizer's. */
  private regularise(sparsity: number): void {
    const values = this.method.proximal?.(this.kernels.map(this.seen), this.context(sparsity));
    values?.forEach((own, i) => {
      if (own) this.kernels[i]?.writeKernel(own);
    });
  }

  /** A method's penalty, as a term of the gradients of the step to come. */
  private penalise(sparsity: number): void {
    if (!this.method.penaltyGradient) return;
    this.kernels.forEach((kernel, i) => {
      kernel.addToGradient(this.method.penaltyGradient?.(stateOf(kernel), this.contextOf(i, sparsity)));
    });
  }

  /** A method's thinning of operands, in the step to come. */
  private thin(sparsity: number): void {
    if (!this.method.thin) return;
    this.kernels.forEach((kernel, i) => {
      const thinning = this.method.thin?.(kernel.info, this.contextOf(i, sparsity));
      kernel.thinOperands(thinning);
      this.hasThinned ||= thinning !== undefined;
    });
  }

  /** Between updates pruned weights stay 0 by themselves once gradient and slots are 0; in all other cases they are made 0 again. */
  private enforce(kernel: PrunableKernel): void {
    const { pruned, slots } = this.treatmentOf(kernel);
    if (pruned !== 'zero') return;
    const still = this.slotsBorn && slots === 'zero' && kernel.masks.gradient !== null;
    if (kernel.masks.forward && !still) kernel.enforce(this.trainedModel().optimizer);
  }

  private treatmentOf({ info }: PrunableKernel): PrunedTreatment {
    return this.method.treatmentOf?.(info) ?? this.method;
  }

  private context(sparsity: number): UpdateContext {
    return { step: this.step, sparsity, rng: createRng(`${this.seed}/pruning/${this.step}`) };
  }

  /** Draws for one kernel, the `i`th: not by its name, which the model of a resumed run may not have. */
  private contextOf(i: number, sparsity: number): UpdateContext {
    const context = this.context(sparsity);
    return { ...context, rng: context.rng.fork(`${i}`) };
  }
}

/**
 * Prunes a model while it is fitted: masks are made when the method's schedule says so, right after the optimizer's step, and pruned
 * weights and slots are kept as the method declares. The model's layers must be masked ones (`sparsify`). Adds `sparsity` to the epoch
 * logs. Warns when training ends before the schedule's last sparsity, or before anything is pruned.
 *
 * @throws SparsityError for no method, for an option that does not exist, a seed that is neither a number nor text; from `fit`: nothing to
 * prune in the model, a name or pattern of layers that no kernel has, a kernel that the method's pattern does not fit, an optimizer under
 * which pruned weights cannot stay 0 or without the slots that the method needs, other layers than those of which it keeps a state, another
 * model than before without a restored state; from `restoreRunState`: another method or options.
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
