import type { GemmWork } from '../contracts.js';
import { evenBatch } from '../whole-batch.js';
import { dealUnits } from './deal-units.js';
import { lineWork } from './line-work.js';
import type { BalancedSpec } from './options.js';
import { schedulePes } from './pe-schedule.js';
import type { Coarse } from './work-split.js';

/** Multiplications that each PE executes under the three splits that 001 compares. */
export interface LoadBalance {
  /** Even bands of rows: the dimension split of the baselines. */
  readonly dimension: readonly number[];
  /** The bands that the option `coarse` makes. */
  readonly coarse: readonly number[];
  /** These, with work stealing. */
  readonly twoLevel: readonly number[];
}

/**
 * How even the multiplications of a work are over the PEs, level by level (ledger claims 11, 12). Where matching row pairs takes longer
 * than multiplying, the slots that it leaves empty count as well: they are what a PE is busy for, and what is stolen.
 *
 * @param spec of an accelerator that {@link balanced} made.
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [18, 4], inChannels: 1, outChannels: 7, kernelSize: [1, 1]});
 * const operand = (role: 'A' | 'W', shape: number[]) => ({role, source: 'conv', nonzeros: onesBits(shape)});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'conv', phase: 'forward', nest,
 *   input: operand('A', [1, 18, 4, 1]), kernel: operand('W', [1, 1, 1, 7]), imageScale: 1,
 * };
 * const spec = balanced({rowPairsPerCycle: 2}).spec as BalancedSpec;
 * loadBalance(work, spec).dimension[0]; // 8
 * ```
 */
export function loadBalance(work: GemmWork, spec: BalancedSpec): LoadBalance {
  const whole = evenBatch(work);
  const lines = lineWork(whole, spec.multipliers);
  const executed = (coarse: Coarse, stealing: boolean) =>
    schedulePes(dealUnits(whole, lines, spec, coarse), { ...spec, stealing }).executed;
  return {
    dimension: executed('even', false),
    coarse: executed(spec.coarse, false),
    twoLevel: executed(spec.coarse, true),
  };
}
