import { openWorkPool } from '../run/work-pool.js';
import type { DrawJob } from './draw-job.js';
import { simulateDraw } from './simulate-draw.js';
import type { Draw } from './simulations.js';

/** Runs jobs, the first ones first, on so many threads (1: on this one), and tells of each draw as it is done. */
export async function runJobs(
  jobs: readonly DrawJob[],
  workers: number,
  onDraw: (job: DrawJob, draw: Draw) => void,
): Promise<void> {
  const waiting = [...jobs];
  const pool = await openWorkPool(Math.min(workers, jobs.length), { simulateDraw }, new URL('./draw-worker.js', import.meta.url));
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) onDraw(job, await pool.run('simulateDraw', job));
  };
  await Promise.all(Array.from({ length: pool.size }, work)).finally(() => pool.close());
}
