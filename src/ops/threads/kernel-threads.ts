import { SparsityError } from '../../errors.js';
import { hire } from '../../kernels/kernel-crew.js';
import { bestKernelBuild, kernelBuilds, kernelModule } from '../../kernels/wasm-functions.js';
import { importNode } from '../node-modules.js';
import type { HelperData } from './kernel-worker.js';

const crews = new WeakMap<WebAssembly.Memory, number>();

/** Threads that compute on a memory: the caller's own, and those that were started. */
export function threadCount(memory: WebAssembly.Memory | undefined): number {
  return (memory && crews.get(memory)) ?? 1;
}

/** Starts threads that help with the kernels on a shared memory. They keep no process alive. Node only. */
export async function startKernelThreads(memory: WebAssembly.Memory, threads: number): Promise<void> {
  const { Worker } = await importNode<typeof import('node:worker_threads')>('node:worker_threads');
  const builds = bestKernelBuild() === 'relaxed' ? kernelBuilds : kernelBuilds.slice(0, 1);
  const modules = builds.map((build) => kernelModule(build, true));
  const control = hire(memory, threads - 1);
  const workerData: HelperData = { memory, control, modules };
  // A name that bundlers do not follow. Without node's own flags, since some, such as --input-type, are for the main script only.
  const name = './kernel-worker.js';
  const starts = Array.from({ length: threads - 1 }, () => {
    const worker = new Worker(new URL(name, import.meta.url), { execArgv: [], workerData });
    return new Promise<void>((resolve, reject) => {
      worker.once('message', () => {
        worker.unref();
        resolve();
      });
      worker.once('error', reject);
    });
  });
  await Promise.all(starts).catch((cause: Error) => {
    throw notStarted(cause.message);
  });
  crews.set(memory, threads);
}

function notStarted(reason: string): SparsityError {
  return new SparsityError({
    what: 'kernel threads',
    got: reason,
    expected: 'worker threads that start',
    fix: "leave `threads` out: useBackend('wasm') computes on one",
  });
}
