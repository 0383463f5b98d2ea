/**
 * What the training kernels give on tfjs's wasm backend: GFLOP/s of the main kernels, and milliseconds of a whole Adam training step
 * with tfjs's own kernels and gradients (where it has none for the gradient of a filter, ours stands in) and with ours, interleaved in one
 * process.
 *
 *     npm run bench:kernels [-- --rounds 15]
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { type ConvGeometry, instantiateKernels } from 'tfjs-sparsity/kernels';
import { lenet5 } from '../examples/lib/models/lenet5.js';
import { vggSmall } from '../examples/lib/models/vgg-small.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { readFlags } from './read-flags.js';
import { stockKernels } from './stock-kernels.js';

const { rounds } = await readFlags({ rounds: { type: 'number', default: 15 } });
console.log(`${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}, one thread, median of ${rounds}`);

interface Timing {
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** What one of some calls in a row takes. */
function timed(body: () => void, calls = 1): Timing {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  for (let call = 0; call < calls; call++) body();
  return { cpuMs: cpuMsSince(cpu) / calls, wallMs: (performance.now() - wall) / calls };
}

/** Medians of what is timed, interleaved; the first two rounds warm up. */
async function measure(bodies: readonly (() => Timing | Promise<Timing>)[]): Promise<Timing[]> {
  const samples = bodies.map(() => [] as Timing[]);
  for (let round = -2; round < rounds; round++) {
    for (const [i, body] of bodies.entries()) {
      const timing = await body();
      if (round >= 0) samples[i].push(timing);
    }
  }
  const medianOf = (timings: readonly Timing[], of: keyof Timing) => median(timings.map((timing) => timing[of]));
  return samples.map((timings) => ({ cpuMs: medianOf(timings, 'cpuMs'), wallMs: medianOf(timings, 'wallMs') }));
}

async function benchKernels(): Promise<void> {
  const megabyte = 2 ** 20;
  const memory = new WebAssembly.Memory({ initial: 1024 });
  const floats = new Float32Array(memory.buffer);
  for (let i = 0; i < floats.length; i++) floats[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  const kernels = instantiateKernels(memory);
  const [a, b, c, scratch] = [0, 16 * megabyte, 32 * megabyte, 48 * megabyte];
  const line = async (name: string, flops: number, body: () => void): Promise<void> => {
    const [{ cpuMs }] = await measure([() => timed(body, Math.max(1, Math.round(1e8 / flops)))]);
    console.log(
      `  ${name.padEnd(44)} ${cpuMs.toFixed(3).padStart(8)} ms  ${(flops / cpuMs / 1e6).toFixed(1).padStart(5)} GFLOP/s`,
    );
  };

  console.log('matrix products, batch x in x out: y = x w, dx = dy w^T, dw = x^T dy');
  for (const [m, k, n] of [
    [128, 784, 512],
    [32, 400, 120],
    [32, 120, 84],
    [16, 2048, 128],
  ] as const) {
    const flops = 2 * m * k * n;
    const shape = `${m} x ${k} x ${n}`;
    await line(`y  ${shape}`, flops, () => kernels.gemm(m, n, k, a, 4 * k, 4, b, 4 * n, false, c, 4 * n, scratch));
    await line(`dx ${shape}`, flops, () => kernels.gemm(m, k, n, a, 4 * n, 4, b, 4 * n, true, c, 4 * k, scratch));
    await line(`dw ${shape}`, flops, () => kernels.gemm(k, n, m, a, 4, 4 * k, b, 4 * n, false, c, 4 * n, scratch));
  }

  console.log('convolutions, batch x size x size x in -> out');
  for (const [batch, size, ci, co, kernel, pad] of [
    [32, 28, 1, 6, 5, 2],
    [32, 14, 6, 16, 5, 0],
    [16, 32, 3, 32, 3, 1],
    [16, 32, 32, 32, 3, 1],
    [16, 16, 64, 64, 3, 1],
    [16, 8, 128, 128, 3, 1],
  ] as const) {
    const out = size + 2 * pad - kernel + 1;
    const g: ConvGeometry = {
      ...{ batch, inHeight: size, inWidth: size, inChannels: ci, outHeight: out, outWidth: out, outChannels: co },
      ...{ kernelHeight: kernel, kernelWidth: kernel, strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 },
      ...{ padTop: pad, padLeft: pad },
    };
    const flops = 2 * batch * out * out * kernel * kernel * ci * co;
    const shape = `${batch} x ${size} x ${size} x ${ci} -> ${co}, ${kernel} x ${kernel}`;
    await line(`y  ${shape}`, flops, () => kernels.conv2dForward(a, c, b, scratch, g));
    await line(`dw ${shape}`, flops, () => kernels.conv2dFilterGradient(a, b, c, scratch, g));
    await line(`dx ${shape}`, flops, () => kernels.conv2dInputGradient(b, c, a, scratch, g));
  }

  const count = 4 * megabyte;
  const [{ cpuMs }] = await measure([() => timed(() => kernels.packBits(a, count, c))]);
  console.log(`packBits: ${(count / cpuMs / 1e6).toFixed(2)} G elements/s`);
  const [pairs] = await measure([() => timed(() => kernels.countPairs(a, 256, b, 256, 128, c))]);
  console.log(`countPairs: ${((256 * 256 * 128 * 128) / pairs.cpuMs / 1e6).toFixed(0)} G bit pairs/s`);
}

/** A function that runs one training step, variables and optimizer state included. */
function trainingStep(model: tf.LayersModel, batch: number, shape: readonly number[]): () => void {
  const x = tf.randomNormal([batch, ...shape], 0, 1, 'float32', 1);
  const y = tf.oneHot(tf.range(0, batch, 1, 'int32').mod(tf.scalar(10, 'int32')), 10);
  const optimizer = tf.train.adam(0.001);
  return () =>
    tf.tidy(() => {
      const loss = optimizer.minimize(
        () => tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor).mean() as tf.Scalar,
        true,
      );
      loss?.dataSync();
    });
}

const { message, onStock } = await stockKernels();
console.log(message);
await benchKernels();

console.log('a training step (Adam), ms of CPU / wall time: tfjs kernels, ours');
for (const [name, build, batch, imageShape] of [
  ['LeNet-5, batch 32', lenet5, 32, [28, 28, 1]],
  ['VGG-small, batch 16', vggSmall, 16, [32, 32, 3]],
] as const) {
  const step = trainingStep(build({ imageShape, classes: 10 }, 1), batch, imageShape);
  const [before, after] = await measure([() => onStock(async () => timed(step)), () => timed(step)]);
  const show = ({ cpuMs, wallMs }: Timing) => `${cpuMs.toFixed(1)} / ${wallMs.toFixed(1)}`;
  console.log(
    `  ${name.padEnd(32)} ${show(before).padStart(15)} ${show(after).padStart(15)}   ${(before.cpuMs / after.cpuMs).toFixed(1)} times faster`,
  );
}
