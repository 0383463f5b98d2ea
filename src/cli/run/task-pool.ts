import { availableParallelism } from 'node:os';
import { runPoint, runTask, type Task } from './task.js';

const work = { runTask, runPoint } as const;
type Work = typeof work;

/** Runs tasks on threads of its own. */
export interface TaskPool {
  /** Tasks at a time. */
  readonly size: number;
  run<Name extends keyof Work>(name: Name, task: Task): ReturnType<Work[Name]>;
  close(): Promise<void>;
}

/** How many threads a command takes without being told. */
export const allCores = availableParallelism();

/** @param size threads, at least 1; a single one is this thread, which needs no start. */
export async function openTaskPool(size: number): Promise<TaskPool> {
  if (size <= 1) {
    return { size: 1, run: (name, task) => work[name](task) as ReturnType<Work[typeof name]>, close: async () => {} };
  }
  const { Tinypool } = await import('tinypool');
  const filename = new URL('./task-worker.js', import.meta.url).href;
  const pool = new Tinypool({ filename, minThreads: size, maxThreads: size, execArgv: [] });
  return {
    size,
    run: (name, task) => pool.run(task, { name }) as ReturnType<Work[typeof name]>,
    close: () => pool.destroy(),
  };
}
