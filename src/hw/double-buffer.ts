/** One fold of a work: its compute time, and what it loads before and stores after. */
export interface Fold {
  readonly computeCycles: number;
  readonly loadBytes: number;
  readonly storeBytes: number;
}

/**
 * Cycles of folds that run one after another behind double buffers: while a fold computes, the next one is loaded and the last one
 * stored. Only the first load and the last store are exposed.
 *
 * cycles = load(0) + sum over i of max(compute(i), load(i + 1) + store(i - 1)) + store(last), each transfer at `bytesPerCycle`.
 */
export function doubleBuffered(folds: Iterable<Fold>, bytesPerCycle: number): number {
  const transfer = (bytes: number) => Math.ceil(bytes / bytesPerCycle - 1e-9); // tile shares of a tensor are not exact in binary
  let cycles = 0;
  let computing = 0;
  let stored = 0;
  let toStore = 0;
  for (const { computeCycles, loadBytes, storeBytes } of folds) {
    cycles += Math.max(computing, transfer(loadBytes + stored));
    stored = toStore;
    toStore = storeBytes;
    computing = computeCycles;
  }
  return cycles + Math.max(computing, transfer(stored)) + transfer(toStore);
}
