/**
 * What sparse kernels gain where nothing is trained: `predict` of a network at 90 % zeros in sparse execution, beside the same network dense on
 * our kernels and on tfjs's own; batches of several sizes, interleaved in one process, median milliseconds of CPU time.
 *
 *     npm run bench:predict [-- --nets mlp,cnn --batches 1,8,32,128 --sparsity 0.9 --rounds 15]
 *
 * The masks are those of `npm run bench:training`. The outputs are read, as whoever predicts does. One thread.
 */
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { sparsify } from 'tfjs-sparsity/ops';
import { checkBeginnings } from './check-names.js';
import { cpuMsSince } from './cpu-ms-since.js';
import { median } from './median.js';
import { prune, unstructured } from './random-masks.js';
import { readFlags, readNumbers } from './read-flags.js';
import { stockKernels } from './stock-kernels.js';
import { nets, netsNamed } from './training-nets.js';

const args = await readFlags({
  nets: { type: 'string', default: Object.keys(nets).join(','), describe: 'Networks, by the beginning of their names' },
  batches: { type: 'string', default: '1,8,32,128', describe: 'Images in a batch' },
  sparsity: { type: 'number', default: 0.9 },
  rounds: { type: 'number', default: 15, describe: 'Samples of each variant, interleaved' },
});
checkBeginnings('--nets', args.nets.split(','), Object.keys(nets));
const batches = readNumbers('batches', args.batches, 'batch');
const { message, onStock } = await stockKernels();

/** A sample is the mean of as many predictions as take some 20 ms. */
const sampleMs = 20;
const warmUps = 30;
/** Not timed: V8 compiles for some thousand predictions. */
const warmSamples = 75;

const plainly = <T>(body: () => Promise<T>) => body();

console.log(
  `${message}\n${cpus()[0]?.model.trim()}, node ${process.version}, tfjs ${tf.version.tfjs}, median of ${args.rounds}\n`,
);
console.log('network             batch     tfjs  ours, dense   sparse  times tfjs  times dense');
for (const [name, net] of netsNamed(args.nets)) {
  const plain = net.build();
  const pruned = sparsify(plain, { execution: 'sparse' });
  prune(pruned, unstructured(args.sparsity));
  for (const batch of batches) {
    const xs = tf.randomNormal([batch, ...net.batch.slice(1)], 0, 1, 'float32', 3);
    const variants = [
      { model: plain, within: onStock },
      { model: plain, within: plainly },
      { model: pruned, within: plainly },
    ].map((variant) => ({ ...variant, cpuMs: [] as number[], times: 1 }));
    const predict = ({ model, within }: (typeof variants)[number], times: number) =>
      within(async () => {
        for (let i = 0; i < times; i++) tf.tidy(() => (model.predict(xs, { batchSize: batch }) as tf.Tensor).dataSync());
      });
    for (const variant of variants) {
      await predict(variant, 2);
      const begin = performance.now();
      await predict(variant, warmUps);
      variant.times = Math.ceil((sampleMs * warmUps) / (performance.now() - begin));
      await predict(variant, warmSamples * variant.times);
    }
    for (let round = 0; round < args.rounds; round++) {
      for (const variant of variants) {
        const before = process.cpuUsage();
        await predict(variant, variant.times);
        variant.cpuMs.push(cpuMsSince(before) / variant.times);
      }
    }
    const [stock, dense, sparse] = variants.map(({ cpuMs }) => median(cpuMs));
    const cells = [
      ...[name.padEnd(19), String(batch).padStart(5), stock.toFixed(2).padStart(8), dense.toFixed(2).padStart(12)],
      ...[sparse.toFixed(2).padStart(8), (stock / sparse).toFixed(2).padStart(11), (dense / sparse).toFixed(2).padStart(12)],
    ];
    console.log(cells.join(' '));
    xs.dispose();
  }
  pruned.dispose();
  plain.dispose();
}
