import * as tf from '@tensorflow/tfjs';
import { registerTrainingKernels, type UseBackendOptions, useBackend } from 'tfjs-sparsity/ops';

/**
 * The wasm backend with our kernels, and a way to run on tfjs's own, as far as it has them (it has none for the gradient of a filter: ours
 * stands in). Saved tensors are then copied again, too: all of tfjs as it comes.
 */
export async function stockKernels(
  options: Pick<UseBackendOptions, 'simd' | 'threads'> = {},
): Promise<{ message: string; onStock<T>(body: () => Promise<T>): Promise<T> }> {
  await import('@tensorflow/tfjs-backend-wasm');
  const before = new Map((tf.getKernelsForBackend('wasm') ?? []).map((config) => [config.kernelName, config]));
  let message = '';
  await useBackend('wasm', {
    ...options,
    log: (line) => {
      message = line;
    },
  });
  const { registered } = registerTrainingKernels();
  const own = registered.flatMap((name) => before.get(name) ?? []);
  const swap = (configs: readonly tf.KernelConfig[]): tf.KernelConfig[] =>
    configs.map((config) => {
      const replaced = tf.getKernel(config.kernelName, 'wasm');
      tf.unregisterKernel(config.kernelName, 'wasm');
      tf.registerKernel(config);
      return replaced;
    });
  return {
    message,
    async onStock(body) {
      const ours = swap(own);
      try {
        return await body();
      } finally {
        swap(ours);
      }
    },
  };
}
