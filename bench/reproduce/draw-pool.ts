import { Worker } from 'node:worker_threads';
import type { DrawJob } from './draw-job.js';
import { simulateDraw } from './simulate-draw.js';
import type { Draw } from './simulations.js';

/** Runs jobs, the first ones first, on so many threads (1: on this one), and tells of each draw as it is done. */
export async function runJobs(
  jobs: readonly DrawJob[],
  threads: number,
  onDraw: (job: DrawJob, draw: Draw) => void,
): Promise<void> {
  if (threads === 1) {
    for (const job of jobs) onDraw(job, simulateDraw(job));
    return;
  }
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, () => workThrough(waiting, onDraw)));
}

/** One thread, taking jobs from the list until it is empty. */
function workThrough(waiting: DrawJob[], onDraw: (job: DrawJob, draw: Draw) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./draw-worker.js', import.meta.url));
    let current: DrawJob | undefined;
    const next = () => {
      current = waiting.shift();
      if (current) worker.postMessage(current);
      else void worker.terminate().then(() => resolve());
    };
    worker.on('error', (error) => {
      waiting.length = 0;
      reject(error);
    });
    worker.on('message', (draw: Draw) => {
      if (current) onDraw(current, draw);
      next();
    });
    next();
  });
}
