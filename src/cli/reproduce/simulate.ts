import { join } from 'node:path';
import { network, networks001 } from '../../hw/index.js';
import { chosenNetworks } from './chosen-networks.js';
import { batch, type DrawJob } from './draw-job.js';
import { finishedDraws } from './finished-draws.js';
import type { ReproduceOptions } from './reproduce.js';
import { runJobs } from './run-jobs.js';
import type { Simulations } from './simulations.js';
import { type WayName, ways } from './ways.js';

/** Networks that are small enough to be drawn in every way. */
const otherWaysNetworks = ['alexnet-torchvision', 'shufflenet-v1', 'googlenet', 'densenet169', 'nasnet-4a', 'efficientnet-b0'];

/**
 * All draws that the options ask for: those of an earlier run that stand in `draws.jsonl`, and the missing ones, which are run now and
 * added to it.
 */
export async function simulate(options: ReproduceOptions): Promise<Simulations> {
  const jobs = jobsOf(options);
  const file = finishedDraws(join(options.out, 'draws.jsonl'));
  const found = new Map(jobs.map((job) => [job, file.find(job)]));
  // The claims first, and of them the largest: no thread is left alone with it at the end.
  const isClaim = ({ way }: DrawJob) => Number(way === 'claims');
  const missing = jobs
    .filter((job) => !found.get(job))
    .sort((a, b) => isClaim(b) - isClaim(a) || macsOf(b.network) - macsOf(a.network));
  const work = missing.reduce((sum, job) => sum + macsOf(job.network), 0);
  let done = 0;
  await runJobs(missing, options.workers, (job, draw) => {
    file.add(job, draw);
    found.set(job, draw);
    done += macsOf(job.network);
    const share = ((100 * done) / work).toFixed(0).padStart(3);
    console.error(`${share} %  ${job.network}, ${job.way}, draw ${job.draw}: ${draw.seconds.toFixed(1)} s`);
  });
  return { draws: jobs.flatMap((job) => found.get(job) ?? []) };
}

function jobsOf({ networks, images, full, seed }: ReproduceOptions): DrawJob[] {
  const names = chosenNetworks(networks, networks001);
  // Drawn image by image the error of the mean is seen; a full batch leaves none.
  const draws = Array.from({ length: full ? 1 : images }, (_, draw) => ({ draw, images: full ? batch : 1, seed }));
  return (Object.keys(ways) as WayName[]).flatMap((way): DrawJob[] => {
    if (way === 'claims') return names.flatMap((name) => draws.map((draw) => ({ network: name, way, ...draw })));
    return names.filter((name) => otherWaysNetworks.includes(name)).map((name) => ({ network: name, way, ...draws[0] }));
  });
}

function macsOf(name: string): number {
  return network(name).layers.reduce((sum, { macs }) => sum + macs, 0);
}
