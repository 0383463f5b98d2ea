/**
 * Cycles of a work that is cut into equal pieces behind double buffers: while one piece is computed, the next is moved. The longer of
 * the two sums is seen whole, and of the other one piece: max(compute, transfer) + ceil(min(compute, transfer) / pieces). It never
 * falls when either sum grows, so that a mode with less of both is never the slower one.
 */
export function overlapped(computeCycles: number, transferCycles: number, pieces: number): number {
  return Math.max(computeCycles, transferCycles) + Math.ceil(Math.min(computeCycles, transferCycles) / pieces);
}
