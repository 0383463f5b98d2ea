import { writeAtomically } from '../ops/atomic-write.js';
import { AppendFile } from './append-file.js';
import { type CallbackOptions, type Json, type Logs, resolveLogs, SparsityCallback } from './base-callback.js';
import { freshMasks, statisticsAmong } from './mask-statistics.js';
import { encodeLine, lastRun, type RunLogLine, readLines, runLogPath } from './run-log-file.js';

/** Options of {@link runLog}. */
export interface RunLogOptions extends CallbackOptions {
  /**
   * Whatever describes the run, as JSON; it goes into the first line.
   * @default {}
   */
  readonly config?: Json;
}

class RunLog extends SparsityCallback {
  /** Behind the callbacks that add to the logs. */
  override readonly place = 50;
  private readonly config: Json;
  private file: AppendFile | undefined;
  private epoch = 0;

  constructor(
    private readonly dir: string,
    options: RunLogOptions,
  ) {
    super(options);
    this.config = options.config ?? {};
  }

  override async onTrainBegin(): Promise<void> {
    const path = await runLogPath(this.dir);
    const lines = (await readLines(path)) ?? [];
    const run = lastRun(lines);
    const goesOn = this.step > 0 && run.length > 0;
    const kept = goesOn ? [...lines.slice(0, lines.length - run.length), ...run.filter((line) => this.isBefore(line))] : lines;
    // Also drops a line that a crash has torn.
    if (lines.length > 0) await writeAtomically(path, kept.map(encodeLine).join(''));
    this.file = await AppendFile.open(path);
    await this.add(goesOn ? { type: 'resume', step: this.step } : { type: 'run', config: this.config });
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.epoch = epoch;
  }

  override async onBatchBegin(): Promise<void> {
    await this.addMasks();
  }

  override async onBatchEnd(batch: number, logs?: object): Promise<void> {
    await this.add({ type: 'step', step: this.step, epoch: this.epoch, logs: numbers(await resolveLogs(logs)) });
    await this.addMasks();
    await super.onBatchEnd(batch, logs);
  }

  override async onEpochEnd(epoch: number, logs?: object): Promise<void> {
    await this.add({ type: 'epoch', step: this.step, epoch, logs: numbers(await resolveLogs(logs)) });
  }

  override async onTrainEnd(): Promise<void> {
    const statistics = statisticsAmong(this.peers);
    if (statistics) await this.add({ type: 'maskMaps', step: this.step, layers: statistics.maps() });
    await this.release();
  }

  override async release(failure?: unknown): Promise<void> {
    const { file } = this;
    if (!file) return;
    const error = failure instanceof Error ? failure.message : String(failure);
    try {
      await this.add({ type: 'end', step: this.step, ...(failure === undefined ? {} : { error }) });
    } finally {
      this.file = undefined;
      await file.close();
    }
  }

  private async addMasks(): Promise<void> {
    const update = freshMasks(this.peers);
    if (update) await this.add({ type: 'masks', ...update });
  }

  private async add(line: RunLogLine): Promise<void> {
    await this.file?.append(encodeLine(line));
  }

  /** Whether a line of an interrupted run still holds when it goes on at this step. */
  private isBefore(line: RunLogLine): boolean {
    if (line.type === 'step') return line.step < this.step;
    return line.type === 'run' || (line.type !== 'end' && line.type !== 'maskMaps' && line.step <= this.step);
  }
}

function numbers(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).filter(([, value]) => typeof value === 'number'));
}

/**
 * Keeps a log of the run in `dir/run.jsonl`, one JSON line each: `run` with the configuration, `step` with the loss, metrics, batch size
 * and what other callbacks add, `epoch` likewise with `sparsity`, `cycles_*` and `energy_*`, `masks` and `maskMaps` of
 * {@link maskStatistics}, `end`. Each line is with the operating system before training goes on, so that a crash loses none. A resumed run (see
 * `restoreCheckpoint`) goes on in the same file and drops the lines beyond its checkpoint; a new run in a used directory begins with
 * another `run` line. Node only.
 *
 * @param dir directory of the run; made when missing.
 * @throws SparsityError from `fit` when the directory cannot be written to or the disk is full.
 * @example
 * ```ts
 * const callbacks = [runLog('runs/lenet', {config: {model: 'lenet', seed: 7}})];
 * ```
 */
export function runLog(dir: string, options: RunLogOptions = {}): SparsityCallback {
  return new RunLog(dir, options);
}
