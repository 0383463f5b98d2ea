import { SparsityError } from '../../errors.js';
import { hire } from '../../kernels/kernel-crew.js';
import { bestKernelBuild, kernelBuilds, kernelModule } from '../../kernels/wasm-functions.js';
import { importNode } from '../node-modules.js';
import type { WatchData } from './kernel-watch.js';

const crews = new WeakMap<WebAssembly.Memory, number>();

/** Threads that compute on a memory: the caller's own, and those that were started. */
export function threadCount(memory: WebAssembly.Memory | undefined): number {
  return (memory && crews.get(memory)) ?? 1;
}

/**
 * Starts threads that help with the kernels on a shared memory, and one that watches them: a call whose helper ends while it is at a part
 * fails at once, and later calls do without it. They keep no process alive. Node only.
 *
 * @param script address of what a helper runs.
 */
export async function startKernelThreads(
  memory: WebAssembly.Memory,
  threads: number,
  script: string = addressOf('./kernel-worker.js'),
): Promise<void> {
  const { Worker } = await importNode<typeof import('node:worker_threads')>('node:worker_threads');
  const builds = bestKernelBuild() === 'relaxed' ? kernelBuilds : kernelBuilds.slice(0, 1);
  const modules = builds.map((build) => kernelModule(build, true));
  const control = hire(memory, threads - 1);
  const workerData: WatchData = { memory, control, modules, script, helpers: threads - 1 };
  const watcher = new Worker(new URL(addressOf('./kernel-watch.js')), { execArgv: [], workerData });
  await new Promise<void>((resolve, reject) => {
    watcher.once('message', () => {
      watcher.unref();
      resolve();
    });
    watcher.on('error', reject);
  }).catch((cause: Error) => {
    throw notStarted(cause.message);
  });
  crews.set(memory, threads);
}

/** A file beside this one, under a name that bundlers do not follow. */
function addressOf(name: string): string {
  return new URL(name, import.meta.url).href;
}

function notStarted(reason: string): SparsityError {
  return new SparsityError({
    what: 'kernel threads',
    got: reason,
    expected: 'worker threads that start',
    fix: "leave `threads` out: useBackend('wasm') computes on one",
  });
}
