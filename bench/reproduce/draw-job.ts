import { createAccelerator } from 'tfjs-sparsity/hw';
import { baselines } from './reductions.js';
import type { MapKind, Moment } from './simulations.js';

/** One draw of synthetic maps for one network, to be run on all accelerators: plain data, it crosses to workers. */
export interface DrawJob {
  readonly network: string;
  readonly maps: MapKind;
  readonly moment: Moment;
  /** 0, 1 ... */
  readonly draw: number;
  /** Images whose maps are drawn; the batch repeats them. */
  readonly images: number;
  readonly seed: number;
}

/** Images of a training step in 001. */
export const batch = 128;

/** The proposed accelerator under its three readings of how many PEs there are (ledger 1.2.7), and the baselines of 001. */
export const acceleratorNames: readonly string[] = ['balanced', 'balanced-54', 'balanced-81', ...Object.values(baselines)];

/** What a finished draw must have been made of to count for a job: the job, and every constant of the accelerators. */
export function settingsOf(job: DrawJob): unknown {
  return [job, batch, acceleratorNames.map((name) => createAccelerator(name).spec)];
}
