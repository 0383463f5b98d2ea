import { sizeOf } from '../bits.js';
import type { GemmWork, LoopNest } from '../contracts.js';
import { nestPhase } from '../nest-axes.js';
import { gatherLineWork } from './gather-work.js';
import { gradientLineWork } from './gradient-work.js';
import { matrixLineWork } from './matrix-work.js';
import { lineMaps } from './partners.js';

/**
 * What each unit of a work takes. A unit is a *line* (a row of the output map, of one image; in the weight gradient a row of the input
 * map, which 001 splits) under one *kernel* (output channel of the phase). All arrays of units are [kernel][row][image].
 *
 * A *row pair* is a row of a kernel (its weights of one channel and one tap row) and the row of the map that it slides over; it counts
 * where neither is empty and, in a weight gradient, some output of it is wanted. In a dense layer rows are pieces of 256 features.
 */
export interface LineWork {
  readonly kernels: number;
  /** Rows of a map of lines, depth and height together. */
  readonly rows: number;
  /** Images present, and how many images of the real batch each stands for. */
  readonly images: number;
  readonly copies: number;
  /** Products of which both factors are non-zero and whose output is wanted. */
  readonly products: Uint32Array;
  readonly rowPairs: Uint32Array;
  /** Batches of `multipliers` products when no two row pairs share one; a pair without products passes in one, too. */
  readonly pairBatches: Uint32Array;
  /** Non-zeros of the map that lie under the windows of a line, [row][image] (Eq. 12 of 001, with columns treated alike) ... */
  readonly covered: Float64Array;
  /** ... and how many there would be without zeros. */
  readonly coveredDense: Float64Array;
}

/** Features of a dense layer in a row: what 8-bit column indices address (ledger 1.2.2). */
export const featuresPerRow = 256;

/** Whether the nest is that of a dense layer: maps and kernel of one pixel, no padding, all channels together. */
export function isDenseLayer({ inSize, outSize, kernelSize, padBefore, groups }: LoopNest): boolean {
  return sizeOf(inSize) * sizeOf(outSize) * sizeOf(kernelSize) * groups === 1 && padBefore.every((pad) => pad === 0);
}

const known = new WeakMap<GemmWork, Map<number, LineWork>>(); // counted once per work, however many accelerators ask

/** The units of a work, from the positions of its non-zeros. Sampled images stand for a whole number of images each. */
export function lineWork(work: GemmWork, multipliers: number): LineWork {
  const ofWork = known.get(work) ?? new Map<number, LineWork>();
  const units = ofWork.get(multipliers) ?? countLineWork(work, multipliers);
  known.set(work, ofWork.set(multipliers, units));
  return units;
}

function countLineWork(work: GemmWork, multipliers: number): LineWork {
  const { nest } = work;
  if (isDenseLayer(nest)) return matrixLineWork(work, multipliers);
  if (nestPhase(nest, work.phase) === 'weightGradient') return gradientLineWork(work, multipliers);
  return gatherLineWork(work, multipliers);
}

/** The lines of a work before their units are counted. */
export function linesOf(
  { nest, phase, imageScale }: GemmWork,
  kernels: number,
): Omit<LineWork, 'products' | 'rowPairs' | 'pairBatches'> {
  const { target } = lineMaps(nest, phase);
  const rows = target[0] * target[1];
  const lines = rows * nest.batch;
  return {
    kernels,
    rows,
    images: nest.batch,
    copies: imageScale,
    covered: new Float64Array(lines),
    coveredDense: new Float64Array(lines),
  };
}
