/**
 * All accelerators side by side on training steps of networks that are really trained: dense, gradual and hardware-aware at 90 %, and
 * BDWP 2:8; cycles, energy, distance to ideal and limiting cause by phase; then what becomes of the expectation of paper 000. Modelled.
 *
 *     npm run bench:accelerators -- --data-dir DIR
 *
 * Trains VGG-small on CIFAR-10 in DIR, or on generated digits without it, with the sparse kernels on two threads: hours, or minutes with
 * `--budget short`. Goes on where it was stopped: at the last checkpoint, and what lies in --out is not trained again. The records of the
 * steps stay there too, and can be given to `tfjs-sparsity simulate --run`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createAccelerator, createEstimator, estimatorPresets, presets, unequalResources } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { percent, wrap } from '../examples/lib/format.js';
import { writeJson } from '../examples/lib/json-file.js';
import { loadDataset } from '../examples/lib/load-dataset.js';
import { costTables } from './accelerators/cost-tables.js';
import { answerText, expectation000 } from './accelerators/expectation-000.js';
import { costsOn, estimateOn, type MachineCosts, type Steps } from './accelerators/machine-costs.js';
import { budgets, type NetworkName, networks, trainedSteps } from './accelerators/trained-steps.js';
import { readFlags } from './read-flags.js';

const args = await readFlags({
  'data-dir': { type: 'string', describe: 'Folder of CIFAR-10; generated digits without it' },
  budget: {
    choices: Object.keys(budgets) as (keyof typeof budgets)[],
    default: 'full' as const,
    describe: 'How long networks are trained; smoke: LeNet-5 on a few digits, all parts, no figures',
  },
  threads: { type: 'number', default: 2, describe: 'Threads of the training; they change no bit of it' },
  seed: { type: 'number', default: 1 },
  out: { type: 'string', default: 'runs/accelerators', describe: 'Folder of trained networks, accelerators.json and .md' },
});

const { seed, out, dataDir } = args;
const budget = budgets[args.budget];
const training = { data: dataDir === undefined ? 'digits' : 'cifar10', budget, seed, out } as const;
await useBackend('wasm', { threads: args.threads });
const data = await loadDataset(training.data, dataDir, seed);
mkdirSync(out, { recursive: true });

const trained = {} as Record<NetworkName, Awaited<ReturnType<typeof trainedSteps>>>;
for (const name of Object.keys(networks) as NetworkName[]) trained[name] = await trainedSteps(name, training, data);

const accelerators = Object.keys(presets).map((name) => createAccelerator(name));
const estimators = Object.keys(estimatorPresets).map((name) => createEstimator(name));
const { dramBytesPerCycle } = presets['dense-array'];
const isOther = (name: string) => presets[name].dramBytesPerCycle !== dramBytesPerCycle;
const equal = Object.keys(presets)
  .filter(isOther)
  .map((name) => createAccelerator({ ...presets[name], dramBytesPerCycle }));
const costs = Object.entries(trained).map(([name, { steps }]) => {
  const found = accelerators.map((accelerator) => costsOn(accelerator, steps));
  const atEqual = equal.map((accelerator) => costsOn(accelerator, steps)).filter(isCosts);
  return {
    name,
    machines: found.filter(isCosts),
    equalCycles: Object.fromEntries(atEqual.map((one) => [one.name, one.total.cycles])),
    notRun: found.flatMap((one, i) => (one instanceof Error ? [`${accelerators[i].spec.name} is left out: ${one.message}`] : [])),
    estimates: estimators.map((estimator) => estimateOn(estimator, steps)),
  };
});
const baseline = costs[0].machines.find(({ name }) => name === 'dense-array') as MachineCosts;
const { dense, ...pruned } = trained;
const stepsOf = Object.fromEntries(Object.entries(pruned).map(([name, { steps }]) => [name, steps])) as Record<string, Steps>;
const answer = expectation000(dense.steps, stepsOf, ['gradual 90 %', 'hardware-aware 90 %'] satisfies NetworkName[]);

const command = `npm run bench:accelerators -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '');
const conditions = [
  `${budget.model} on ${data.name}, ${budget.trainImages} images, ${budget.epochs} epochs of Adam, batch ${budget.batchSize}; seed ${seed}.`,
  `${budget.recordedSteps} steps behind the training, ${budget.images} images of each batch, which stand for it.`,
  `All cycles and energies are modelled: means per step, +- the standard error over the steps. Faster and less J: than dense-array on the dense network; iso: faster with its ${dramBytesPerCycle} bytes per cycle of off-chip memory. % of ideal: the least cycles that units and bandwidth allow, and what idles most.`,
  `Presets differ in ${unequalResources(accelerators.map(({ spec }) => spec)).join(', ')}, so that ratios compare these as well. Estimated: bounds, as there is no cycle model.`,
  `${cpus()[0]?.model.trim()}, node ${process.version}: \`${command}\`.`,
];
const page = [
  '# All accelerators on trained networks, modelled',
  wrap(conditions.join(' ')),
  ...costs.map(({ name, machines, equalCycles, estimates, notRun }) => {
    const { accuracy, sparsity, record } = trained[name as NetworkName];
    const head = `## ${name}\n\nTest accuracy ${percent(accuracy)}, zeros ${percent(sparsity)}; steps in\n${record}.`;
    return [head, ...notRun, costTables(machines, estimates, baseline, equalCycles)].join('\n\n');
  }),
  `## The expectation of 000\n\n${answerText(answer)}`,
].join('\n\n');
console.log(`\n${page}`);
writeFileSync(join(out, 'accelerators.md'), `${page}\n`);
const summary = Object.entries(trained).map(([network, { accuracy, sparsity, record }]) => ({
  network,
  accuracy,
  sparsity,
  record,
}));
await writeJson(join(out, 'accelerators.json'), { label: 'modelled', command, seed, budget, trained: summary, costs, answer });

function isCosts(one: MachineCosts | Error): one is MachineCosts {
  return !(one instanceof Error);
}
