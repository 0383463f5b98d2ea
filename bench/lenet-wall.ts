/**
 * The training of LeNet-5 on MNIST from its first step to its last, by wall time: dense on tfjs's own wasm kernels (where it has no filter
 * gradient, with ours), dense on ours, sparse on ours with gradual pruning from 0 to 90 %, and dense on tfjs-node where it is installed. Each
 * way in a process of its own, one after the other, on the same images in the same order.
 *
 *     npm run bench:lenet -- --data-dir DIR [--epochs 3 --batch-size 64 --images 60000 --ways stock,dense,sparse,native]
 *
 * Pruning ends after three quarters of the steps. The first step, which compiles and makes buffers, is part of the time; the reading of the data
 * and the test at the end are not.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { type Dataset, firstImages } from '../examples/lib/dataset.js';
import { evaluate } from '../examples/lib/evaluate.js';
import { imageBatches } from '../examples/lib/image-batches.js';
import { loadDataset } from '../examples/lib/load-dataset.js';
import { lenet5 } from '../examples/lib/models/lenet5.js';
import { checkNames } from './check-names.js';
import { readFlags } from './read-flags.js';
import { stockKernels } from './stock-kernels.js';

const args = await readFlags({
  'data-dir': { type: 'string', describe: 'Folder of the files of MNIST; downloaded when absent' },
  epochs: { type: 'number', default: 3 },
  'batch-size': { type: 'number', default: 64 },
  images: { type: 'number', default: 60_000, describe: 'Of the training set' },
  ways: { type: 'string', default: 'stock,dense,sparse,native' },
  only: {
    type: 'string',
    choices: ['stock', 'dense', 'sparse', 'native'],
    hidden: true,
    describe: 'This way, in this process',
  },
});

type Way = 'stock' | 'dense' | 'sparse' | 'native';

const titles: Readonly<Record<Way, string>> = {
  stock: "dense, tfjs's wasm kernels",
  dense: 'dense, our kernels',
  sparse: 'sparse, gradual to 90 %',
  native: 'dense, tfjs-node',
};
checkNames('--ways', args.ways.split(','), Object.keys(titles));

/** Begins to compute in a way; gives what runs the training, which is nothing but itself for all but `stock`. */
async function begin(way: Way): Promise<(body: () => Promise<void>) => Promise<void>> {
  if (way === 'stock') return (await stockKernels()).onStock;
  await useBackend(way === 'native' ? 'tensorflow' : 'wasm', { log: () => undefined });
  return (body) => body();
}

/** Trains in one way and prints its row. */
async function train(way: Way, data: Dataset): Promise<void> {
  const around = await begin(way);
  const images = firstImages(data.train, args.images);
  const batches = imageBatches(data, images, { batchSize: args.batchSize, seed: 1 });
  const plain = lenet5(data, 1);
  const steps = args.epochs * batches.batchesPerEpoch;
  const model = way === 'sparse' ? sparsify(plain, { execution: 'sparse' }) : plain;
  const method = gradualMagnitude({ finalSparsity: 0.9, endStep: Math.ceil(0.75 * steps) });
  model.compile({ optimizer: tf.train.adam(0.002), loss: 'categoricalCrossentropy' });
  const callbacks = way === 'sparse' ? [pruning(method)] : [];
  const before = performance.now();
  await around(async () => {
    await model.fitDataset(batches.dataset(), { epochs: args.epochs, callbacks, verbose: 0 });
  });
  const seconds = (performance.now() - before) / 1000;
  const { accuracy } = await evaluate(model, data, data.test);
  const weights = prunableKernels(model).flatMap((kernel) => [...kernel.readKernel()]);
  const zeros = weights.filter((weight) => weight === 0).length / (weights.length || 1);
  const cells = [titles[way].padEnd(28), seconds.toFixed(1).padStart(8), ((1000 * seconds) / steps).toFixed(2).padStart(8)];
  console.log([...cells, (100 * accuracy).toFixed(2).padStart(11), (100 * zeros).toFixed(1).padStart(8)].join(' '));
}

if (args.only) {
  await train(args.only as Way, await loadDataset('mnist', args.dataDir, 1));
} else {
  console.log(`${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}`);
  console.log(`LeNet-5, MNIST, ${args.images} images, ${args.epochs} epochs, batch ${args.batchSize}, Adam 0.002`);
  console.log('way                           seconds  ms/step  accuracy %  zeros %');
  for (const way of args.ways.split(',')) {
    const result = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--only', way], {
      encoding: 'utf8',
    });
    const told = result.stderr.trim().split('\n');
    const reason = told.find((line) => line.includes('Error')) ?? (told.at(-1) || `code ${result.status}`);
    process.stdout.write(result.status === 0 ? result.stdout : `${way}: ${reason}\n`);
    if (result.status !== 0) process.exitCode = result.status ?? 1;
  }
}
