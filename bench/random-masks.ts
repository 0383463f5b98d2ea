import type * as tf from '@tensorflow/tfjs';
import { createRng, type Rng } from 'tfjs-sparsity';
import { prunableKernels } from 'tfjs-sparsity/ops';
import type { KernelInfo } from 'tfjs-sparsity/pruning';

/** Puts masks that `draw` makes in force, for all kernels but the first convolution's and the last layer's. */
export function prune(model: tf.LayersModel, draw: (info: KernelInfo, rng: Rng) => Uint8Array): void {
  const kernels = prunableKernels(model);
  kernels.forEach((kernel, i) => {
    if (i === kernels.length - 1 || (i === 0 && kernel.info.kind === 'conv2d')) return;
    const mask = draw(kernel.info, createRng(`bench/${i}`));
    kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
  });
}

/** Weights of a kernel. */
export const sizeOf = ({ shape }: KernelInfo) => shape.reduce((a, b) => a * b, 1);

/** Weights at random places. */
export const unstructured = (sparsity: number) => (info: KernelInfo, rng: Rng) =>
  Uint8Array.from({ length: sizeOf(info) }, () => (rng.uniform() < sparsity ? 0 : 1));
