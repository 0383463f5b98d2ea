import { checkWork } from '../checks.js';

/**
 * Imbalance as 001 measures it: population standard deviation of work_i / mean (ledger 2.1, 11). No work at all is balanced.
 *
 * @throws SparsityError when a work is not a number of at least 0.
 * @example
 * ```ts
 * workDeviation([1, 3]); // 0.5
 * ```
 */
export function workDeviation(work: ArrayLike<number>): number {
  checkWork(work);
  const values = Array.from(work);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (!(mean > 0)) return 0;
  return Math.sqrt(values.reduce((sum, value) => sum + (value / mean - 1) ** 2, 0) / values.length);
}
