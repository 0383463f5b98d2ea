import { importNode, isNode, nodeThreads } from '../ops/node-modules.js';

/** Threads that this machine runs at a time. */
export async function coreCount(): Promise<number> {
  if (typeof navigator !== 'undefined' && navigator.hardwareConcurrency) return navigator.hardwareConcurrency;
  return isNode() ? (await importNode<typeof import('node:os')>('node:os')).availableParallelism() : 1;
}

/** One worker of either kind. */
export interface WorkerThread {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  /** An idle worker must not keep node alive, a busy one must. */
  keepAlive(busy: boolean): void;
  terminate(): void;
}

/** Starts a hardware worker. `onError` is called when the thread fails, or ends without having been asked to. */
export async function startWorker(onMessage: (message: unknown) => void, onError: (error: Error) => void): Promise<WorkerThread> {
  if (isNode()) {
    const threads = await nodeThreads();
    // A name that bundlers do not follow: in a browser the worker below is the one. And without node's own flags, since some, such as
    // --input-type, are for the main script only.
    const name = './hardware-worker.js';
    const worker = new threads.Worker(new URL(/* webpackIgnore: true */ name, import.meta.url), { execArgv: [] });
    let ended = false;
    worker.on('message', onMessage).on('error', onError);
    worker.on('exit', (code) => {
      if (!ended) onError(new Error(`the worker ended with code ${code}`));
    });
    return {
      post: (message, transfer) => worker.postMessage(message, transfer),
      keepAlive: (busy) => (busy ? worker.ref() : worker.unref()),
      terminate: () => {
        ended = true;
        void worker.terminate();
      },
    };
  }
  const worker = new Worker(new URL('./hardware-worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = ({ message }) => onError(new Error(message || 'the worker script did not load'));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    keepAlive: () => {},
    terminate: () => worker.terminate(),
  };
}
