/**
 * A full training step, dense and sparse: milliseconds of CPU and of wall time, the variants interleaved in one process, medians.
 * Then, without `--no-others`, the same on two threads of our kernels, and dense on tfjs-node where it is installed.
 *
 *     npm run bench:training [-- --nets mlp,cnn,resnet20 --sparsities 0.8,0.9,0.95 --optimizers sgd,adam --rounds 15]
 *
 * `stock` is tfjs's wasm backend with its own kernels (where it has none for the gradient of a filter, ours stands in), `dense` the model
 * without masks on our dense kernels, with the loss and the updates in one operation that the other rows have too, so that `times dense` is
 * what sparsity gains, `masked` the masked model on them, `sparse` the masked model in lanes. Masks are drawn at random; all
 * weights of the first convolution and of the last layer stay. Masks are other ones at every hundredth step: `update` is what that takes, lists
 * included, and a hundredth of it is a part of the step; the rows of BDWP 2:8 make theirs anew in each. `2:8 by 4` is vector-wise 2:8. GFLOP/s count the MACs of the masks, and `at most` is
 * how many times fewer these are than the dense ones (BDWP's goal is 85 % of that). Batch normalisation is made of
 * tfjs's operations, on our kernels or its own, in all rows but `sparse`.
 * Variants are warm before they are timed, as in the long run: V8 compiles what often runs. A sample is the mean of as many steps as take
 * some 60 ms, next to which reading the clock of the process is nothing.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { createRng, type Rng } from 'tfjs-sparsity';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { bdwp, type KernelInfo, nm } from 'tfjs-sparsity/pruning';
import { checkBeginnings, checkNames } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { prune, sizeOf, unstructured, updates } from './random-masks.js';
import { readFlags, readNumbers } from './read-flags.js';
import { stockKernels } from './stock-kernels.js';
import { batchFor, nets, netsNamed, optimizers } from './training-nets.js';

const args = await readFlags({
  nets: { type: 'string', default: Object.keys(nets).join(','), describe: 'Networks, by the beginning of their names' },
  sparsities: { type: 'string', default: '0.8,0.9,0.95' },
  optimizers: { type: 'string', default: 'sgd,adam' },
  bdwp: { type: 'boolean', default: true, describe: 'Rows of BDWP 2:8, whose masks are made anew in each step' },
  rounds: { type: 'number', default: 15, describe: 'Timed steps of each variant, interleaved' },
  stock: { type: 'boolean', default: true, describe: "Time tfjs's own kernels too" },
  simd: { type: 'string', choices: ['auto', 'strict', 'relaxed'], default: 'auto' },
  threads: { type: 'number', default: 1, describe: 'Threads of our kernels' },
  others: { type: 'boolean', default: true, describe: 'Two threads and tfjs-node as well, in processes of their own' },
  out: { type: 'string', default: 'bench/results/training.jsonl' },
});

checkBeginnings('--nets', args.nets.split(','), Object.keys(nets));
checkNames('--optimizers', args.optimizers.split(','), Object.keys(optimizers));
const sparsities = readNumbers('sparsities', args.sparsities, 'sparsity');
const { message, onStock } = await stockKernels({ simd: args.simd as 'auto', threads: args.threads });

interface Variant {
  readonly name: string;
  readonly model: tf.LayersModel;
  readonly stock: boolean;
  /** A part of each step: what a pruning callback does behind it. */
  readonly prune?: () => void;
  /** A part of every hundredth step. */
  readonly update?: () => void;
  readonly updateMs: number[];
  readonly cpuMs: number[];
  readonly wallMs: number[];
  /** Steps of a sample. */
  steps: number;
}

/** Steps before the first timed one, unless they take longer than that: trainings are long, and V8 compiles for some hundred steps. */
const warmSteps = 600;
const warmMs = 2500;
/** Consecutive steps, as in a training: the first finds the caches full of what other variants have left. */
const sampleMs = 60;
/** Steps until kernels run as before an update of masks: the first makes the lists, the second has the kept values trained alone. */
const settlingSteps = 2;

