import { bury } from '../../kernels/kernel-crew.js';
import { nodeThreads } from '../node-modules.js';
import type { HelperData } from './kernel-worker.js';

// A thread that only starts the helpers and sees them end: who waits for a kernel sees no event.

/** What the watcher is given. */
export interface WatchData extends Omit<HelperData, 'helper'> {
  readonly helpers: number;
  /** Address of what a helper runs. */
  readonly script: string;
}

const { workerData, parentPort, Worker } = await nodeThreads();
const { helpers, script, ...shared } = workerData as WatchData;
const starts = Array.from({ length: helpers }, (_, helper) => {
  const data: HelperData = { ...shared, helper };
  // Without node's own flags, since some, such as --input-type, are for the main script only.
  const worker = new Worker(new URL(script), { execArgv: [], workerData: data });
  return new Promise<void>((resolve, reject) => {
    worker.once('message', resolve);
    worker.on('error', reject);
    worker.once('exit', (code) => {
      bury(shared.control, helper);
      reject(new Error(`a thread ended with code ${code}`));
    });
  });
});
await Promise.all(starts);
parentPort?.postMessage('ready');
