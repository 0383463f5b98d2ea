import * as tf from '@tensorflow/tfjs';
import { maskedConv2d, maskedDense } from 'tfjs-sparsity/ops';
import type { KernelState, LayerMasks, PruningMethod } from 'tfjs-sparsity/pruning';
import { createRng } from '../../src/rng.js';

/** A small network of masked layers on 6x6 images, the same at each call. */
export function tinyModel(optimizer: tf.Optimizer | string = 'sgd'): tf.Sequential {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  const model = tf.sequential({
    layers: [
      maskedConv2d({ name: 'conv', filters: 4, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 2], ...initializer(1) }),
      tf.layers.flatten(),
      maskedDense({ name: 'hidden', units: 8, activation: 'relu', ...initializer(2) }),
      maskedDense({ name: 'head', units: 3, activation: 'softmax', ...initializer(3) }),
    ],
  });
  model.compile({ optimizer: optimizer as tf.Optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Images with a class that depends on them. */
export function tinyData(count = 16): { xs: tf.Tensor4D; ys: tf.Tensor2D } {
  const rng = createRng('tiny data');
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const pixels = Float32Array.from({ length: count * 72 }, (_, i) => rng.normal() + (labels[Math.floor(i / 72)] as number));
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 3).mul(1) as tf.Tensor2D);
  return { xs: tf.tensor4d(pixels, [count, 6, 6, 2]), ys };
}

/** A method for tests: keeps random weights, other ones at each update. Records when it was asked. */
export function randomMethod(options: Partial<PruningMethod> & { gradient?: boolean; backward?: boolean } = {}) {
  const asked: { step: number; sparsity: number; hadMasks: boolean }[] = [];
  const { gradient = true, backward = false, ...overrides } = options;
  const method: PruningMethod = {
    name: 'random',
    pruned: 'zero',
    slots: 'zero',
    schedule: (step) => ({ sparsity: 0.5, update: step % 2 === 0 }),
    decay: 0,
    config: { name: 'random', finalSparsity: 0.5 },
    skip: () => undefined,
    updateMasks(kernels: readonly KernelState[], { step, sparsity, rng }): LayerMasks[] {
      asked.push({ step, sparsity, hadMasks: kernels.some(({ masks }) => masks?.forward) });
      const draw = (size: number) => Uint8Array.from({ length: size }, () => (rng.uniform() < sparsity ? 0 : 1));
      return kernels.map(({ weights }) => {
        const forward = draw(weights.length);
        return { forward, backward: backward ? draw(weights.length) : forward, gradient: gradient ? forward : null };
      });
    },
    ...overrides,
  };
  return { method, asked };
}