async function step({ model, stock, prune }: Variant, xs: tf.Tensor, ys: tf.Tensor): Promise<void> {
  const body = async () => {
    await model.trainOnBatch(xs, ys);
    prune?.();
  };
  await (stock ? onStock(body) : body());
}

async function warmUp(variant: Variant, xs: tf.Tensor, ys: tf.Tensor): Promise<void> {
  const begin = performance.now();
  const spent = () => performance.now() - begin;
  let last = 0;
  for (let i = 0; i < 2 || (i < warmSteps && spent() < warmMs); i++) {
    const before = spent();
    await step(variant, xs, ys);
    last = spent() - before;
  }
  variant.steps = Math.ceil(sampleMs / last);
}

async function sample(variant: Variant, xs: tf.Tensor, ys: tf.Tensor): Promise<void> {
  const { steps, cpuMs, wallMs } = variant;
  const cpu = process.cpuUsage();
  const wall = performance.now();
  for (let i = 0; i < steps; i++) await step(variant, xs, ys);
  wallMs.push((performance.now() - wall) / steps);
  cpuMs.push(cpuMsSince(cpu) / steps);
  if (!variant.update) return;
  const before = process.cpuUsage();
  variant.update();
  for (let i = 0; i < settlingSteps; i++) await step(variant, xs, ys);
  variant.updateMs.push(cpuMsSince(before) - settlingSteps * (cpuMs.at(-1) as number));
}

/** 2:8 along the inputs, one pattern for four outputs. */
const shared = nm({ n: 2, m: 8, sharedOutputs: 4 });
const vectorWise = (info: KernelInfo, rng: Rng) => shared(Float32Array.from({ length: sizeOf(info) }, rng.uniform), info, 0.75);

/** Makes the masks of BDWP anew from the weights, as the pruning callback does. */
function pruneBidirectionally(model: tf.LayersModel): void {
  const kernels = prunableKernels(model).filter(({ info }, i, all) => i < all.length - 1 && !method.skip(info));
  const context = { step: 1, sparsity: 0.75, rng: createRng(0) };
  for (const kernel of kernels) {
    const masksOf = (weights: Float32Array) => method.updateMasks([{ info: kernel.info, weights, masks: undefined }], context)[0];
    kernel.regroup({ n: 2, m: 8, forward: 'input', backward: 'output' }, masksOf, method, model.optimizer);
  }
}

/** MACs of a step for one image, dense and under the masks in force: no speed-up of the products can be larger than their quotient. */
function macsOf(model: tf.LayersModel): { readonly dense: number; readonly sparse: number } {
  const density = (mask: Uint8Array | null) => (mask ? mask.reduce((sum, bit) => sum + bit, 0) / mask.length : 1);
  const macs = { dense: 0, sparse: 0 };
  for (const [i, { info, masks }] of prunableKernels(model).entries()) {
    const pixels = (model.getLayer(info.name).outputShape as number[]).slice(1, -1).reduce((a, b) => a * b, 1);
    const all = sizeOf(info) * pixels;
    const [forward, backward, gradient] = [masks.forward, masks.backward, masks.gradient].map(density);
    // The first layer has no input gradient.
    macs.dense += all * (i === 0 ? 2 : 3);
    macs.sparse += all * (forward + gradient + (i === 0 ? 0 : backward));
  }
  return macs;
}

const method = bdwp({ n: 2, m: 8 });
console.log(message);
console.log(
  `${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}, ${args.threads} thread(s), median of ${args.rounds}`,
);

