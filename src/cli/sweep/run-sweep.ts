import { openTaskPool } from '../run/task-pool.js';
import { type FinishedPoint, readSweepFile, SweepWriter } from './sweep-file.js';
import type { SweepPoint } from './sweep-points.js';

/** How a sweep is run. */
export interface SweepOptions {
  /** File of finished points: those of these that it holds are not run again. */
  readonly file: string;
  readonly workers: number;
  /** Ends the sweep after the points under way. */
  readonly signal: AbortSignal;
  /** Told before the first point and after each. */
  onProgress(done: number, all: number): void;
}

/** What a sweep has found. */
export interface SweepOutcome {
  /** Finished points, in the order of the plan. */
  readonly points: readonly FinishedPoint[];
  /** How many of them the file had held already. */
  readonly found: number;
  /** Points that are still to be run. */
  readonly missing: number;
  readonly cutBytes: number;
}

/** Runs the points of a sweep that its file does not hold yet, and adds each to it as it is done. */
export async function runSweep(points: readonly SweepPoint[], options: SweepOptions): Promise<SweepOutcome> {
  const { file, workers, signal, onProgress } = options;
  const stored = readSweepFile(file);
  const finished = new Map(stored.points.map((point) => [point.id, point]));
  const waiting = points.filter(({ id }) => !finished.has(id));
  const found = points.length - waiting.length;
  const writer = await SweepWriter.open(file, stored);
  const pool = await openTaskPool(Math.min(workers, waiting.length));
  let done = found;
  onProgress(done, points.length);
  const work = async () => {
    for (let point = waiting.shift(); point && !signal.aborted; point = waiting.shift()) {
      const { task, ...labels } = point;
      const costs = 'error' in task ? task : await pool.run('runPoint', task);
      const result: FinishedPoint = 'error' in costs ? { ...labels, error: costs.error } : { ...labels, costs };
      writer.add(result);
      finished.set(result.id, result);
      onProgress(++done, points.length);
      // A single thread is this one: signals and progress get their turn.
      if (pool.size === 1) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  try {
    await Promise.all(Array.from({ length: pool.size }, work));
  } finally {
    writer.close();
    await pool.close();
  }
  const results = points.flatMap(({ id }) => finished.get(id) ?? []);
  return { points: results, found, missing: points.length - results.length, cutBytes: stored.cutBytes };
}
