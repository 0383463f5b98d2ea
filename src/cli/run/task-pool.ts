import { runPoint, runTask } from './task.js';
import { openWorkPool, type WorkPool } from './work-pool.js';

const work = { runTask, runPoint } as const;

/** @param size threads, at least 1; a single one is this thread. */
export function openTaskPool(size: number): Promise<WorkPool<typeof work>> {
  return openWorkPool(size, work, new URL('./task-worker.js', import.meta.url));
}
