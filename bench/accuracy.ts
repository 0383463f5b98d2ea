/**
 * Test accuracy of dense and sparse training at the same budget, over fixed seeds. Each finished run is a line of a JSONL file; a run
 * that is in the file is not trained again, so the script can be stopped and started.
 *
 *     npm run bench:accuracy -- --data mnist --data-dir DIR
 *     npm run bench:accuracy -- --data cifar10 --data-dir DIR --methods dense,gradual --seeds 1
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { useBackend } from 'tfjs-sparsity/ops';
import { firstImages } from '../examples/lib/dataset.js';
import { loadDataset } from '../examples/lib/load-dataset.js';
import { type MethodName, methodNames } from '../examples/lib/methods.js';
import type { TrainingOptions } from '../examples/lib/options.js';
import { totalSparsity } from '../examples/lib/summary.js';
import { trainOnce } from '../examples/lib/train-once.js';
import { checkNames } from './check-names.js';
import { readFlags, readNumbers } from './read-flags.js';

// Fixed before the first run, the same for every method of a data set.
const budgets = {
  mnist: {
    model: 'lenet5',
    trainImages: 60_000,
    epochs: 12,
    batchSize: 64,
    learningRate: 0.002,
    methods: 'dense,gradual,hardware-aware,bdwp',
    seeds: '1,2,3',
  },
  cifar10: {
    model: 'vgg-small',
    trainImages: 20_000,
    epochs: 15,
    batchSize: 32,
    learningRate: 0.001,
    methods: 'dense,gradual',
    seeds: '1',
  },
} as const;

interface Run {
  readonly method: MethodName;
  readonly trainImages: number;
  readonly seed: number;
  readonly accuracy: number;
  readonly sparsity: number;
  readonly seconds: number;
}

const args = await readFlags({
  data: { choices: ['mnist', 'cifar10'] as const, default: 'mnist' as const },
  'data-dir': { type: 'string' },
  methods: { type: 'string', describe: `Of ${methodNames.join(', ')}; default: those of the data set` },
  seeds: { type: 'string', describe: 'Default: those of the data set' },
  epochs: { type: 'number', describe: 'Default: those of the data set' },
  execution: { choices: ['dense', 'sparse'] as const, default: 'dense' as const },
  backend: { choices: ['wasm', 'tensorflow'] as const, default: 'wasm' as const },
  out: { type: 'string', describe: 'JSONL file; default bench/results/accuracy-DATA-EPOCHS.jsonl, with -sparse, -tensorflow' },
});

const budget = { ...budgets[args.data], ...(args.epochs ? { epochs: args.epochs } : {}) };
const suffix = `${args.execution === 'sparse' ? '-sparse' : ''}${args.backend === 'tensorflow' ? '-tensorflow' : ''}`;
const out = args.out ?? `bench/results/accuracy-${args.data}-${budget.epochs}${suffix}.jsonl`;
const methods = (args.methods ?? budget.methods).split(',') as MethodName[];
checkNames('--methods', methods, methodNames);
const seeds = readNumbers('seeds', args.seeds ?? budget.seeds, 'seed');
const done = (): Run[] =>
  existsSync(out)
    ? readFileSync(out, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line): Run => JSON.parse(line))
        .filter(({ trainImages }) => trainImages === data.train.count)
    : [];

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
await useBackend(args.backend);
mkdirSync(dirname(out), { recursive: true });
const all = await loadDataset(args.data, args.dataDir, 1);
const data = { ...all, train: firstImages(all.train, budget.trainImages) };
for (const seed of seeds) {
  for (const method of methods) {
    if (done().some((run) => run.method === method && run.seed === seed)) continue;
    const { model: name, epochs, batchSize, learningRate } = budget;
    const { execution } = args;
    const options: TrainingOptions = { model: name, method, sparsity: 0.9, epochs, batchSize, learningRate, execution, seed };
    const dir = `runs/accuracy-${args.data}-${epochs}${suffix}/seed-${seed}/${method}`;
    console.log(`${args.data} ${budget.model} ${method} seed ${seed}`);
    const { model, result } = await trainOnce(options, data, [], dir, stop.signal);
    if (!result) process.exit(130);
    const { accuracy, seconds } = result;
    const run: Run = {
      method,
      seed,
      accuracy,
      sparsity: totalSparsity(result),
      seconds: Math.round(seconds),
      trainImages: data.train.count,
    };
    appendFileSync(out, `${JSON.stringify({ ...budget, ...run, data: args.data })}\n`);
    model.dispose();
  }
}

const percent = (value: number) => (100 * value).toFixed(2);
console.log(
  `\n${budget.model} on ${data.name} (${data.train.count} images), ${budget.epochs} epochs, batch ${budget.batchSize}, Adam`,
);
console.log(`| method | sparsity % | ${seeds.map((seed) => `seed ${seed}`).join(' | ')} | mean | against dense, mean of pairs |`);
console.log(`|---|---|${seeds.map(() => '---|').join('')}---|---|`);
const runs = done();
for (const method of methods) {
  const own = seeds.map((seed) => runs.find((run) => run.method === method && run.seed === seed) as Run);
  const dense = seeds.map((seed) => runs.find((run) => run.method === 'dense' && run.seed === seed));
  const mean = own.reduce((sum, run) => sum + run.accuracy, 0) / own.length;
  const gap = own.reduce((sum, run, i) => sum + run.accuracy - (dense[i]?.accuracy ?? Number.NaN), 0) / own.length;
  console.log(
    `| ${method} | ${percent(own[0].sparsity)} | ${own.map((run) => percent(run.accuracy)).join(' | ')} | ${percent(mean)} | ${gap < 0 ? '' : '+'}${percent(gap)} |`,
  );
}
