import type { GemmWork } from '../contracts.js';
import { wholeBatch } from '../whole-batch.js';
import { dealUnits } from './deal-units.js';
import { lineWork } from './line-work.js';
import type { BalancedSpec } from './options.js';
import { schedulePes } from './pe-schedule.js';

/** Multiplications that each PE executes under the three splits that 001 compares. */
export interface LoadBalance {
  /** Even bands of rows: the dimension split of the baselines. */
  readonly dimension: readonly number[];
  /** The bands of the spec's `coarse` split. */
  readonly coarse: readonly number[];
  /** Those, with work stealing. */
  readonly twoLevel: readonly number[];
}

/**
 * How even the multiplications of a work are over the PEs, level by level (Fig. 15 of 001, ledger claims 11, 12).
 *
 * Where index matching is the bottleneck the numbers are of multiplier slots, empty ones among them: what stealing moves.
 *
 * @param spec of a `balanced` accelerator.
 */
export function loadBalance(work: GemmWork, spec: BalancedSpec): LoadBalance {
  const whole = Number.isInteger(work.imageScale) ? work : wholeBatch(work);
  const lines = lineWork(whole, spec.multipliers);
  const executed = (coarse: BalancedSpec['coarse'], stealing: boolean) =>
    schedulePes(dealUnits(whole, lines, spec, coarse), { ...spec, stealing }).executed;
  return {
    dimension: executed('even', false),
    coarse: executed(spec.coarse, false),
    twoLevel: executed(spec.coarse, true),
  };
}
