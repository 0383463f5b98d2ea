/**
 * What pruned networks take in a file: tfjs's own files, these through gzip, and sparse files, at 90 % unstructured, 2:8 and 2:4 in all
 * kernels, float32 and float16. The weights are those of a fresh network, pruned by magnitude: sizes hang on the mask, gzip's a little on the
 * values.
 *
 *     npm run bench:files
 */
import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { prunableKernels, type SparseFileSize, sparseFileSize, sparsify, useBackend } from 'tfjs-sparsity/ops';
import { nm, type Pattern, unstructured } from 'tfjs-sparsity/pruning';
import { percent } from '../examples/lib/format.js';
import { buildModel, type ModelName } from '../examples/lib/models.js';
import { readFlags } from './read-flags.js';

await readFlags({});

const patterns: readonly (readonly [name: string, pattern: Pattern])[] = [
  ['90 % unstructured', unstructured()],
  ['2:8', nm({ n: 2, m: 8 })],
  ['2:4', nm({ n: 2, m: 4 })],
];

/** A network whose kernels obey a pattern. */
function pruned(net: ModelName, pattern: Pattern): tf.LayersModel {
  const imageShape = net === 'lenet5' ? ([28, 28, 1] as const) : ([32, 32, 3] as const);
  const dense = buildModel(net, { imageShape, classes: 10 }, 1);
  const model = sparsify(dense);
  dense.dispose();
  // Zero at the start, but not in a trained network.
  const rng = createRng(1);
  for (const weight of model.weights.filter(({ shape }) => shape.length === 1)) {
    const values = Float32Array.from({ length: weight.shape[0] as number }, () => 0.1 * rng.normal());
    tf.tidy(() => void weight.write(tf.tensor1d(values)));
  }
  for (const kernel of prunableKernels(model)) {
    const mask = pattern(kernel.readKernel().map(Math.abs), kernel.info, 0.9);
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  }
  return model;
}

const share = ({ denseBytes }: SparseFileSize, bytes: number) =>
  `${bytes.toLocaleString('en')} (${percent(bytes / denseBytes, 1)})`;

await useBackend('cpu');
console.log('| network | zeros | dense, bytes | gzip | sparse file | gzip | float16 | gzip | float16, largest error |');
console.log('|---|---|---:|---:|---:|---:|---:|---:|---:|');
let tables = '';
for (const net of ['lenet5', 'vgg-small'] as const satisfies readonly ModelName[]) {
  for (const [name, pattern] of patterns) {
    const model = pruned(net, pattern);
    const size = await sparseFileSize(model);
    const half = await sparseFileSize(model, { values: 'float16' });
    model.dispose();
    const all = [size.gzipBytes, size.sparseBytes, size.sparseGzipBytes, half.sparseBytes, half.sparseGzipBytes];
    const sizes = all.map((bytes) => share(size, bytes as number));
    const error = Math.max(...half.tensors.map(({ maxError }) => maxError)).toPrecision(2);
    console.log(`| ${net} | ${name} | ${size.denseBytes.toLocaleString('en')} | ${sizes.join(' | ')} | ${error} |`);
    tables += `\n${net}, ${name}\n${size.toTable()}\n`;
  }
}
console.log(tables);
