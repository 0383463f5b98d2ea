/**
 * What it costs to make masks anew, for a kernel of a million weights: the same training with masks that are made once and with masks that
 * are made after every step, interleaved in one process, median of CPU time per step.
 *
 *     npm run bench:updates [-- --rounds 7 --steps 10]
 *
 * The goals: at most 2 % of a dense step for a method that updates every hundredth step, at most 10 % for one that does at every step.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { pruning } from 'tfjs-sparsity/callbacks';
import { sparsify, useBackend } from 'tfjs-sparsity/ops';
import {
  bdwp,
  constantSchedule,
  globalAllocation,
  gradualMagnitude,
  hardwareAware,
  type PruningMethod,
  srSte,
} from 'tfjs-sparsity/pruning';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';
import { refuse } from './refuse.js';

const args = await readFlags({
  rounds: { type: 'number', default: 7, describe: 'Timed runs of each variant, interleaved' },
  steps: { type: 'number', default: 10, describe: 'Steps of one timed run' },
});

if (args.steps < 2) refuse('--steps: got 1, expected 2 at least, as the first one is not timed');

const width = 1024;
const batchSize = 128;
const schedule = constantSchedule({ sparsity: 0.9 });

/** Steps between two updates in ordinary use, and a method that makes masks at every step. */
const methods: Readonly<Record<string, { readonly frequency: number; readonly make: () => PruningMethod }>> = {
  'gradual, per layer': { frequency: 100, make: () => gradualMagnitude({ schedule }) },
  'gradual, global': { frequency: 100, make: () => gradualMagnitude({ schedule, allocation: globalAllocation() }) },
  'hardware-aware': { frequency: 100, make: () => hardwareAware({ schedule }) },
  'sr-ste 2:4': { frequency: 1, make: () => srSte({ n: 2, m: 4 }) },
  'sr-ste 2:8': { frequency: 1, make: () => srSte({ n: 2, m: 8 }) },
  'bdwp 2:4': { frequency: 1, make: () => bdwp({ n: 2, m: 4 }) },
  'bdwp 2:8': { frequency: 1, make: () => bdwp({ n: 2, m: 8 }) },
};

/** The method with masks that stay as the first step made them. */
const once = (method: PruningMethod): PruningMethod => ({
  ...method,
  schedule: (step) => ({ ...method.schedule(step), update: step === 0 }),
});

/** One kernel of a million weights, and CPU milliseconds of a step under a method. */
function timedModel(execution: 'dense' | 'sparse', method: PruningMethod | undefined): () => Promise<number> {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const layer = tf.layers.dense({ units: width, inputShape: [width], activation: 'relu', kernelInitializer });
  const plain = tf.sequential({ layers: [layer] });
  const model = method ? sparsify(plain, { execution }) : plain;
  model.compile({ optimizer: tf.train.sgd(1e-3), loss: 'meanSquaredError' });
  const rng = createRng('bench/mask-updates');
  const values = () => Float32Array.from({ length: args.steps * batchSize * width }, () => rng.uniform());
  const [xs, ys] = [values(), values()].map((each) => tf.tensor2d(each, [args.steps * batchSize, width]));
  return async () => {
    const callbacks = method ? [pruning(method)] : [];
    let [began, total] = [process.cpuUsage(), 0];
    const clock = {
      onBatchBegin: async (batch: number) => {
        if (batch === 1) began = process.cpuUsage();
      },
      onBatchEnd: async () => {
        total = cpuMsSince(began);
      },
    };
    await model.fit(xs, ys, { epochs: 1, batchSize, shuffle: false, verbose: 0, callbacks: [...callbacks, clock] });
    return total / (args.steps - 1);
  };
}

await useBackend('wasm');
console.log(
  `${cpus()[0]?.model.trim()}, node ${process.version}; dense ${width}x${width}, batch ${batchSize}, SGD, ${args.rounds} rounds of ${args.steps} steps`,
);
console.log(
  '\n| method | execution | dense step ms | masks kept ms | made every step ms | update ms | of the dense step, at its frequency | goal |\n|---|---|---|---|---|---|---|---|',
);
for (const execution of ['dense', 'sparse'] as const) {
  for (const [name, { frequency, make }] of Object.entries(methods)) {
    const variants = [undefined, once(make()), make()].map((method) => timedModel(execution, method));
    const times: number[][] = [[], [], []];
    for (let round = 0; round <= args.rounds; round++) {
      for (const [i, run] of variants.entries()) {
        const ms = await run();
        // The first round warms up.
        if (round > 0) times[i].push(ms);
      }
    }
    const [dense, kept, made] = times.map(median);
    const share = (100 * (made - kept)) / frequency / dense;
    const cells = [dense, kept, made, made - kept].map((ms) => ms.toFixed(2));
    const goal = frequency === 1 ? 10 : 2;
    console.log(`| ${name} | ${execution} | ${cells.join(' | ')} | ${share.toFixed(2)} % (every ${frequency}) | ${goal} % |`);
  }
}
process.exit(0);
