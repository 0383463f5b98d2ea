import { countBits, sizeOf } from '../bits.js';
import type { UpdateWork } from '../contracts.js';
import type { Movement } from './total-work.js';

/** Whether an update keeps a dense master: weights that are zero without a mask have values elsewhere. */
export function hasDenseMaster({ weights, masked }: UpdateWork): boolean {
  return !masked && countBits(weights.nonzeros) < sizeOf(weights.nonzeros.shape);
}

/**
 * Off-chip traffic of a weight update: weights, slots and gradients come in, weights and slots go out; with a mask those of the pattern
 * only. Of a dense master both leave, it and what the next step multiplies.
 *
 * @param storedBytes of the weights as the next step reads them.
 */
export function updateMovement(work: UpdateWork, storedBytes: number, bytesPerValue: number): Movement {
  const { weights, slots, masked } = work;
  const values = (masked ? countBits(weights.nonzeros) : sizeOf(weights.nonzeros.shape)) * bytesPerValue;
  const read = values * slots + (masked ? storedBytes : values);
  const written = read + (hasDenseMaster(work) ? storedBytes : 0);
  return {
    loadBytes: read + values,
    storeBytes: written,
    bytesOnce: read + written + values,
    byRole: { W: read + written, A: 0, E: 0, G: values },
  };
}
