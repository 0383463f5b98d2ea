/**
 * A full training step, dense and sparse: milliseconds of CPU and of wall time, the variants interleaved in one process, medians.
 *
 *     npm run bench:training [-- --nets mlp,cnn,resnet20 --sparsities 0.8,0.9,0.95 --optimizers sgd,adam --rounds 15]
 *
 * `stock` is tfjs's wasm backend with its own kernels (where it has none for the gradient of a filter, ours stands in), `dense` the same
 * model on our dense kernels, `masked` the masked model on them, `sparse` the masked model in lanes. Masks are drawn at random; all
 * weights of the first convolution and of the last layer stay, and masks do not change while it is timed, but for the rows of BDWP 2:8:
 * these make theirs anew in each step, as part of it. Batch normalisation is tfjs's own in all rows but `sparse`.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { bdwp } from 'tfjs-sparsity/pruning';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { resnet20 } from '../examples/lib/models/resnet20.js';
import { stockKernels } from './stock-kernels.js';

const { layers } = tf;
const conv = (filters: number, rest: object = {}) =>
  layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', ...rest });
const dense = (units: number, rest: object = {}) => layers.dense({ units, activation: 'relu', ...rest });
const softmax = (units: number) => layers.dense({ units, activation: 'softmax' });
const pool = () => layers.maxPooling2d({ poolSize: 2 });

const chain = (layers: () => tf.layers.Layer[]) => () => tf.sequential({ layers: layers() });

/** Networks and the shape of their batches. */
const nets: Readonly<Record<string, { readonly batch: readonly [number, ...number[]]; readonly build: () => tf.LayersModel }>> = {
  'mlp 784-512-512-16': {
    batch: [128, 784],
    build: chain(() => [dense(512, { inputShape: [784] }), dense(512), softmax(16)]),
  },
  'mlp 784-300-100-10': {
    batch: [128, 784],
    build: chain(() => [dense(300, { inputShape: [784] }), dense(100), softmax(10)]),
  },
  'cnn 4-32-64-128-128': {
    batch: [32, 32, 32, 4],
    build: chain(() => [
      ...[conv(32, { inputShape: [32, 32, 4] }), conv(64), pool(), conv(128), pool(), conv(128)],
      ...[layers.flatten(), softmax(10)],
    ]),
  },
  'cnn 3-32-64-128-128': {
    batch: [32, 32, 32, 3],
    build: chain(() => [
      ...[conv(32, { inputShape: [32, 32, 3] }), conv(64), pool(), conv(128), pool(), conv(128)],
      ...[layers.flatten(), softmax(10)],
    ]),
  },
  lenet5: {
    batch: [32, 28, 28, 1],
    build: chain(() => [
      conv(6, { kernelSize: 5, inputShape: [28, 28, 1] }),
      pool(),
      conv(16, { kernelSize: 5, padding: 'valid' }),
      pool(),
      ...[layers.flatten(), dense(120), dense(84), softmax(10)],
    ]),
  },
  resnet20: { batch: [32, 32, 32, 3], build: () => resnet20({ imageShape: [32, 32, 3], classes: 10 }, 1) },
};

const optimizers: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.01),
  adam: () => tf.train.adam(0.001),
};

const args = await yargs(hideBin(process.argv))
  .options({
    nets: { type: 'string', default: Object.keys(nets).join(','), describe: 'Networks, by the beginning of their names' },
    sparsities: { type: 'string', default: '0.8,0.9,0.95' },
    optimizers: { type: 'string', default: 'sgd,adam' },
    bdwp: { type: 'boolean', default: true, describe: 'Rows of BDWP 2:8, whose masks are made anew in each step' },
    rounds: { type: 'number', default: 15, describe: 'Timed steps of each variant, interleaved' },
    stock: { type: 'boolean', default: true, describe: "Time tfjs's own kernels too" },
    simd: { type: 'string', choices: ['auto', 'strict', 'relaxed'], default: 'auto' },
    out: { type: 'string', default: 'bench/results/training.jsonl' },
  })
  .strict()
  .parseAsync();

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const { message, onStock } = await stockKernels(args.simd as 'auto');

interface Variant {
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly stock: boolean;
  /** A part of each step: what a pruning callback does behind it. */
  readonly prune?: () => void;
  readonly cpuMs: number[];
  readonly wallMs: number[];
}

async function step(
  { model, stock, prune, cpuMs, wallMs }: Variant,
  xs: tf.Tensor,
  ys: tf.Tensor,
  timed: boolean,
): Promise<void> {
  const body = async () => {
    await model.trainOnBatch(xs, ys);
    prune?.();
  };
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await (stock ? onStock(body) : body());
  if (!timed) return;
  wallMs.push(performance.now() - wall);
  const { user, system } = process.cpuUsage(cpu);
  cpuMs.push((user + system) / 1000);
}

