import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { sizeOf } from '../hw/bits.js';
import { type PrunableKernel, prunableKernels } from '../ops/index.js';
import { checkInteger } from '../pruning/check.js';
import { packMask, unpackMask } from '../pruning/pack-mask.js';
import type { Mask } from '../pruning/topology/compare-masks.js';
import { MaskHistory, type MaskRates, maskRates } from '../pruning/topology/mask-history.js';
import { type CallbackOptions, type RunState, type RunStateData, SparsityCallback } from './base-callback.js';
import { checkSettings } from './check-settings.js';
import type { AnyCallback } from './fit-adapter.js';
import { type LayerMaskMap, type MaskOccupancy, maskMaps, maskOccupancies } from './mask-maps.js';
import { Pruning } from './pruning.js';

/** Options of {@link maskStatistics}. */
export interface MaskStatisticsOptions extends CallbackOptions {
  /**
   * Steps from one look at the masks to the next at the least, 1 or more: updates in between are seen together, and weights that were active
   * only there do not count as explored. For methods that make masks at every step, such as BDWP.
   * @default 1, at every update of the masks
   */
  readonly every?: number;
  /**
   * Weights in a group of the histograms, 1 or more.
   * @default 8
   */
  readonly groupSize?: number;
}

/** {@link MaskRates} of one layer. */
export interface LayerMaskRates extends MaskRates {
  readonly layer: string;
  /** Elements of the kernel. */
  readonly weights: number;
}

/** What became of the masks by an update. */
export interface MaskUpdate {
  /** Optimizer steps done. */
  readonly step: number;
  /** Of all pruned layers together, by their sizes. */
  readonly all: MaskRates;
  readonly layers: readonly LayerMaskRates[];
}

/** The looks of one epoch that had one before them. */
interface EpochSums {
  readonly epoch: number;
  readonly looks: number;
  readonly churn: number;
  readonly iou: number;
}

interface StoredStatistics {
  readonly every: number;
  readonly lastLook: number;
  readonly itop: number;
  readonly sums: EpochSums;
  /** In the order of the model: names change between processes. Masks at a bit per weight. */
  readonly layers: readonly { weights: number; mask: Uint8Array | null; everActive: Uint8Array | null }[];
}

/** The callback that {@link maskStatistics} makes. */
export class MaskStatistics extends SparsityCallback implements RunState {
  readonly key = 'maskStatistics';
  /** Right behind the pruning. */
  override readonly place = -1;
  /** What the hook of this batch has seen; undefined when masks stayed. */
  fresh: MaskUpdate | undefined;

  private readonly every: number;
  private readonly groupSize: number;
  private kernels: readonly PrunableKernel[] = [];
  private pruner: Pruning | undefined;
  /** One per kernel; empty before the first look. */
  private histories: readonly MaskHistory[] = [];
  /** False from the begin of training to the first batch. */
  private begun = false;
  /** From a restored state to the first batch behind it. */
  private restored = false;
  private lastLook = 0;
  private itop = 0;
  private sums: EpochSums = noLooks(-1);

  constructor(options: MaskStatisticsOptions = {}) {
    super(options);
    checkOptionNames('maskStatistics', options, { every: true, groupSize: true, model: true });
    this.every = options.every ?? 1;
    this.groupSize = options.groupSize ?? 8;
    checkInteger('maskStatistics.every', this.every, 1);
    checkInteger('maskStatistics.groupSize', this.groupSize, 1);
  }

  override async onTrainBegin(): Promise<void> {
    const pruner = this.peers.find((peer) => peer instanceof Pruning);
    if (!pruner) {
      const fix = 'pass both: callbacks: [pruning(method), maskStatistics()]';
      throw new SparsityError({ what: 'callbacks beside maskStatistics()', got: 'no pruning()', expected: 'one', fix });
    }
    const skipped = new Set(pruner.skips.map(({ layer }) => layer));
    this.pruner = pruner;
    this.kernels = prunableKernels(this.trainedModel()).filter(({ info }) => !skipped.has(info.name));
    this.begun = false;
    // Another fit counts its epochs from 0 again.
    if (!this.restored) this.sums = noLooks(-1);
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    // An epoch that is resumed in its middle keeps what it has.
    if (epoch !== this.sums.epoch) this.sums = noLooks(epoch);
  }

  override async onBatchBegin(): Promise<void> {
    this.fresh = undefined;
    if (this.begun) return;
    // Not at the begin of training: a checkpoint may put back what was seen until the first batch.
    this.begun = true;
    this.restored = false;
    if (this.histories.length > 0) return this.checkLayers();
    this.histories = this.kernels.map(({ info }) => new MaskHistory(sizeOf(info.shape)));
    this.look();
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await super.onBatchEnd(batch, logs);
    this.fresh = undefined;
    const { pruner } = this;
    // Its own steps: it may have pruned before.
    const due = pruner?.method.schedule(pruner.step).update && this.step - this.lastLook >= this.every;
    if (!due) return;
    const { churn, iou } = this.look();
    const { sums } = this;
    this.sums = { ...sums, looks: sums.looks + 1, churn: sums.churn + churn, iou: sums.iou + iou };
  }

