import { createControl, hire } from '../../kernels/kernel-crew.js';
import { bestKernelBuild, kernelBuilds, kernelModule } from '../../kernels/wasm-functions.js';
import { isNode, nodeThreads } from '../node-modules.js';
import type { WatchData } from './kernel-watch.js';
import { startWebWorkers, webWorkersObstacle } from './web-workers.js';

const crews = new WeakMap<WebAssembly.Memory, number>();

/** Threads that compute on a memory: the caller's own, and those that were started. */
export function threadCount(memory: WebAssembly.Memory | undefined): number {
  return (memory && crews.get(memory)) ?? 1;
}

/** Why there can be no threads here that share memory, in words; undefined where there can. */
export function threadsObstacle(): string | undefined {
  return isNode() ? undefined : webWorkersObstacle();
}

/**
 * Starts threads that help with the kernels on a shared memory, and in node one that watches them: a call whose helper ends while it is at a
 * part fails at once, and later calls do without it. They keep no process alive.
 *
 * @param script address of what a helper runs in node.
 * @returns why none was started, if so.
 */
export async function startKernelThreads(
  memory: WebAssembly.Memory,
  threads: number,
  script: string = addressOf('./kernel-worker.js'),
): Promise<string | undefined> {
  if (memory.buffer instanceof ArrayBuffer) return "tfjs's binary does not declare its memory as the tested version does";
  const builds = bestKernelBuild() === 'relaxed' ? kernelBuilds : kernelBuilds.slice(0, 1);
  const shared = { memory, control: createControl(), modules: builds.map((build) => kernelModule(build, true)) };
  const helpers = threads - 1;
  try {
    if (isNode()) await startWatched({ ...shared, helpers, script });
    else await startWebWorkers(Array.from({ length: helpers }, (_, helper) => ({ ...shared, helper })));
  } catch (cause) {
    return `the others did not start (${(cause as Error).message})`;
  }
  hire(memory, helpers, shared.control);
  crews.set(memory, threads);
  return undefined;
}

async function startWatched(workerData: WatchData): Promise<void> {
  const { Worker } = await nodeThreads();
  const watcher = new Worker(new URL(addressOf('./kernel-watch.js')), { execArgv: [], workerData });
  await new Promise<void>((resolve, reject) => {
    watcher.once('message', () => {
      watcher.unref();
      resolve();
    });
    watcher.on('error', reject);
  });
}

/** A file beside this one, under a name that bundlers do not follow. */
function addressOf(name: string): string {
  return new URL(name, import.meta.url).href;
}
