import { SparsityError } from '../../errors.js';
import { checkAmount, checkPositive } from './checks.js';

/** One fold of a work: its compute time, and what it loads before and stores after. */
export interface Fold {
  readonly computeCycles: number;
  readonly loadBytes: number;
  readonly storeBytes: number;
}

/**
 * Cycles to move bytes over a memory interface, rounded up.
 *
 * @throws SparsityError when the bytes are not a number of at least 0, or the bandwidth is not above 0.
 * @example
 * ```ts
 * transferCycles(100, 64); // 2
 * ```
 */
export function transferCycles(bytes: number, bytesPerCycle: number): number {
  checkAmount('bytes to move', bytes);
  if (bytesPerCycle > 0) return Math.ceil(bytes / bytesPerCycle - 1e-9); // tile shares of a tensor are not exact in binary
  throw new SparsityError({
    what: 'bandwidth of the memory in bytes per cycle',
    got: bytesPerCycle,
    expected: 'above 0',
    fix: 'pass 64 for 64 GB/s at 1 GHz',
  });
}

/**
 * Cycles of folds that run one after another behind double buffers: while a fold computes, the next one is loaded and the last
 * one stored. Only the first load and the last store are exposed.
 *
 * cycles = load(0) + sum over i of max(compute(i), load(i + 1) + store(i - 1)) + store(last), each transfer at `bytesPerCycle`.
 *
 * @throws SparsityError when cycles or bytes of a fold are not numbers of at least 0, or the bandwidth is not above 0.
 * @example
 * ```ts
 * const fold = {computeCycles: 10, loadBytes: 640, storeBytes: 64};
 * doubleBuffered([fold, fold], 64); // 31: 10 + max(10, 10) + max(10, 1) + 1
 * ```
 */
export function doubleBuffered(folds: Iterable<Fold>, bytesPerCycle: number): number {
  let cycles = 0;
  let computing = 0;
  let stored = 0;
  let toStore = 0;
  for (const { computeCycles, loadBytes, storeBytes } of folds) {
    checkAmount('cycles of a fold', computeCycles);
    cycles += Math.max(computing, transferCycles(loadBytes + stored, bytesPerCycle));
    stored = toStore;
    toStore = storeBytes;
    computing = computeCycles;
  }
  return cycles + Math.max(computing, transferCycles(stored, bytesPerCycle)) + transferCycles(toStore, bytesPerCycle);
}

/**
 * A work cut into folds of equal size, to the cycle and byte where they do not divide: what {@link doubleBuffered} takes.
 *
 * @throws SparsityError when the number of folds is not a positive integer.
 * @example
 * ```ts
 * [...evenFolds({computeCycles: 7, loadBytes: 8, storeBytes: 2}, 2)].map((fold) => fold.computeCycles); // [3, 4]
 * ```
 */
export function* evenFolds(work: Fold, folds: number): Generator<Fold> {
  checkPositive('folds of a work', folds);
  const share = (total: number, i: number) => Math.floor((total * (i + 1)) / folds) - Math.floor((total * i) / folds);
  for (let i = 0; i < folds; i++) {
    yield {
      computeCycles: share(work.computeCycles, i),
      loadBytes: share(work.loadBytes, i),
      storeBytes: share(work.storeBytes, i),
    };
  }
}
