import { sizeOf } from '../hw/bits.js';
import { countOnes } from '../kernels/index.js';
import type { PrunableKernel } from '../ops/index.js';

/** Sparsity of one kernel. */
export interface LayerSparsityRow {
  readonly layer: string;
  /** Elements of the kernel. */
  readonly weights: number;
  /** Elements that the forward mask keeps. */
  readonly kept: number;
  /** 1 - kept / weights. */
  readonly sparsity: number;
  /** Why the method leaves this kernel alone. */
  readonly skipped?: string;
}

/** A kernel that a method leaves as it is, and why. */
export interface PruningSkip {
  readonly layer: string;
  readonly reason: string;
}

/** A row for each kernel. */
export function layerSparsity(kernels: readonly PrunableKernel[], skips: readonly PruningSkip[]): LayerSparsityRow[] {
  return kernels.map(({ info, masks }) => {
    const weights = sizeOf(info.shape);
    const kept = masks.forward ? countOnes(masks.forward) : weights;
    const skipped = skips.find(({ layer }) => layer === info.name)?.reason;
    return { layer: info.name, weights, kept, sparsity: 1 - kept / weights, ...(skipped ? { skipped } : {}) };
  });
}

/** Fraction of zeros in all kernels together. */
export function overallSparsity(rows: readonly LayerSparsityRow[]): number {
  const total = (of: 'kept' | 'weights') => rows.reduce((sum, row) => sum + row[of], 0);
  return 1 - total('kept') / total('weights');
}
