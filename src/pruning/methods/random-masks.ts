import type { Rng } from '../../rng.js';
import type { Allocation, KernelState } from '../contracts.js';
import { unstructured } from '../patterns/unstructured.js';

/** A random number for each weight of a kernel: they follow from the update and the name of the layer. */
export function drawsFor({ info, weights }: KernelState, rng: Rng): Float32Array {
  const layer = rng.fork(info.name);
  return Float32Array.from(weights, () => layer.uniform());
}

/** Random masks at the sparsities that an allocation gives to the layers; of 1, which no pattern is asked for, empty ones. */
export function randomMasks(
  kernels: readonly KernelState[],
  sparsity: number,
  allocation: Allocation,
  rng: Rng,
): readonly Uint8Array[] {
  const scored = kernels.map((kernel) => ({ info: kernel.info, scores: drawsFor(kernel, rng) }));
  const sparsities = allocation(scored, sparsity);
  return scored.map(({ info, scores }, layer) =>
    sparsities[layer] >= 1 ? new Uint8Array(scores.length) : unstructured()(scores, info, sparsities[layer]),
  );
}
