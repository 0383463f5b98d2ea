import { sizeOf } from '../bits.js';
import type { GemmWork, PhaseWork, Role, UpdateWork } from '../contracts.js';
import { gemmShapes } from '../gemm-shapes.js';
import { outputElements, outputRole } from '../parts/gemm-movement.js';

/** What a GPU kernel does for a work. */
export interface Kernel {
  /** Multiply-accumulates over the whole batch, products with the padding included. */
  readonly macs: number;
  /** Each tensor once, as it is stored. */
  readonly bytes: Readonly<Record<Role, number>>;
}

/** A GEMM is multiplied whole; an update moves W, G and the slots, and its arithmetic is as nothing beside that. */
export function denseKernel(work: PhaseWork, bytesPerValue: number): Kernel {
  return work.kind === 'gemm' ? gemmKernel(work, bytesPerValue) : updateKernel(work, bytesPerValue);
}

function gemmKernel(work: GemmWork, bytesPerValue: number): Kernel {
  const { imageScale, input, kernel } = work;
  const bytes = { W: 0, A: 0, E: 0, G: 0 };
  for (const { role, nonzeros } of [input, kernel]) {
    bytes[role] += sizeOf(nonzeros.shape) * (role === 'W' ? 1 : imageScale) * bytesPerValue;
  }
  bytes[outputRole(work)] += outputElements(work) * bytesPerValue;
  return { macs: gemmMacs(work, (k) => k), bytes };
}

/** Multiply-accumulates over the whole batch when `reductionOf(k)` of k reduction indices are multiplied. */
export function gemmMacs({ nest, phase, imageScale }: GemmWork, reductionOf: (k: number) => number): number {
  const shapes = gemmShapes({ ...nest, batch: Math.round(nest.batch * imageScale) }, phase);
  return shapes.reduce((sum, { m, n, k, groups }) => sum + m * n * reductionOf(k) * groups, 0);
}

function updateKernel({ weights, slots }: UpdateWork, bytesPerValue: number): Kernel {
  const values = sizeOf(weights.nonzeros.shape) * bytesPerValue;
  return { macs: 0, bytes: { W: values * (2 + 2 * slots), A: 0, E: 0, G: values } };
}
