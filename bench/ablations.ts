/**
 * The ablations that the Adaptive Compute Fabric's paper promises (interconnect, pruning, memory controller, dataflow) and two of its
 * model (zero detection, what is finite), on the tensors of a network that is really trained for a short while: cycles, energy, EDP, idle
 * causes and joule per sample, all modelled.
 *
 *     npm run bench:ablations [-- --model vgg-small --steps 150 --seed 1 --data digits --data-dir DIR --json FILE]
 *
 * Each way to prune is trained once; the steps behind the training are recorded, and every variant is run on the same recorded works.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { percent } from '../examples/lib/format.js';
import { type DatasetName, datasets, loadDataset } from '../examples/lib/load-dataset.js';
import { buildModel, type ModelName, models } from '../examples/lib/models.js';
import { type RecordedRun, recordedRun } from './ablations/recorded-works.js';
import { ablationRow, ablationTable } from './ablations/results.js';
import { ablations, methodOf, networks, sparsity } from './ablations/variants.js';
import { readFlags } from './read-flags.js';

const args = await readFlags({
  model: { choices: Object.keys(models) as ModelName[], default: 'vgg-small' as ModelName },
  data: { choices: Object.keys(datasets) as DatasetName[], default: 'digits' as DatasetName },
  'data-dir': { type: 'string', describe: 'Folder of the files of MNIST or CIFAR' },
  'batch-size': { type: 'number', default: 16 },
  steps: { type: 'number', default: 150, describe: 'Steps of training before the recorded ones' },
  recorded: { type: 'number', default: 2, describe: 'Steps that the accelerators are run on' },
  seed: { type: 'number', default: 1 },
  json: { type: 'string', default: 'bench/results/ablations.json' },
});

await useBackend('wasm');
const data = await loadDataset(args.data, args.dataDir, args.seed);
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, node ${process.version}`;
const { model, batchSize, steps, recorded, seed } = args;
const dataDir = args.dataDir === undefined ? '' : ' --data-dir DIR';
const command = `npm run bench:ablations -- --model ${model} --data ${args.data}${dataDir} --batch-size ${batchSize} --steps ${steps} --recorded ${recorded} --seed ${seed}`;
console.log(`${model} on ${data.name}, batch ${batchSize}, ${steps} steps of Adam, then ${recorded} recorded; seed ${seed}`);
console.log(`${machine}\n${command}\nall cycles and energies are modelled, for the ${recorded} recorded steps\n`);

const kernels = prunableKernels(sparsify(buildModel(model, data, seed))).map(({ info }) => info.name);
const ends = [kernels[0], kernels[kernels.length - 1]];
const runs: Record<string, RecordedRun> = {};
for (const network of networks) {
  runs[network] = await recordedRun({ model, batchSize, steps, recorded, seed }, data, methodOf(network, steps, ends));
  const { accuracy, sparsity: reached } = runs[network];
  console.log(`${network.padEnd(16)} test accuracy ${percent(accuracy)}, sparsity ${percent(reached)}`);
}
console.log(`the target is ${percent(sparsity, 0)} of every layer but ${ends.join(' and ')}`);

const results = ablations.map((ablation) => {
  const rows = ablation.variants.map((variant) =>
    ablationRow(variant, runs[variant.network].steps, runs[variant.network].samples),
  );
  console.log(`\n${ablationTable(ablation, rows)}`);
  return { name: ablation.name, rows };
});
const trained = Object.entries(runs).map(([network, run]) => ({ network, accuracy: run.accuracy, sparsity: run.sparsity }));
mkdirSync(dirname(args.json), { recursive: true });
writeFileSync(
  args.json,
  `${JSON.stringify({ label: 'modelled', machine, command, seed, trained, ablations: results }, null, 2)}\n`,
);
console.log(`\n${args.json}`);
