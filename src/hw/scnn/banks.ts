import type { PlaneAxis } from './plane-axis.js';

/** What {@link outputHashes} says of a difference that meets no output; the flags of both axes differ, so that they never cancel. */
const outside = [64, 128] as const;

/** Share of a filter in the bank of its partial sums. */
export function filterHash(filter: number): number {
  return ((filter & 4) << 2) | (filter & 3);
}

/** Share of an output coordinate in the bank: of the row (`axis` 1) or the column (`axis` 2). */
export function outputHash(output: number, axis: number): number {
  return ((output & 2) << 3) | ((output & 1) << (axis === 1 ? 3 : 2));
}

/** Accumulator bank of a partial sum: the shares of filter, row and column, xor-ed, modulo the banks. */
export function bankOf(filter: number, row: number, column: number, banks: number): number {
  return (filterHash(filter) ^ outputHash(row, 1) ^ outputHash(column, 2)) % banks;
}

/** Share of the output in the bank by position - offset + firstDifference, or a flag above all banks where there is no output. */
export function outputHashes({ outputOf }: PlaneAxis, axis: number): Uint8Array {
  return Uint8Array.from(outputOf, (output) => (output < 0 ? outside[axis - 1] : outputHash(output, axis)));
}
