import { createAccelerator, costOf, addCosts, emptyCost, network, syntheticRecords, trainingWorks } from 'tfjs-sparsity/hw';
import { acceleratorNames, batch, type DrawJob } from './draw-job.js';
import { type Draw, moments } from './simulations.js';

/** Runs one training step of a network, on maps drawn for it, on every accelerator. */
export function simulateDraw(job: DrawJob): Draw {
  throw new Error(`not yet: ${job.network} ${acceleratorNames} ${batch} ${moments.average} ${createAccelerator} ${costOf} ${addCosts} ${emptyCost} ${network} ${syntheticRecords} ${trainingWorks}`);
}
