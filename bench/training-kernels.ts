/**
 * What the training kernels give on tfjs's wasm backend: GFLOP/s of the main kernels, and milliseconds of a whole Adam training step
 * with tfjs's own kernels (where it has one; the missing gradients are ours in both) and with ours, interleaved in one process.
 *
 *     npm run bench:kernels [-- --rounds 15]
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { type ConvGeometry, instantiateKernels } from 'tfjs-sparsity/kernels';
import { registerTrainingKernels } from 'tfjs-sparsity/ops';
import { readFlags } from './read-flags.js';

const { rounds: repetitions } = await readFlags({ rounds: { type: 'number', default: 15 } });
console.log(`${cpus()[0]?.model}, node ${process.version}, tfjs ${tf.version.tfjs}, one thread, median of ${repetitions}`);

/** Milliseconds of CPU and of wall time of one call, each the median over repetitions of a batch of calls. */
function measure(bodies: readonly (() => void)[], calls = 1): { cpuMs: number; wallMs: number }[] {
  const samples = bodies.map(() => ({ cpu: [] as number[], wall: [] as number[] }));
  for (let repetition = -2; repetition < repetitions; repetition++)
    bodies.forEach((body, i) => {
      const cpu = process.cpuUsage();
      const wall = performance.now();
      for (let call = 0; call < calls; call++) body();
      if (repetition < 0) return; // warm-up
      samples[i].wall.push((performance.now() - wall) / calls);
      const { user, system } = process.cpuUsage(cpu);
      samples[i].cpu.push((user + system) / 1000 / calls);
    });
  return samples.map(({ cpu, wall }) => ({ cpuMs: median(cpu), wallMs: median(wall) }));
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

function benchKernels(): void {
  const megabyte = 2 ** 20;
  const memory = new WebAssembly.Memory({ initial: 1024 });
  const floats = new Float32Array(memory.buffer);
  for (let i = 0; i < floats.length; i++) floats[i] = ((i * 7919) % 1009) / 1009 - 0.5;
  const kernels = instantiateKernels(memory);
  const [a, b, c, scratch] = [0, 16 * megabyte, 32 * megabyte, 48 * megabyte];
  const line = (name: string, flops: number, body: () => void): void => {
    const [{ cpuMs }] = measure([body], Math.max(1, Math.round(1e8 / flops)));
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
    line(`y  ${shape}`, flops, () => kernels.gemm(m, n, k, a, 4 * k, 4, b, 4 * n, false, c, 4 * n, scratch));
    line(`dx ${shape}`, flops, () => kernels.gemm(m, k, n, a, 4 * n, 4, b, 4 * n, true, c, 4 * k, scratch));
    line(`dw ${shape}`, flops, () => kernels.gemm(k, n, m, a, 4, 4 * k, b, 4 * n, false, c, 4 * n, scratch));
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
    line(`y  ${shape}`, flops, () => kernels.conv2dForward(a, c, b, scratch, g));
    line(`dw ${shape}`, flops, () => kernels.conv2dFilterGradient(a, b, c, scratch, g));
    line(`dx ${shape}`, flops, () => kernels.conv2dInputGradient(b, c, a, scratch, g));
  }

  const count = 4 * megabyte;
  const [{ cpuMs }] = measure([() => kernels.packBits(a, count, c)]);
  console.log(`packBits: ${(count / cpuMs / 1e6).toFixed(2)} G elements/s`);
  const [pairs] = measure([() => kernels.countPairs(a, 256, b, 256, 128, c)]);
  console.log(`countPairs: ${((256 * 256 * 128 * 128) / pairs.cpuMs / 1e6).toFixed(0)} G bit pairs/s`);
}

function lenet5(): tf.Sequential {
  const { conv2d, dense, flatten, maxPooling2d } = tf.layers;
  return tf.sequential({
    layers: [
      conv2d({ inputShape: [28, 28, 1], filters: 6, kernelSize: 5, padding: 'same', activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 120, activation: 'relu' }),
      dense({ units: 84, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
  });
}

function vggSmall(): tf.Sequential {
  const model = tf.sequential();
  [32, 64, 128].forEach((filters, stage) => {
    const first = stage === 0 ? { inputShape: [32, 32, 3] } : {};
    model.add(tf.layers.conv2d({ ...first, filters, kernelSize: 3, padding: 'same', activation: 'relu' }));
    model.add(tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }));
    model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  });
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 10, activation: 'softmax' }));
  return model;
}

/** A function that runs one training step, variables and optimizer state included. */
function trainingStep(model: tf.Sequential, batch: number, shape: readonly number[]): () => void {
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

const replaced = ['Conv2D', 'FusedConv2D', 'Conv2DBackpropInput', 'BatchMatMul', '_FusedMatMul', 'MaxPoolGrad', 'Sum'];
await import('@tensorflow/tfjs-backend-wasm');
await tf.setBackend('wasm');
const stock = replaced.map((name) => tf.getKernel(name, 'wasm'));
console.log(registerTrainingKernels().message);
const ours = replaced.map((name) => tf.getKernel(name, 'wasm'));
const use = (kernels: readonly tf.KernelConfig[]): void => {
  for (const kernel of kernels) {
    tf.unregisterKernel(kernel.kernelName, 'wasm');
    tf.registerKernel(kernel);
  }
};

benchKernels();

console.log('a training step (Adam), ms of CPU / wall time: tfjs kernels, ours');
for (const [name, model, batch, shape] of [
  ['LeNet-5, batch 32', lenet5(), 32, [28, 28, 1]],
  ['VGG-small 32-64-128, batch 16', vggSmall(), 16, [32, 32, 3]],
] as const) {
  const step = trainingStep(model, batch, shape);
  const run = (kernels: readonly tf.KernelConfig[]) => () => {
    use(kernels);
    step();
  };
  const [before, after] = measure([run(stock), run(ours)]);
  const show = ({ cpuMs, wallMs }: { cpuMs: number; wallMs: number }) => `${cpuMs.toFixed(1)} / ${wallMs.toFixed(1)}`;
  console.log(
    `  ${name.padEnd(32)} ${show(before).padStart(15)} ${show(after).padStart(15)}   ${(before.cpuMs / after.cpuMs).toFixed(1)} times faster`,
  );
}
