/**
 * Accelerators over a recorded training step, in a process of their own, so that their memory is theirs: started by `simulators.ts`.
 *
 *     node build/bench/simulate.js PRESET[+PRESET...] RECORD ROUNDS
 */
import { readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { createRng } from 'tfjs-sparsity';
import {
  type Accelerator,
  bernoulliBits,
  convNest,
  createAccelerator,
  effectualMacs,
  type LayerTensors,
  type PhaseWork,
  trainingWorks,
  workMacs,
} from 'tfjs-sparsity/hw';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import type { RecordedStep } from './record-step.js';

/** CPU time to simulate a training step of some size. */
export interface Simulated {
  readonly cpuMs: number;
  readonly denseMacs: number;
  readonly effectualMacs: number;
}

/** A point of a series in which one size of a layer grows. */
export interface GrowthPoint extends Simulated {
  readonly series: 'channels' | 'batch';
  readonly size: number;
}

/** What the process prints, as JSON. */
export interface Simulation extends Simulated {
  readonly peakMemoryMb: number;
  readonly growth: readonly GrowthPoint[];
}

/** Median of the rounds, after some that are not timed; each has works of its own, as nothing is remembered of these. */
function simulate(
  accelerators: readonly Accelerator[],
  { records, training }: RecordedStep,
  rounds: number,
  warmUp: number,
): Simulated {
  const cpuMs: number[] = [];
  let works: readonly PhaseWork[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    works = trainingWorks(records, training);
    const cpu = process.cpuUsage();
    for (const accelerator of accelerators) accelerator.start().executeStep(works);
    if (round >= 0) cpuMs.push(cpuMsSince(cpu));
  }
  const sum = (of: (work: PhaseWork) => number) => works.reduce((total, work) => total + of(work), 0);
  return { cpuMs: median(cpuMs), denseMacs: sum(workMacs), effectualMacs: sum(effectualMacs) };
}

/** A 3x3 convolution on 16x16 maps: 90 % of its weights are zero, half of its activations, 70 % of its errors. */
function layer(channels: number, batch: number): RecordedStep {
  const rng = createRng('growth');
  const nest = convNest({
    batch,
    inSize: [16, 16],
    inChannels: channels,
    outChannels: channels,
    kernelSize: [3, 3],
    padding: 'same',
  });
  const map = (density: number) => bernoulliBits([batch, 1, 16, 16, channels], density, rng);
  const W = bernoulliBits([1, 3, 3, channels, channels], 0.1, rng);
  const [A, E] = [map(0.5), map(0.3)];
  const record: LayerTensors = {
    ...{ layer: 'conv', use: 0, nest, W, backwardW: W, A, E, G: W },
    ...{ needsInputGradient: true, batchTotal: batch },
  };
  return { records: [record], training: { slots: 2, masked: ['conv'] } };
}

const [names, record, rounds] = process.argv.slice(2);
const accelerators = names.split('+').map((name) => createAccelerator(name));
const measured = simulate(accelerators, deserialize(readFileSync(record)) as RecordedStep, Number(rounds), 3);
const peakMemoryMb = process.resourceUsage().maxRSS / 1024;
const point = (series: GrowthPoint['series'], size: number, step: RecordedStep): GrowthPoint => {
  return { series, size, ...simulate(accelerators, step, 3, 1) };
};
const growth = [
  ...[16, 32, 64, 128].map((channels) => point('channels', channels, layer(channels, 4))),
  ...[1, 2, 4, 8, 16].map((batch) => point('batch', batch, layer(64, batch))),
];
console.log(JSON.stringify({ ...measured, peakMemoryMb, growth } satisfies Simulation));