  override async onEpochEnd(_epoch: number, logs?: object): Promise<void> {
    const { looks, churn, iou } = this.sums;
    const still = looks === 0;
    const means = { mask_churn: still ? 0 : churn / looks, mask_iou: still ? 1 : iou / looks };
    if (logs) Object.assign(logs, { ...means, itop: this.itop });
  }

  /** Where the masks in force lie, for each pruned layer. */
  maps(): LayerMaskMap[] {
    return maskMaps(this.kernels, this.groupSize);
  }

  /** How full the groups of the masks in force are, for each pruned layer. */
  occupancies(): MaskOccupancy[] {
    return maskOccupancies(this.kernels, this.groupSize);
  }

  runState(): RunStateData {
    const { every, lastLook, itop, sums } = this;
    const packed = (mask: Mask) => mask && packMask(mask);
    const layers = this.histories.map(({ weights, mask, everActive }) => {
      return { weights, mask: packed(mask), everActive: packed(everActive) };
    });
    return { every, lastLook, itop, sums: { ...sums }, layers };
  }

  restoreRunState(state: RunStateData): void {
    const { every, lastLook, itop, sums, layers } = state as unknown as StoredStatistics;
    checkSettings('maskStatistics', { every: this.every }, { every });
    this.histories = layers.map(({ weights, mask, everActive }) => {
      const unpacked = (bits: Uint8Array | null) => bits && unpackMask(bits, weights);
      return new MaskHistory(weights, unpacked(mask), unpacked(everActive));
    });
    Object.assign(this, { lastLook, itop, sums, fresh: undefined, restored: true });
  }

  private look(): MaskRates {
    const counts = this.kernels.map(({ masks }, i) => (this.histories[i] as MaskHistory).look(masks.forward ?? masks.backward));
    const all = maskRates(counts);
    const layers = counts.map((count, i) => {
      return { layer: (this.kernels[i] as PrunableKernel).info.name, weights: count.weights, ...maskRates([count]) };
    });
    this.fresh = { step: this.step, all, layers };
    this.lastLook = this.step;
    this.itop = all.itop;
    return all;
  }

  /** Histories of other layers than those that are trained would count what never was. */
  private checkLayers(): void {
    const seen = this.histories.map(({ weights }) => weights).join(', ');
    const here = this.kernels.map(({ info }) => sizeOf(info.shape)).join(', ');
    if (seen === here) return;
    const fix = 'make a new maskStatistics() for another model or method';
    throw new SparsityError({
      what: 'sizes of the layers that maskStatistics() follows',
      got: here,
      expected: `as before, ${seen}`,
      fix,
    });
  }
}

/**
 * Follows how the topology moves while {@link pruning} trains: per layer the sparsity of its mask, which fraction of its weights
 * changed at an update (`churn`), its intersection over union with the mask before (`iou`), and which fraction was ever active (`itop`,
 * the R_s of ITOP). Of several masks of a layer it is the one of the forward pass, unless that uses all weights. All pruned
 * layers together go into the epoch logs: `mask_churn` and `mask_iou`, means over the epoch's updates (0 and 1 without any), and
 * `itop`; single layers do not, as `fit` prints all of these logs. `runLog` writes a line per update and, at the end of training, maps of the
 * masks; `tensorBoard` scalars per layer and a histogram of how full its groups are; `tfjs-sparsity report run.jsonl` draws them. The
 * functions behind it: `maskChurn`, `maskOverlap`,
 * `explorationRate`, `densityMap`, `groupOccupancy`.
 *
 * @throws SparsityError for an option that does not exist, a distance or a group size that is no positive integer;
 * from `fit`: no `pruning()` beside it, other layers than before; from `restoreRunState`: another `every`.
 * @example
 * ```ts
 * const method = sparseEvolution({sparsity: 0.9, endStep: 2000});
 * const {history} = await model.fit(xs, ys, {callbacks: [pruning(method), maskStatistics()]});
 * history.itop; // fraction of the weights that were ever active, by epoch
 * ```
 */
export function maskStatistics(options: MaskStatisticsOptions = {}): MaskStatistics {
  return new MaskStatistics(options);
}

/** The mask statistics among the callbacks of a run. */
export function statisticsAmong(peers: readonly AnyCallback[]): MaskStatistics | undefined {
  return peers.find((peer) => peer instanceof MaskStatistics);
}

/** What they have seen in the hook that runs now. */
export function freshMasks(peers: readonly AnyCallback[]): MaskUpdate | undefined {
  return statisticsAmong(peers)?.fresh;
}

function noLooks(epoch: number): EpochSums {
  return { epoch, looks: 0, churn: 0, iou: 0 };
}
