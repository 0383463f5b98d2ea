import { canonicalJson } from '../../callbacks/canonical-json.js';
import { openTaskPool } from '../run/task-pool.js';
import { type FinishedPoint, readSweepFile, SweepWriter } from './sweep-file.js';
import type { SweepPoint } from './sweep-points.js';

/** How a sweep is run. */
export interface SweepOptions {
  /** File of finished points: those whose costs it holds are not run again. */
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
  /** How many of them the file had held already, with costs. */
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
  const waiting = points.filter(({ id }) => !hasCosts(finished.get(id)));
  const missing = new Set(waiting.map(({ id }) => id));
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
      const before = finished.get(result.id);
      // The same failure once more tells nothing.
      if (!before || canonicalJson(before) !== canonicalJson(result)) writer.add(result);
      finished.set(result.id, result);
      missing.delete(result.id);
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
  const results = points.flatMap(({ id }) => (missing.has(id) ? [] : (finished.get(id) ?? [])));
  return { points: results, found, missing: missing.size, cutBytes: stored.cutBytes };
}

function hasCosts(point: FinishedPoint | undefined): boolean {
  return point !== undefined && 'costs' in point;
}
