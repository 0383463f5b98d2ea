import type { Rng } from '../../rng.js';
import type { Allocation, KernelState, Pattern } from '../contracts.js';
import { unstructured } from '../patterns/unstructured.js';

/** A random number for each weight of the kernel that is `index`th: they follow from the update and its place, as names may change on resume. */
export function drawsFor({ weights }: KernelState, rng: Rng, index: number): Float32Array {
  const layer = rng.fork(`${index}`);
  return Float32Array.from(weights, () => layer.uniform());
}

/** Random masks at the sparsities that an allocation gives to the layers; of 1, which no pattern is asked for, empty ones. */
export function randomMasks(
  kernels: readonly KernelState[],
  sparsity: number,
  allocation: Allocation,
  rng: Rng,
  pattern: Pattern = unstructured(),
): readonly Uint8Array[] {
  const scored = kernels.map((kernel, i) => ({ info: kernel.info, scores: drawsFor(kernel, rng, i) }));
  const sparsities = allocation(scored, sparsity);
  return scored.map(({ info, scores }, layer) =>
    sparsities[layer] >= 1 ? new Uint8Array(scores.length) : pattern(scores, info, sparsities[layer]),
  );
}
