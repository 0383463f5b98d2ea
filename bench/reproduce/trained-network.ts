import { join } from 'node:path';
import { createAccelerator, type Role } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { firstImages } from '../../examples/lib/dataset.js';
import { loadDataset } from '../../examples/lib/load-dataset.js';
import type { RunOptions } from '../../examples/lib/options.js';
import { readResult, writeResult } from '../../examples/lib/run-result.js';
import { trainOnce } from '../../examples/lib/train-once.js';
import { curves } from './charts.js';
import { digest } from './finished-draws.js';
import { baselineNames, baselines, type Measured, measures, roles } from './reductions.js';
import { acceleratorsOf } from './ways.js';

/** A network that was really trained, with the accelerators on its own tensors. */
export interface TrainedNetwork {
  readonly accuracy: number;
  /** Fraction of zeros at sampled steps. */
  readonly sparsity: readonly { readonly epoch: number; readonly zeros: Readonly<Record<Role, number>> }[];
  /** Of the whole training. */
  readonly accelerators: Readonly<Record<string, Measured>>;
}

/** Fixed before the first run; the ramp is the examples', to the 95 % of 001. */
const budget = { trainImages: 2048, testImages: 1000, epochs: 8, batchSize: 32, sampledImages: 2 };

/** Trains vgg-small, which has dropouts, on CIFAR-10 with gradual pruning; goes on where an earlier run stopped. */
export async function trainNetwork(dataDir: string, out: string, seed: number): Promise<TrainedNetwork> {
  await useBackend('wasm');
  const all = await loadDataset('cifar10', dataDir, seed);
  const data = { ...all, train: firstImages(all.train, budget.trainImages), test: firstImages(all.test, budget.testImages) };
  const { epochs, batchSize, trainImages, sampledImages } = budget;
  const accelerators = acceleratorsOf({ way: 'claims', draw: 0 }).map((spec) => createAccelerator(spec));
  const options: RunOptions = {
    data: 'cifar10',
    dataDir,
    trainImages,
    model: 'vgg-small',
    method: 'gradual',
    sparsity: 0.95,
    epochs,
    batchSize,
    learningRate: 0.001,
    accelerators: accelerators.map(({ spec }) => spec.name),
    every: trainImages / batchSize,
    images: sampledImages,
    execution: 'sparse',
    backend: 'wasm',
    runDir: out,
    seed,
    resume: true,
    compare: false,
    report: undefined,
    targetAccuracy: undefined,
  };
  // Another seed, budget or constant is another run.
  const dir = join(out, `trained-${digest([budget, seed, accelerators.map(({ spec }) => spec)])}`);
  const result =
    (await readResult(dir)) ?? (await trainOnce(options, data, accelerators, dir, new AbortController().signal)).result;
  if (result) await writeResult(dir, result);
  const reports = result?.cost?.accelerators ?? [];
  return {
    accuracy: result?.accuracy ?? Number.NaN,
    sparsity: (result?.cost?.series ?? []).map(({ step, sparsity }) => ({
      epoch: (step * batchSize) / trainImages,
      zeros: sparsity,
    })),
    accelerators: Object.fromEntries(reports.map(({ name, total }) => [name, total])),
  };
}

/** What the training gave, a line each. */
export function trainedLines(trained: TrainedNetwork | undefined): string[] {
  if (!trained) return ['No network was really trained: --data-dir names no folder of CIFAR-10.'];
  const { accuracy, sparsity, accelerators } = trained;
  const zeros = (of: (role: Role) => number) => roles.map((role) => `${role} ${(100 * of(role)).toFixed(1)}`).join(', ');
  const mean = (role: Role) => sparsity.reduce((sum, { zeros }) => sum + zeros[role], 0) / sparsity.length;
  const saved = baselineNames.map((baseline) => {
    const each = Object.entries(measures).map(([measure, of]) => {
      const share = 1 - of(accelerators.balanced) / of(accelerators[baselines[baseline]]);
      return `${measure} ${(100 * share).toFixed(1)}`;
    });
    return `saved against ${baseline}, %: ${each.join(', ')}`;
  });
  return [
    `vgg-small with dropout, really trained on ${budget.trainImages} images of CIFAR-10, ${budget.epochs} epochs: ${(100 * accuracy).toFixed(1)} % correct`,
    `zeros, mean over the run, %: ${zeros(mean)}; at its end: ${zeros((role) => sparsity[sparsity.length - 1].zeros[role])}; see fig01`,
    ...saved,
  ];
}

/** As Fig. 1 of 001: the sparsity of each tensor over the epochs, measured. */
export function trainedChart({ sparsity }: TrainedNetwork): string {
  const points = sparsity.flatMap(({ epoch, zeros }) => roles.map((name) => ({ name, x: epoch, y: 100 * zeros[name] })));
  const title = 'Measured sparsity of vgg-small on CIFAR-10';
  return curves(points, { title, xLabel: 'epoch', label: '% zeros', names: roles });
}
