import { version } from '../version.js';
import { modelsDigest } from './models-digest.js';
import { acceleratorsOf, type WayName, ways } from './ways.js';

/** One draw of synthetic maps for one network, to be run on the accelerators of a way: plain data, it crosses to workers. */
export interface DrawJob {
  readonly network: string;
  readonly way: WayName;
  /** 0, 1 ... */
  readonly draw: number;
  /** Images whose maps are drawn; the batch repeats them. */
  readonly images: number;
  readonly seed: number;
}

/** Images of a training step in 001. */
export const batch = 128;

/** What a draw tells, and how it is made beside the models; another number when it tells other things. */
const drawVersion = 2;

/** What a finished draw must have been made of to count for a job: the models as they are, the job, and every constant of maps and accelerators. */
export function settingsOf(job: DrawJob): unknown {
  return [drawVersion, version, modelsDigest(), job, batch, ways[job.way], acceleratorsOf(job)];
}
