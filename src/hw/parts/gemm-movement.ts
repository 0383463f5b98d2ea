import { sizeOf } from '../bits.js';
import type { GemmWork, Role } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { fetchedBytes } from './buffers.js';
import type { Movement } from './total-work.js';

/** Bytes of the tensors of a GEMM work, as they are stored off chip. */
export interface StoredBytes {
  readonly inputBytes: number;
  readonly kernelBytes: number;
  readonly outputBytes: number;
}

/**
 * Off-chip traffic of a GEMM work whose operands and outputs each have a buffer of `bufferBytes`: what fits is read once. Of two operands
 * that do not, one is read once, and the other once per bufferful of it or, as the reduction can be cut while its partial sums stay on the
 * chip, per bufferful of outputs: in the cheapest order. Groups come one after another, as an operand meets only those of its own.
 * Outputs leave once.
 */
export function gemmMovement(
  work: GemmWork,
  { inputBytes, kernelBytes, outputBytes }: StoredBytes,
  bufferBytes: number,
): Movement {
  const tilesOf = (bytes: number) => Math.max(1, Math.ceil(bytes / work.nest.groups / bufferBytes));
  const tiled = (bytes: number) => ({ bytes, tiles: Math.min(tilesOf(bytes), tilesOf(outputBytes)) });
  const { firstBytes, secondBytes } = fetchedBytes(tiled(inputBytes), tiled(kernelBytes));
  const byRole = { W: 0, A: 0, E: 0, G: 0 };
  byRole[work.input.role] += firstBytes;
  byRole[work.kernel.role] += secondBytes;
  byRole[outputRole(work)] += outputBytes;
  return {
    loadBytes: firstBytes + secondBytes,
    storeBytes: outputBytes,
    bytesOnce: inputBytes + kernelBytes + outputBytes,
    byRole,
  };
}

/** The tensor that a GEMM work's output is: forward A of the next layer, back E of the layer before, G in a weight gradient. */
export function outputRole({ phase }: GemmWork): Role {
  return ({ forward: 'A', inputGradient: 'E', weightGradient: 'G' } as const)[phase];
}

/** Elements of a GEMM work's output tensor over the whole batch, wanted or not. */
export function outputElements({ nest, phase, imageScale }: GemmWork): number {
  const images = nest.batch * imageScale;
  switch (nestPhase(nest, phase)) {
    case 'forward':
      return images * sizeOf(nest.outSize) * nest.outChannels;
    case 'inputGradient':
      return images * sizeOf(nest.inSize) * nest.inChannels;
    case 'weightGradient':
      return (sizeOf(nest.kernelSize) * nest.inChannels * nest.outChannels) / nest.groups;
  }
}
