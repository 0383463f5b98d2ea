import { SparsityError } from '../../errors.js';
import type { LayerMasks } from '../contracts.js';

/** A mask of a layer; null keeps all weights. */
export type Mask = LayerMasks['forward'];

/** What two masks of one kernel have in common. */
export interface MaskComparison {
  /** Weights that both keep. */
  readonly both: number;
  /** Weights that one of them keeps, or both. */
  readonly either: number;
}

/**
 * Counts what two masks keep together.
 *
 * @param weights size of the kernel; two masks that keep all do not tell it.
 * @throws SparsityError for masks of another size.
 */
export function compareMasks(some: Mask, others: Mask, weights: number): MaskComparison {
  for (const mask of [some, others]) {
    if (!mask || mask.length === weights) continue;
    const expected = `${weights}, as many as the kernel has weights`;
    throw new SparsityError({ what: 'size of a mask', got: mask.length, expected, fix: 'compare masks of one kernel' });
  }
  if (!some || !others) return { both: keptIn(some ?? others, weights), either: weights };
  let [both, either] = [0, 0];
  for (let i = 0; i < weights; i++) {
    both += some[i] & others[i];
    either += some[i] | others[i];
  }
  return { both, either };
}

/** How many weights two masks tell about. */
export function sizeOf(some: Mask, others: Mask): number {
  return (some ?? others)?.length ?? 0;
}

/** How many of so many weights a mask keeps. */
export function keptIn(mask: Mask, weights: number): number {
  return mask ? mask.reduce((sum, bit) => sum + bit, 0) : weights;
}