/** Random masks for all but the first convolution and the last layer. */
function prune(model: tf.LayersModel, sparsity: number): void {
  const kernels = prunableKernels(model);
  kernels.forEach((kernel, i) => {
    if (i === kernels.length - 1 || (i === 0 && kernel.info.kind === 'conv2d')) return;
    const rng = createRng(`bench/${i}`);
    const size = kernel.info.shape.reduce((a, b) => a * b, 1);
    const mask = Uint8Array.from({ length: size }, () => (rng.uniform() < sparsity ? 0 : 1));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  });
}

/** Makes the masks of BDWP anew from the weights. */
function pruneBidirectionally(model: tf.LayersModel): void {
  const kernels = prunableKernels(model).filter(({ info }, i, all) => i < all.length - 1 && !method.skip(info));
  const states = kernels.map((kernel) => ({ info: kernel.info, masks: kernel.masks, weights: kernel.readKernel() }));
  const masks = method.updateMasks(states, { step: 1, sparsity: 0.75, rng: createRng(0) });
  kernels.forEach((kernel, i) => {
    kernel.repack(masks[i], method, model.optimizer);
  });
}

/** How many times fewer MACs a step has under the masks in force: no speed-up of its products can be larger. */
function ceilingOf(model: tf.LayersModel): number {
  const density = (mask: Uint8Array | null) => (mask ? mask.reduce((sum, bit) => sum + bit, 0) / mask.length : 1);
  const macs = { dense: 0, sparse: 0 };
  for (const [i, { info, masks }] of prunableKernels(model).entries()) {
    const pixels = (model.getLayer(info.name).outputShape as number[]).slice(1, -1).reduce((a, b) => a * b, 1);
    const all = info.shape.reduce((a, b) => a * b, pixels);
    const [forward, backward, gradient] = [masks.forward, masks.backward, masks.gradient].map(density);
    // The first layer has no input gradient.
    macs.dense += all * (i === 0 ? 2 : 3);
    macs.sparse += all * (forward + gradient + (i === 0 ? 0 : backward));
  }
  return macs.dense / macs.sparse;
}

const method = bdwp({ n: 2, m: 8 });
console.log(message);
console.log(`${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}, one thread, median of ${args.rounds}`);

const wanted = Object.entries(nets).filter(([name]) => args.nets.split(',').some((begin) => name.startsWith(begin)));
mkdirSync(dirname(args.out), { recursive: true });
for (const [name, net] of wanted) {
  for (const optimizer of args.optimizers.split(',')) {
    const plain = net.build();
    const classes = plain.outputShape[1] as number;
    const [batch] = net.batch;
    const xs = tf.randomNormal([...net.batch], 0, 1, 'float32', 3);
    const ys = tf.tidy(() => tf.oneHot(tf.range(0, batch).mod(classes).toInt(), classes).mul(1));
    const variants: Variant[] = [];
    const add = (variant: string, model: tf.LayersModel, stock = false, rest: Pick<Variant, 'prune'> = {}) => {
      model.compile({ optimizer: optimizers[optimizer](), loss: 'categoricalCrossentropy' });
      variants.push({ name: variant, model, stock, ...rest, cpuMs: [], wallMs: [] });
    };
    if (args.stock) add('stock', net.build(), true);
    add('dense', plain);
    for (const sparsity of args.sparsities.split(',').map(Number)) {
      for (const execution of ['dense', 'sparse'] as const) {
        const model = sparsify(plain, { execution });
        prune(model, sparsity);
        add(`${execution === 'dense' ? 'masked' : 'sparse'} ${100 * sparsity} %`, model);
      }
    }
    for (const execution of args.bdwp ? (['dense', 'sparse'] as const) : []) {
      const model = sparsify(plain, { execution });
      add(`${execution === 'dense' ? 'masked' : 'sparse'} BDWP`, model, false, { prune: () => pruneBidirectionally(model) });
    }
    for (let round = -2; round < args.rounds; round++) {
      for (const variant of variants) await step(variant, xs, ys, round >= 0);
    }
    const reference = (of: string) => variants.find((variant) => variant.name === of);
    console.log(`\n${name}, batch ${batch}, ${optimizer}`);
    console.log('variant        CPU ms  wall ms  CPU: times stock  times dense');
    for (const { name: variant, model, prune, cpuMs, wallMs } of variants) {
      const [cpu, wall] = [median(cpuMs), median(wallMs)];
      const over = (of: string) => ((median(reference(of)?.cpuMs ?? []) || Number.NaN) / cpu).toFixed(2);
      console.log(
        `${variant.padEnd(12)} ${cpu.toFixed(2).padStart(8)} ${wall.toFixed(2).padStart(8)} ${over('stock').padStart(17)} ${over('dense').padStart(12)}`,
      );
      if (prune && variant.startsWith('sparse')) {
        const ceiling = ceilingOf(model);
        console.log(
          `  goal ${(0.85 * ceiling).toFixed(2)}, 85 % of the ${ceiling.toFixed(2)} that MACs allow; reached ${over('dense')}`,
        );
      }
      appendFileSync(args.out, `${JSON.stringify({ net: name, batch, optimizer, variant, cpuMs: cpu, wallMs: wall })}\n`);
    }
    for (const { model } of variants) {
      model.dispose();
      model.optimizer.dispose();
    }
    tf.dispose([xs, ys]);
  }
}
