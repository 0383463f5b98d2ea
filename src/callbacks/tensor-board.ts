import { nodePath } from '../ops/node-modules.js';
import { AppendFile } from './append-file.js';
import { type CallbackOptions, type Logs, resolveLogs, SparsityCallback } from './base-callback.js';
import { encodeEvent, type TensorBoardEvent } from './event-file.js';
import { statisticsAmong } from './mask-statistics.js';

/** Options of {@link tensorBoard}. */
export interface TensorBoardOptions extends CallbackOptions {
  /**
   * The clock: milliseconds since 1970.
   * @default performance.timeOrigin + performance.now()
   */
  readonly now?: () => number;
}

class TensorBoard extends SparsityCallback {
  /** Behind the callbacks that add to the logs. */
  override readonly place = 50;
  private readonly now: () => number;
  private file: AppendFile | undefined;
  private waiting: Uint8Array[] = [];

  constructor(
    private readonly dir: string,
    options: TensorBoardOptions,
  ) {
    super(options);
    this.now = options.now ?? (() => performance.timeOrigin + performance.now());
  }

  override async onTrainBegin(): Promise<void> {
    const { join } = await nodePath();
    // TensorBoard takes every file with `tfevents` in its name, in the order of the names.
    this.file = await AppendFile.open(join(this.dir, `events.out.tfevents.${String(Math.floor(this.now())).padStart(14, '0')}`));
    this.add({ step: 0, fileVersion: 'brain.Event:2' });
    if (this.step > 0) this.add({ step: this.step, restart: true });
    await this.flush();
  }

  override async onBatchBegin(): Promise<void> {
    this.addMasks();
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    this.add({ step: this.step, scalars: tagged('batch', await resolveLogs(logs)) });
    this.addMasks();
    await super.onBatchEnd(batch, logs);
    if (this.waiting.length >= 64) await this.flush();
  }

  override async onEpochEnd(epoch: number, logs?: object): Promise<void> {
    this.add({ step: epoch, scalars: tagged('epoch', await resolveLogs(logs)) });
    await this.flush();
  }

  override async onTrainEnd(): Promise<void> {
    await this.release();
  }

  override async release(): Promise<void> {
    const { file } = this;
    if (!file) return;
    try {
      await this.flush();
    } finally {
      this.file = undefined;
      await file.close();
    }
  }

  private addMasks(): void {
    const statistics = statisticsAmong(this.peers);
    const update = statistics?.fresh;
    if (!update) return;
    const scalars = update.layers.flatMap(({ layer, sparsity, churn, iou, itop }) => {
      const rates = { sparsity, mask_churn: churn, mask_iou: iou, itop };
      return Object.entries(rates).map(([name, value]) => [`${name}/${layer}`, value] as const);
    });
    const histograms = statistics.occupancies().map(({ layer, mask, occupancy }) => {
      return [`${mask === 'forward' ? 'occupancy' : 'occupancy_backward'}/${layer}`, occupancy] as const;
    });
    // At the batch behind which they were made: a resumed run does not do it again, and must not make TensorBoard forget it.
    const step = Math.max(0, update.step - 1);
    this.add({ step, scalars: Object.fromEntries(scalars), histograms: Object.fromEntries(histograms) });
  }

  private add(event: Omit<TensorBoardEvent, 'wallTime'>): void {
    this.waiting.push(encodeEvent({ wallTime: this.now() / 1000, ...event }));
  }

  private async flush(): Promise<void> {
    const records = this.waiting;
    this.waiting = [];
    for (const record of records) await this.file?.append(record);
  }
}

/** The numeric logs under `batch/` or `epoch/`, which TensorBoard shows as groups. */
function tagged(group: string, logs: Logs): Record<string, number> {
  const numbers = Object.entries(logs).filter(
    ([name, value]) => typeof value === 'number' && name !== 'batch' && name !== 'size',
  );
  return Object.fromEntries(numbers.map(([name, value]) => [`${group}/${name}`, value]));
}

/**
 * Writes event files for TensorBoard, without tfjs-node: a scalar per step (`batch/loss`) and per epoch (`epoch/loss`) for every number in
 * the logs, `sparsity`, `cycles_*` and `energy_*` of the other callbacks included; beside {@link maskStatistics} for each layer at each
 * update of the masks `sparsity/conv1`, `mask_churn/conv1`, `mask_iou/conv1` and `itop/conv1`, and as a histogram `occupancy/conv1`: how
 * many groups of its weights keep 0, 1, 2 ... (`occupancy_backward/conv1` where the input gradient has a mask of its own). Steps and epochs
 * count from 0. A resumed run writes a new file into the same directory and TensorBoard forgets the steps that are done again. Node only.
 *
 * @param dir directory of the run; made when missing.
 * @throws SparsityError from `fit` when the directory cannot be written to or the disk is full.
 * @example
 * ```ts
 * const callbacks = [tensorBoard('runs/lenet')]; // then: tensorboard --logdir runs
 * ```
 */
export function tensorBoard(dir: string, options: TensorBoardOptions = {}): SparsityCallback {
  return new TensorBoard(dir, options);
}
