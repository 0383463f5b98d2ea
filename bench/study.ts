/**
 * Accuracy of the methods at equal budgets, as `bench/study/plan.yaml` fixed it before the first run. Each finished run is a line of a
 * JSONL file; a run that is in the file is not trained again, so the script can be stopped, started, and shared among processes.
 *
 *     npm run bench:study -- --data mnist --data-dir DIR [--shard 1/2]
 *     npm run bench:study -- --data cifar10 --data-dir DIR --minutes 60
 *     npm run bench:study -- --data mnist --tables
 */
import { writeFileSync } from 'node:fs';
import { SparsityError } from 'tfjs-sparsity';
import { useBackend } from 'tfjs-sparsity/ops';
import { methodFromConfig } from 'tfjs-sparsity/pruning';
import { loadDataset } from '../examples/lib/load-dataset.js';
import { checkNames } from './check-names.js';
import { readFlags } from './read-flags.js';
import { label, plannedRuns } from './study/plan.js';
import { appendResult, readResults, resultOf } from './study/results.js';
import { accuracyChart, accuracyTable, orderTable } from './study/tables.js';
import { train } from './study/train.js';

const args = await readFlags({
  data: { choices: ['mnist', 'cifar10'] as const, default: 'mnist' as const },
  'data-dir': { type: 'string' },
  methods: { type: 'string', describe: 'Names in the plan; default: all' },
  seeds: { type: 'string', describe: 'Default: those of the plan' },
  shard: { type: 'string', default: '1/1', describe: 'i/n: every n-th run from the i-th on' },
  minutes: { type: 'number', describe: 'Starts no run after that time' },
  tables: { type: 'boolean', default: false, describe: 'Trains nothing' },
  out: { type: 'string', describe: 'JSONL file; default bench/study/DATA.jsonl' },
});

const out = args.out ?? `bench/study/${args.data}.jsonl`;
const [index, count] = args.shard.split('/').map(Number);
if (!(Number.isInteger(index) && Number.isInteger(count) && index >= 1 && index <= count)) {
  throw new SparsityError({
    what: '--shard',
    got: args.shard,
    expected: 'i/n, whole numbers with i from 1 to n',
    fix: 'write 1/2',
  });
}
const everything = plannedRuns(args.data);
const inPlan = (flag: string, list: string | undefined, key: 'name' | 'seed') => {
  const known = [...new Set(everything.map((run) => String(run[key])))];
  const names = list?.split(',') ?? known;
  checkNames(flag, names, known);
  return names;
};
const names = inPlan('--methods', args.methods, 'name');
const seeds = inPlan('--seeds', args.seeds, 'seed');
const planned = everything.filter(({ name, seed }) => names.includes(name) && seeds.includes(String(seed)));

if (!args.tables) {
  // A method that does not exist shows before hours of training, not after.
  for (const { method } of planned) if (method) methodFromConfig(method);
  const ours = planned.filter((_, i) => i % count === index - 1);
  await useBackend('wasm', { threads: ours[0]?.budget.threads });
  const data = await loadDataset(args.data, args.dataDir, 1);
  const began = performance.now();
  for (const [i, run] of ours.entries()) {
    if (resultOf(run, readResults(out))) continue;
    if (performance.now() - began > 60_000 * (args.minutes ?? Number.POSITIVE_INFINITY)) break;
    const finished = await train(run, data);
    appendResult(out, finished);
    const { accuracy, sparsity, seconds } = finished;
    const figures = `${(100 * accuracy).toFixed(2)} %, zeros ${(100 * sparsity).toFixed(1)} %, ${seconds} s`;
    console.log(`${i + 1}/${ours.length} ${label(run)} seed ${run.seed}: ${figures}`);
  }
}

const all = readResults(out);
const results = planned.flatMap((run) => resultOf(run, all) ?? []);
const [{ budget }] = planned;
const training = `${budget.trainImages} images, ${budget.epochs} epochs, batch ${budget.batchSize}, Adam ${budget.learningRate}`;
console.log(`\n${budget.model} on ${args.data}: ${training}; ${results.length} of ${planned.length} runs\n`);
console.log(`${accuracyTable(planned, results)}\n\n${orderTable(results)}`);
if (results.length > 0) {
  const picture = out.replace(/\.jsonl$/, '.svg');
  writeFileSync(picture, accuracyChart(`${budget.model} on ${args.data}`, results));
  console.log(`\ncurves: ${picture}`);
}
process.exit(0);
