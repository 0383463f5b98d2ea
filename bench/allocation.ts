/**
 * Layer sparsities by cost beside uniform and ERK, at one overall sparsity: ResNet-20 is trained dense for a while, its sparsities are
 * chosen for two accelerators from the maps of its last steps, then it is pruned to each allocation while it trains on; accuracy, and
 * cycles and energy of a training step behind it, modelled.
 *
 *     npm run bench:allocation -- --data-dir DIR
 *
 * On CIFAR-10 in DIR, or on generated digits (LeNet-5) with --smoke. Goes on where it was stopped: what lies in --out is not trained again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type AllocationReport, allocateRun } from 'tfjs-sparsity/callbacks';
import { createAccelerator } from 'tfjs-sparsity/hw';
import { useBackend } from 'tfjs-sparsity/ops';
import { type Allocation, erdosRenyiAllocation, mapAllocation, uniformAllocation } from 'tfjs-sparsity/pruning';
import { firstImages } from '../examples/lib/dataset.js';
import { wrap } from '../examples/lib/format.js';
import { writeJson } from '../examples/lib/json-file.js';
import { loadDataset } from '../examples/lib/load-dataset.js';
import { accuracySentence, comparisonTable, sparsityTable } from './allocation/allocation-tables.js';
import { type AllocatedRun, trainAllocated } from './allocation/train-allocated.js';
import type { Settings } from './allocation/training.js';
import { warmUp } from './allocation/warm-up.js';
import { digest } from './digest.js';
import { readFlags } from './read-flags.js';

// Fixed before the first run.
const full: Settings = {
  model: 'resnet20',
  trainImages: 4096,
  testImages: 10_000,
  warmUpEpochs: 1,
  epochs: 6,
  settleEpochs: 2,
  batchSize: 32,
  learningRate: 0.001,
  sparsity: 0.9,
  ramp: [0, 0.5],
  range: [0, 0.95],
  per: 'score',
  accelerators: ['acf', 'scnn'],
  recordedSteps: 2,
  images: 4,
  seed: 1,
};
const smoke: Settings = {
  ...{ ...full, model: 'lenet5', trainImages: 64, testImages: 32, epochs: 1, settleEpochs: 1, batchSize: 8, images: 2 },
};

const args = await readFlags({
  'data-dir': { type: 'string', describe: 'Folder of CIFAR-10' },
  smoke: { type: 'boolean', default: false, describe: 'LeNet-5 on a few digits: all parts, no figures' },
  'train-images': { type: 'number', describe: `Images to train on [${full.trainImages}]` },
  'test-images': { type: 'number', describe: `Images to test on [${full.testImages}]` },
  epochs: { type: 'number', describe: `Epochs of pruning and recovery [${full.epochs}]` },
  seed: { type: 'number', default: full.seed },
  out: { type: 'string', default: 'runs/allocation', describe: 'Folder of all that is trained, allocation.json and .md' },
});

const base = args.smoke ? smoke : full;
const { trainImages = base.trainImages, testImages = base.testImages, epochs = base.epochs, seed, out, dataDir } = args;
const settings: Settings = { ...base, trainImages, testImages, epochs, seed };
await useBackend('wasm');
const all = await loadDataset(args.smoke ? 'digits' : 'cifar10', args.smoke ? undefined : dataDir, seed);
const data = { ...all, train: firstImages(all.train, trainImages), test: firstImages(all.test, testImages) };
const dir = join(out, digest([data.name, settings]));
mkdirSync(dir, { recursive: true });

const { model, record, kernels } = await warmUp(settings, data, dir);
const { sparsity, range, per, recordedSteps: lastSteps } = settings;
const reports: Record<string, AllocationReport> = {};
for (const name of settings.accelerators) {
  const accelerator = createAccelerator(name);
  reports[name] = await allocateRun(record, { accelerator, kernels, sparsity, range, per, lastSteps });
  console.log(`${reports[name].toTable()}\n`);
}

const allocations: Readonly<Record<string, Allocation>> = {
  uniform: uniformAllocation(),
  ERK: erdosRenyiAllocation(),
  ...Object.fromEntries(Object.entries(reports).map(([name, { map }]) => [`for ${name}`, mapAllocation(map)])),
};
const runs: AllocatedRun[] = [];
for (const [name, allocation] of Object.entries(allocations)) {
  runs.push(await trainAllocated(name, allocation, model, settings, data, dir));
  console.log(`${name}: trained`);
}

const command = `npm run bench:allocation -- ${process.argv.slice(2).join(' ')}`;
const conditions = [
  `${settings.model} on ${data.name}, ${data.train.count} images, batch ${settings.batchSize}: ${settings.warmUpEpochs} dense epoch, then ${epochs} of pruning, Adam ${settings.learningRate}, and ${settings.settleEpochs} at rate 0 for the averages of batch normalisation; seed ${seed}.`,
  `Cost-driven: from the magnitudes and maps behind the dense epoch, each layer ${range.join(' to ')}, savings per ${per}.`,
  `Cycles and energy are modelled, of a training step, the mean of ${lastSteps}, ${settings.images} images of each standing for its batch; less: than ${runs[0].name}.`,
  accuracySentence(runs, data.test.count),
  `${cpus()[0]?.model.trim()}, node ${process.version}: \`${command}\`.`,
];
const page = [
  '# Allocations at equal sparsity, modelled',
  wrap(conditions.join(' ')),
  comparisonTable(runs),
  sparsityTable(runs),
  ...Object.values(reports).map((report) => `\`\`\`\n${report.toTable()}\n\`\`\``),
].join('\n\n');
console.log(`\n${page}`);
writeFileSync(join(out, 'allocation.md'), `${page}\n`);
await writeJson(join(out, 'allocation.json'), { label: 'modelled', command, settings, runs, reports });
