import { countBits, sizeOf } from '../bits.js';
import type { GemmWork, PhaseWork, Role, UpdateWork } from '../contracts.js';
import { gemmShapes } from '../gemm-shapes.js';
import { outputElements } from '../parts/gemm-movement.js';

/** Bytes by tensor. */
export type BytesByRole = Readonly<Record<Role, number>>;

/** What a dense GPU kernel does for a work. */
export interface DenseKernel {
  /** Multiply-accumulates, products with the padding included, over the whole batch. */
  readonly macs: number;
  /** Each tensor once, dense. */
  readonly bytes: BytesByRole;
}

/** A GEMM is multiplied whole; an update moves W, G and the slots, and its arithmetic is as nothing beside that. */
export function denseKernel(work: PhaseWork, bytesPerValue: number): DenseKernel {
  return work.kind === 'gemm' ? gemmKernel(work, bytesPerValue) : updateKernel(work, bytesPerValue);
}

function gemmKernel(work: GemmWork, bytesPerValue: number): DenseKernel {
  const { nest, phase, imageScale, input, kernel } = work;
  const shapes = gemmShapes({ ...nest, batch: Math.round(nest.batch * imageScale) }, phase);
  const bytes = { W: 0, A: 0, E: 0, G: 0 };
  for (const { role, nonzeros } of [input, kernel]) {
    bytes[role] += sizeOf(nonzeros.shape) * (role === 'W' ? 1 : imageScale) * bytesPerValue;
  }
  bytes[outputRole(work)] += outputElements(work) * bytesPerValue;
  return { macs: shapes.reduce((sum, { m, n, k, groups }) => sum + m * n * k * groups, 0), bytes };
}

function updateKernel({ weights, slots }: UpdateWork, bytesPerValue: number): DenseKernel {
  const values = sizeOf(weights.nonzeros.shape) * bytesPerValue;
  return { macs: 0, bytes: { W: values * (2 + 2 * slots), A: 0, E: 0, G: values } };
}

/** The tensor that a GEMM makes. */
export function outputRole({ phase }: GemmWork): Role {
  return ({ forward: 'A', inputGradient: 'E', weightGradient: 'G' } as const)[phase];
}

/** Share of non-zeros. */
export function densityOf({ nonzeros }: { readonly nonzeros: GemmWork['input']['nonzeros'] }): number {
  return countBits(nonzeros) / sizeOf(nonzeros.shape);
}
