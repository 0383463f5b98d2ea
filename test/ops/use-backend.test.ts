import * as tf from '@tensorflow/tfjs';
import { SparsityError } from 'tfjs-sparsity';
import { registerTrainingKernels, useBackend } from 'tfjs-sparsity/ops';
import { afterEach, expect, it } from 'vitest';
import { checkTfjsVersion } from '../../src/ops/use-backend.js';
import { backend } from '../support/backend.js';

afterEach(() => tf.setBackend(backend));

const native = await import('@tensorflow/tfjs-node' as string).then(
  () => true,
  () => false,
);

it('chooses wasm for sparse execution and says so in one line', async () => {
  const lines: string[] = [];
  expect(await useBackend('auto', { log: (line) => lines.push(line) })).toBe('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(lines).toEqual(['backend wasm, with the gradient kernels for training, relaxed SIMD (tfjs 4.22.0)']);
});

it('takes the strict kernels when asked for, and says so', async () => {
  const lines: string[] = [];
  await useBackend('wasm', { simd: 'strict', log: (line) => lines.push(line) });
  expect(lines).toEqual(['backend wasm, with the gradient kernels for training, strict SIMD (tfjs 4.22.0)']);
  expect(registerTrainingKernels().build).toBe('strict');
  await useBackend('wasm', { log: () => undefined });
  expect(registerTrainingKernels().build).toBe('relaxed');
});

it('makes a convolution trainable on wasm, also when called twice', async () => {
  await useBackend('wasm', { log: () => undefined });
  await useBackend('wasm', { log: () => undefined });
  const gradient = tf.grad((w: tf.Tensor) => tf.conv2d(tf.ones([1, 3, 3, 1]) as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid').sum())(
    tf.ones([2, 2, 1, 1]),
  );
  expect(Array.from(gradient.dataSync())).toEqual([4, 4, 4, 4]);
});

it('keeps tfjs from its threaded binary, which a cross-origin isolated page would get and never answers there', async () => {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', true);
  await useBackend('wasm', { log: () => undefined });
  expect(tf.env().getBool('WASM_HAS_MULTITHREAD_SUPPORT')).toBe(false);
});

it('takes tfjs-node for dense execution when it loads, else wasm, and says why', async () => {
  const lines: string[] = [];
  const chosen = await useBackend('auto', { execution: 'dense', log: (line) => lines.push(line) });
  expect(chosen).toBe(native ? 'tensorflow' : 'wasm');
  expect(lines).toHaveLength(1);
  if (!native) expect(lines[0]).toContain('tensorflow did not load: ');
});

it('takes cpu when asked for', async () => {
  const lines: string[] = [];
  expect(await useBackend('cpu', { log: (line) => lines.push(line) })).toBe('cpu');
  expect(tf.getBackend()).toBe('cpu');
  expect(lines).toEqual(['backend cpu, plain JavaScript: slow (tfjs 4.22.0)']);
});

it('loads tfjs-node when asked for, or says how to get it', async () => {
  if (native) expect(await useBackend('tensorflow', { log: () => undefined })).toBe('tensorflow');
  else await expect(useBackend('tensorflow')).rejects.toThrow(/backend tensorflow: got .*npm run setup:tfjs-node/);
});

it.each([
  ['wsm', {}, /^backend: got wsm, expected one of auto, wasm, tensorflow, cpu\. Did you mean wasm/],
  ['toString', {}, /^backend: got toString/],
  [
    'webgl',
    {},
    /^backend: got webgl, expected one of auto, wasm.* on wasm only\. Call useBackend\('wasm'\), or tf\.setBackend\('webgl'\)/,
  ],
  ['webgpu', {}, /tf\.setBackend\('webgpu'\)/],
  ['auto', { execution: 'sparce' }, /^useBackend\.execution: got sparce, expected one of dense, sparse\. Did you mean sparse/],
  ['auto', { simd: 'relaxd' }, /^useBackend\.simd: got relaxd, expected one of auto, strict, relaxed\. Did you mean relaxed/],
  [
    'auto',
    { logs: () => {} },
    /^option of useBackend: got logs, expected one of execution, simd, threads, log\. Did you mean log/,
  ],
])('refuses %s %o', async (name, options, message) => {
  await expect(useBackend(name as 'auto', options as object)).rejects.toThrow(SparsityError);
  await expect(useBackend(name as 'auto', options as object)).rejects.toThrow(message);
});

it.each(['4.21.0', '4.23.0', '5.0.0', '14.22.0'])('refuses tfjs %s', (version) => {
  expect(() => checkTfjsVersion(version)).toThrow(`version of @tensorflow/tfjs: got ${version}, expected 4.22.x`);
});

it('accepts the tfjs it was tested with', () => {
  expect(() => checkTfjsVersion(tf.version.tfjs)).not.toThrow();
});
