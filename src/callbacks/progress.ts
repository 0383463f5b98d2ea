import { importNode } from '../ops/node-modules.js';
import { type Logs, resolveLogs, SparsityCallback } from './base-callback.js';
import { Pruning } from './pruning.js';

/** Options of {@link progress}. */
export interface ProgressOptions {
  /**
   * False prints nothing.
   * @default true
   */
  readonly verbose?: boolean;
}

/** The callback that {@link progress} makes. */
export class Progress extends SparsityCallback {
  override readonly place = 1;
  private bar: import('cli-progress').SingleBar | undefined;
  private epoch = 0;
  /** Batches of an epoch; undefined for a dataset of unknown length. */
  private batches: number | undefined;
  private printedTenths = 0;

  constructor(private readonly options: ProgressOptions = {}) {
    super();
  }

  override async onTrainBegin(): Promise<void> {
    const { samples, batchSize, steps } = this.params as Record<string, number | null | undefined>;
    this.batches = samples && batchSize ? Math.ceil(samples / batchSize) : (steps ?? undefined);
    if (this.options.verbose === false || !onTerminal()) return;
    const { SingleBar } = (await importNode<{ default: typeof import('cli-progress') }>('cli-progress')).default;
    this.bar = new SingleBar({ format: 'epoch {epoch} [{bar}] {value}/{total} {metrics}', hideCursor: true, barsize: 24 });
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.epoch = epoch;
    this.printedTenths = 0;
    this.bar?.start(this.batches ?? 0, 0, { epoch: this.label(), metrics: '' });
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await super.onBatchEnd(batch, logs);
    if (this.bar) {
      if (this.batches === undefined) this.bar.setTotal(batch + 1);
      this.bar.update(batch + 1, { metrics: this.metrics(await resolveLogs(logs)) });
    } else if (this.options.verbose !== false && this.batches) {
      const tenths = Math.floor((10 * (batch + 1)) / this.batches);
      if (tenths === this.printedTenths || tenths === 10) return; // the epoch's own line follows
      this.printedTenths = tenths;
      console.log(`epoch ${this.label()} ${10 * tenths}% ${this.metrics(await resolveLogs(logs))}`);
    }
  }

  override async onEpochEnd(_epoch: number, logs?: object): Promise<void> {
    const metrics = this.metrics(await resolveLogs(logs));
    if (this.bar) {
      this.bar.update({ metrics });
      this.bar.stop();
    } else if (this.options.verbose !== false) {
      console.log(`epoch ${this.label()} ${metrics}`);
    }
  }

  /** Gives the terminal back, also when training stopped in the middle of an epoch. */
  override async release(): Promise<void> {
    this.bar?.stop();
    this.bar = undefined;
  }

  private label(): string {
    return `${this.epoch + 1}/${this.params.epochs}`;
  }

  private metrics(logs: Logs): string {
    const sparsity = logs.sparsity ?? this.peers.find((peer) => peer instanceof Pruning)?.sparsity();
    const shown = Object.entries({ ...logs, sparsity }).filter(([name]) => /loss|(^|_)acc$|^sparsity$/.test(name));
    return shown.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value.toFixed(4)}`])).join(' ');
  }
}

/**
 * Shows how training goes: a bar per epoch on a terminal, elsewhere a line about every tenth of an epoch and one at its end. Shows loss,
 * accuracy and, next to `pruning()`, sparsity.
 *
 * @example
 * ```ts
 * await model.fit(xs, ys, {epochs: 2, verbose: 0, callbacks: [progress()]});
 * ```
 */
export function progress(options: ProgressOptions = {}): Progress {
  return new Progress(options);
}

function onTerminal(): boolean {
  return typeof process !== 'undefined' && process.stderr?.isTTY === true;
}
