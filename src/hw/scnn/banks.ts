import type { PlaneAxis } from './plane-axis.js';

/** What {@link outputHashes} says of a difference that meets no output; the flags of both axes differ, so that they never cancel. */
const outside = [64, 128] as const;

/** Share of a filter in the accumulator bank of its partial sums, which is those of filter, row and column, xor-ed, modulo the banks. */
export function filterHash(filter: number): number {
  return ((filter & 4) << 2) | (filter & 3);
}

/** Share of an output coordinate in the bank: of the row (`axis` 1) or the column (`axis` 2). */
export function outputHash(output: number, axis: number): number {
  return ((output & 2) << 3) | ((output & 1) << (axis === 1 ? 3 : 2));
}

/** Share of the output in the bank by position - offset + firstDifference, or a flag above all banks where there is no output. */
export function outputHashes({ outputOf }: PlaneAxis, axis: number): Uint8Array {
  return Uint8Array.from(outputOf, (output) => (output < 0 ? outside[axis - 1] : outputHash(output, axis)));
}
