import { createControl, hire } from '../../kernels/kernel-crew.js';
import { bestKernelBuild, kernelBuilds, kernelModule } from '../../kernels/wasm-functions.js';
import { isNode, nodeThreads } from '../node-modules.js';
import type { WatchData } from './kernel-watch.js';
import { startWebWorkers, webWorkersObstacle } from './web-workers.js';

const crews = new WeakMap<WebAssembly.Memory, number>();
/** Why the threads that were asked for last did not start: the backend that has started without them is not asked again. */
let failure: string | undefined;

/** Threads that compute on a memory: the caller's own, and those that were started. */
export function threadCount(memory: WebAssembly.Memory | undefined): number {
  return (memory && crews.get(memory)) ?? 1;
}

/** Why there can be no threads here that share memory, in words; undefined where there can. */
export function threadsObstacle(): string | undefined {
  return failure ?? (isNode() ? undefined : webWorkersObstacle());
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
  failure =
    memory.buffer instanceof ArrayBuffer
      ? 'the memory of the wasm backend could not be shared'
      : await start(memory, threads - 1, script);
  if (!failure) crews.set(memory, threads);
  return failure;
}

async function start(memory: WebAssembly.Memory, helpers: number, script: string): Promise<string | undefined> {
  const builds = bestKernelBuild() === 'relaxed' ? kernelBuilds : kernelBuilds.slice(0, 1);
  const shared = { memory, control: createControl(), modules: builds.map((build) => kernelModule(build, true)) };
  try {
    if (isNode()) await startWatched({ ...shared, helpers, script });
    else await startWebWorkers(Array.from({ length: helpers }, (_, helper) => ({ ...shared, helper })));
  } catch (cause) {
    return `the others did not start (${(cause as Error).message})`;
  }
  hire(memory, helpers, shared.control);
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
  return new URL(/* webpackIgnore: true */ name, import.meta.url).href;
}
