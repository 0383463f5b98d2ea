/**
 * What the callbacks cost: the same training with and without them, interleaved in one process, median of wall time and of CPU time.
 *
 *     npm run bench:callback [-- --steps 200 --rounds 5 --execution sparse --variants hardwareCost,hardwareCost/8@2]
 *
 * `hardwareCost` is timed from the first step to the complete report, its queue drained: every step, all images, ACF and dense array.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { hardwareCost } from 'tfjs-sparsity/callbacks';
import { createAccelerator } from 'tfjs-sparsity/hw';
import { attachTap, packOp, prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { gradualMagnitude } from 'tfjs-sparsity/pruning';
import { buildModel, type ModelName } from '../examples/lib/models.js';
import { checkNames } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';

const args = await readFlags({
  steps: { type: 'number', default: 200, describe: 'Steps of one timed run' },
  rounds: { type: 'number', default: 5, describe: 'Timed runs of each variant, interleaved' },
  nets: { type: 'string', default: 'lenet5,vgg-small' },
  variants: {
    type: 'string',
    default: 'masked layers,tap,hardwareCost,hardwareCost/8',
    describe: 'hardwareCost/4 looks at every fourth step, hardwareCost/4@2 at two images of it',
  },
  execution: { choices: ['dense', 'sparse'] as const, default: 'dense' as const, describe: 'Of the masked model' },
});

const batchSizes: Readonly<Record<string, number>> = { lenet5: 32, mlp: 128, 'vgg-small': 16, resnet20: 16 };
/** A variant of the callback: at every so many steps, at so many images. */
const costVariant = /^hardwareCost(?:\/([1-9]\d*))?(?:@([1-9]\d*))?$/;
checkNames('--nets', args.nets.split(','), Object.keys(batchSizes));
checkNames('--variants', args.variants.split(','), ['masked layers', 'tap', 'hardwareCost'], (one, name) => {
  return name === one || (one === 'hardwareCost' && costVariant.test(name));
});
const accelerators = () => ['acf', 'dense-array'].map((name) => createAccelerator(name));

/** A batch of random pixels, half of them zero, and random labels: timing needs no more. */
function randomBatch(net: ModelName, imageShape: readonly number[]): { xs: tf.Tensor; ys: tf.Tensor } {
  const rng = createRng(`bench/${net}`);
  const batchSize = batchSizes[net];
  const size = batchSize * imageShape.reduce((a, b) => a * b, 1);
  const pixels = Float32Array.from({ length: size }, () => Math.max(0, 2 * rng.uniform() - 1));
  const labels = Float32Array.from({ length: batchSize * 10 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0));
  return { xs: tf.tensor(pixels, [batchSize, ...imageShape]), ys: tf.tensor(labels, [batchSize, 10]) };
}

interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function timed(body: () => Promise<void>): Promise<Timing> {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await body();
  return { cpuMs: cpuMsSince(cpu), wallMs: performance.now() - wall };
}

await useBackend('wasm');
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} cores, node ${process.version}; ${args.steps} steps, ${args.rounds} rounds, Adam, ${args.execution} execution`,
);
console.log(
  '\n| network | variant | ms/step without | ms/step with | wall ratio | CPU ratio | queue depth, waits, error of the cycles |\n|---|---|---|---|---|---|---|',
);

for (const net of args.nets.split(',') as ModelName[]) {
  const imageShape = net === 'lenet5' || net === 'mlp' ? ([28, 28, 1] as const) : ([32, 32, 3] as const);
  const data = { imageShape, classes: 10 };
  const { xs, ys } = randomBatch(net, imageShape);
  const compiled = <Model extends tf.LayersModel>(model: Model): Model => {
    model.compile({ optimizer: tf.train.adam(1e-4), loss: 'categoricalCrossentropy' });
    return model;
  };
  const plain = compiled(buildModel(net, data, 1));
  const masked = compiled(sparsify(buildModel(net, data, 1), { execution: args.execution }));
  // The masks of 90 % sparsity, as in the middle of a run.
  const method = gradualMagnitude({ finalSparsity: 0.9, endStep: 1 });
  const kernels = prunableKernels(masked);
  const states = kernels.map((kernel) => ({ info: kernel.info, weights: kernel.readKernel(), masks: undefined }));
  const masks = method.updateMasks(states, { step: 1, sparsity: 0.9, rng: createRng(1) });
  for (const [i, kernel] of kernels.entries()) {
    kernel.repack(masks[i], { pruned: 'zero', slots: 'zero', decay: 0 }, masked.optimizer);
  }

  const train = async (model: tf.LayersModel, callbacks: tf.Callback[] = []) => {
    const dataset = tf.data.generator(function* () {
      for (let step = 0; step < args.steps; step++) yield { xs: xs.clone(), ys: ys.clone() };
    } as () => Iterator<{ xs: tf.Tensor; ys: tf.Tensor }>);
    await model.fitDataset(dataset, { epochs: 1, verbose: 0, callbacks, yieldEvery: 'never' });
  };
  let notes = '-';
  const costly = (every: number, images: number | undefined) => async () => {
    const cost = hardwareCost({ accelerators: accelerators(), every, ...(images ? { images } : {}) });
    await train(masked, [cost]);
    const { queue, accelerators: reports } = await cost.report();
    const { value, error } = reports[0].cycles;
    notes = `${queue.maxDepth}, ${queue.waits}, ${((100 * (error ?? 0)) / value).toFixed(2)} %`;
  };
  const variants: Readonly<Record<string, readonly [without: () => Promise<void>, with_: () => Promise<void>]>> = {
    'masked layers': [() => train(plain), () => train(masked)],
    tap: [
      () => train(masked),
      async () => {
        const tap = attachTap(masked, { onOp: (op) => void packOp(op) });
        await train(masked);
        tap.detach();
      },
    ],
  };
  await train(plain);
  await train(masked);
  for (const name of args.variants.split(',')) {
    notes = '-';
    const [cost, every, images] = costVariant.exec(name) ?? [];
    const [without, with_] = cost
      ? ([() => train(masked), costly(Number(every ?? 1), images ? Number(images) : undefined)] as const)
      : variants[name];
    const pairs: (readonly [Timing, Timing])[] = [];
    for (let round = 0; round < args.rounds; round++) pairs.push([await timed(without), await timed(with_)]);
    const perStep = (which: 0 | 1) => (median(pairs.map((pair) => pair[which].wallMs)) / args.steps).toFixed(2);
    const ratio = (of: keyof Timing) => median(pairs.map(([a, b]) => b[of] / a[of])).toFixed(2);
    console.log(
      `| ${net} B${batchSizes[net]} | ${name} | ${perStep(0)} | ${perStep(1)} | ${ratio('wallMs')} | ${ratio('cpuMs')} | ${notes} |`,
    );
  }
  tf.dispose([xs, ys]);
}
