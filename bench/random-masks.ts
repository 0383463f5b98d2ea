import type * as tf from '@tensorflow/tfjs';
import { createRng, type Rng } from 'tfjs-sparsity';
import { prunableKernels } from 'tfjs-sparsity/ops';
import type { KernelInfo } from 'tfjs-sparsity/pruning';

type Draw = (info: KernelInfo, rng: Rng) => Uint8Array;

/** Puts masks that `draw` makes in force, for all kernels but the first convolution's and the last layer's. */
export function prune(model: tf.LayersModel, draw: Draw): void {
  masksFor(model, draw, 'bench').putInForce();
}

/** What puts other masks in force at each call, two sets in turn, as a pruning callback does at an update. */
export function updates(model: tf.LayersModel, draw: Draw): () => void {
  const sets = ['bench/next', 'bench'].map((seed) => masksFor(model, draw, seed));
  let made = 0;
  return () => sets[made++ % sets.length].putInForce();
}

function masksFor(model: tf.LayersModel, draw: Draw, seed: string) {
  const kernels = prunableKernels(model);
  const masked = kernels.flatMap((kernel, i) => {
    if (i === kernels.length - 1 || (i === 0 && kernel.info.kind === 'conv2d')) return [];
    return [{ kernel, mask: draw(kernel.info, createRng(`${seed}/${i}`)) }];
  });
  return {
    putInForce() {
      for (const { kernel, mask } of masked) {
        const masks = { forward: mask, backward: mask, gradient: mask };
        kernel.repack(masks, { pruned: 'zero', slots: 'zero', decay: 0 }, model.optimizer);
      }
    },
  };
}

/** Weights of a kernel. */
export const sizeOf = ({ shape }: KernelInfo) => shape.reduce((a, b) => a * b, 1);

/** Weights at random places. */
export const unstructured = (sparsity: number) => (info: KernelInfo, rng: Rng) =>
  Uint8Array.from({ length: sizeOf(info) }, () => (rng.uniform() < sparsity ? 0 : 1));
