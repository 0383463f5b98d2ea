import { availableParallelism } from 'node:os';

/** Functions that threads may be asked for, by name; what goes in and comes out is plain data. */
type Work = Readonly<Record<string, (task: never) => unknown>>;

/** Runs work on threads of its own. */
export interface WorkPool<W extends Work> {
  /** Tasks at a time. */
  readonly size: number;
  run<Name extends keyof W>(name: Name, task: Parameters<W[Name]>[0]): Promise<Awaited<ReturnType<W[Name]>>>;
  close(): Promise<void>;
}

/** How many threads a command takes without being told. */
export const allCores = availableParallelism();

/**
 * @param size threads, at least 1; a single one is this thread, which needs no start.
 * @param worker module that exports the work.
 */
export async function openWorkPool<W extends Work>(size: number, work: W, worker: URL): Promise<WorkPool<W>> {
  if (size <= 1) return { size: 1, run: async (name, task) => (await work[name](task as never)) as never, close: async () => {} };
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({ filename: worker.href, minThreads: size, maxThreads: size, execArgv: [] });
  return { size, run: (name, task) => pool.run(task, { name: name as string }), close: () => pool.destroy() };
}