mkdirSync(dirname(args.out), { recursive: true });
for (const [name, net] of netsNamed(args.nets)) {
  for (const optimizer of args.optimizers.split(',')) {
    const plain = net.build();
    const [batch] = net.batch;
    const [xs, ys] = batchFor(name, plain);
    const variants: Variant[] = [];
    const add = (variant: string, model: tf.LayersModel, stock = false, rest: Pick<Variant, 'prune' | 'update'> = {}) => {
      model.compile({ optimizer: optimizers[optimizer](), loss: 'categoricalCrossentropy' });
      variants.push({ name: variant, model, stock, ...rest, cpuMs: [], wallMs: [], updateMs: [], steps: 1 });
    };
    if (args.stock) add('stock', net.build(), true);
    add('dense', sparsify(plain));
    for (const sparsity of sparsities) {
      for (const execution of ['dense', 'sparse'] as const) {
        const model = sparsify(plain, { execution });
        prune(model, unstructured(sparsity));
        const update = updates(model, unstructured(sparsity));
        add(`${execution === 'dense' ? 'masked' : 'sparse'} ${100 * sparsity} %`, model, false, { update });
      }
    }
    for (const execution of ['dense', 'sparse'] as const) {
      const model = sparsify(plain, { execution });
      prune(model, vectorWise);
      add(`${execution === 'dense' ? 'masked' : 'sparse'} 2:8 by 4`, model, false, { update: updates(model, vectorWise) });
    }
    for (const execution of args.bdwp ? (['dense', 'sparse'] as const) : []) {
      const model = sparsify(plain, { execution });
      add(`${execution === 'dense' ? 'masked' : 'sparse'} BDWP`, model, false, { prune: () => pruneBidirectionally(model) });
    }
    for (const variant of variants) await warmUp(variant, xs, ys);
    for (let round = 0; round < args.rounds; round++) {
      for (const variant of variants) await sample(variant, xs, ys);
    }
    const all = macsOf(variants.at(-1)?.model as tf.LayersModel).dense;
    const hundredth = ({ updateMs }: Variant) => (updateMs.length > 0 ? median(updateMs) / 100 : 0);
    const cpuOf = (variant: Variant) => median(variant.cpuMs) + hundredth(variant);
    const reference = (of: string) => variants.find((variant) => variant.name === of);
    console.log(`\n${name}, batch ${batch}, ${optimizer}`);
    console.log('variant          CPU ms  wall ms  update  GFLOP/s  times stock  times dense  at most');
    for (const each of variants) {
      const { name: variant, model, prune, updateMs } = each;
      const [cpu, wall] = [cpuOf(each), median(each.wallMs) + hundredth(each)];
      const over = (of: string) => {
        const other = reference(of);
        return (other ? cpuOf(other) / cpu : Number.NaN).toFixed(2);
      };
      const { dense, sparse } = prunableKernels(model).length > 0 ? macsOf(model) : { dense: all, sparse: all };
      const cells = [
        ...[variant.padEnd(14), cpu.toFixed(2).padStart(8), wall.toFixed(2).padStart(8)],
        (updateMs.length > 0 ? median(updateMs).toFixed(1) : '').padStart(7),
        ...[((2 * batch * sparse) / cpu / 1e6).toFixed(1).padStart(8), over('stock').padStart(12)],
        ...[over('dense').padStart(12), (dense / sparse).toFixed(2).padStart(8)],
      ];
      console.log(cells.join(' '));
      const { threads } = args;
      appendFileSync(
        args.out,
        `${JSON.stringify({ net: name, batch, optimizer, variant, threads, cpuMs: cpu, wallMs: wall })}\n`,
      );
      if (prune && variant.startsWith('sparse')) {
        const goal = (0.85 * dense) / sparse;
        console.log(`  goal ${goal.toFixed(2)}, 85 % of what MACs allow; reached ${over('dense')}`);
      }
    }
    for (const { model } of variants) {
      model.dispose();
      model.optimizer.dispose();
    }
    plain.dispose();
    tf.dispose([xs, ys]);
  }
}

/** Runs a script of this folder with the networks and optimizers of this one. */
function inProcess(script: string, more: readonly string[] = []): void {
  const names = ['--nets', args.nets, '--optimizers', args.optimizers, '--rounds', String(args.rounds), '--out', args.out];
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...names, ...more], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}

if (args.others) {
  const without = ['--no-others', '--no-stock', ...(args.bdwp ? [] : ['--no-bdwp'])];
  inProcess('training.js', ['--sparsities', args.sparsities, '--threads', '2', '--simd', args.simd, ...without]);
  inProcess('training-native.js');
}
